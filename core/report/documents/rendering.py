"""HTML and SVG from the files in ``templates``, which escape what they are given unless they say "safe"."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...foundation.wording import count
from ..charts.theme import DARK, FONT, LIGHT, Theme, ink_on, letter

if TYPE_CHECKING:
    from jinja2 import Environment


def colours_of(theme: Theme) -> dict[str, str]:
    """The colours of drawings by name: those of the theme, h0 to h7 for the slots, i0 to i7 for ink on them.

    Example:
        >>> colours_of(LIGHT)["paper"], colours_of(LIGHT)["h1"], colours_of(LIGHT)["i1"]
        ('#FFFFFF', '#2B93D1', '#000000')
    """
    named = {name: getattr(theme, name) for name in ("paper", "text", "muted", "grey", "band", "edge")}
    hues = {f"h{slot}": hue for slot, hue in enumerate(theme.hues)}
    return named | hues | {f"i{slot}": ink_on(hue) for slot, hue in enumerate(theme.hues)}


@cache
def environment() -> Environment:
    """Where templates are found, and what all of them know."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"px": "{:.1f}".format, "thousands": "{:,}".format}
    light, dark = colours_of(LIGHT), colours_of(DARK)
    # Pages name colours by variables, so that one drawing serves the light and the dark theme.
    ink = {name: f"var(--{name})" for name in light}
    made.globals |= {"count": count, "letter": letter, "font": FONT, "light": light, "dark": dark, "ink": ink}
    return made


def render(template: str, **values: object) -> str:
    """A document.

    Args:
        template: Name of a file in ``templates``.
        values: What it is given, plain values and records of them; one that it asks for and is not given is
            an error.

    Example:
        >>> "<p><b>1 &lt; 2</b></p>" in render("notebook_facts.html", title="1 < 2", facts=[], notes=[])
        True
    """
    return environment().get_template(template).render(**values)
