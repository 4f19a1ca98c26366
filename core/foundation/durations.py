"""Times in words: about how long something takes, and how long it took."""

from __future__ import annotations


def show_about(seconds: float) -> str:
    """An estimate for people.

    Example:
        >>> show_about(9.2), show_about(0.2)
        ('about 9 s', 'under 1 s')
    """
    told = show_seconds(seconds)
    return told if told.startswith("under") else f"about {told}"


def show_took(seconds: float, estimated: float) -> str:
    """How long something took, beside what was estimated before it (0 where nothing was).

    Example:
        >>> show_took(0.42, 0.3), show_took(14.2, 14.4), show_took(0.01, 0)
        ('0.4 s (estimated 0.3 s)', '14 s, as estimated', 'under 0.1 s')
    """
    took, before = _tenths(seconds), _tenths(estimated)
    if not estimated > 0:
        return took
    return f"{took}, as estimated" if took == before else f"{took} (estimated {before})"


def _tenths(seconds: float) -> str:
    if seconds < 0.05:
        return "under 0.1 s"
    return f"{seconds:.1f} s" if seconds < 9.95 else show_seconds(seconds)


def show_seconds(seconds: float) -> str:
    """A duration for people.

    Example:
        >>> show_seconds(14.2), show_seconds(0.3), show_seconds(150)
        ('14 s', 'under 1 s', '2 min 30 s')
    """
    if seconds < 1:
        return "under 1 s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole < 7200 else f"{whole / 3600:.1f} h"
