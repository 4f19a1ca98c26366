"""Numbers as people read them."""

from __future__ import annotations

import math


def number(value: float, unit: str = "") -> str:
    """A number for people: three significant digits, thousands separated, its unit behind it.

    Example:
        >>> number(0.012345), number(1234567), number(98.76, "%"), number(float("nan"))
        ('0.0123', '1,234,567', '98.8 %', 'not defined')
    """
    if not math.isfinite(value):
        return "not defined" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    size = abs(value)
    if size == 0:
        text = "0"
    elif size >= 1000:
        text = f"{value:,.0f}"
    elif size < 1e-4:
        text = f"{value:.1e}"
    else:
        text = f"{value:.{max(0, 2 - math.floor(math.log10(size)))}f}"
        if value == int(value):
            text = f"{value:.0f}"
    return text.replace("-", "−") + (f" {unit}" if unit else "")


def share(value: float) -> str:
    """A share as a percentage with three significant digits.

    Example:
        >>> share(0.5), share(0.00456), share(0.0)
        ('50 %', '0.456 %', '0 %')
    """
    return number(100 * value, "%")
