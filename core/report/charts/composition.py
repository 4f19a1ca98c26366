"""Who is in a subset: its groups beside the data set and beside chance."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.hypergeometric import hypergeometric_quantiles
from ...foundation.number_format import number, share
from ...foundation.wording import apart, count
from .theme import Slot, Theme, blank, box, hue, ink_on, rule, safe

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_GROUPS = 20
_LETTERS = 34  # in a line of a group's name


@dataclass(frozen=True)
class Part:
    """One group.

    Args:
        name: Its name.
        share: Share of the eligible rows, 0…1.
        low, high: Shares that 95 % of uniform random subsets of this size stay within.
    """

    name: str
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Shares:
    """What one subset holds of each group.

    Args:
        subset: Whose shares they are.
        values: One share per `Part`, 0…1; of several seeds their mean.
        least, most: The smallest and largest share over seeds; None where there is one seed.
    """

    subset: Slot
    values: NDArray[np.float64]
    least: NDArray[np.float64] | None = None
    most: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, slot: Slot, seeds: Sequence[NDArray[np.float64]]) -> Shares:
        """Shares of one subset per seed, put together."""
        stacked = np.stack(seeds)
        if len(stacked) == 1:
            return cls(slot, stacked[0])
        return cls(slot, stacked.mean(axis=0), stacked.min(axis=0), stacked.max(axis=0))


def chance_shares(
    sizes: NDArray[np.int64],
    budget: int,
    pinned: NDArray[np.int64] | None = None,
    *,
    outside: float = 0.05,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of each group that uniform random subsets stay within, 95 in 100 times, group by group.

    Exact: the number of rows of a group in a uniform subset is hypergeometric; pinned rows are in every
    subset and only the others are drawn.

    Args:
        sizes: Eligible rows per group, shape (g,).
        budget: Rows of the subset, pins included.
        pinned: Pinned rows per group, shape (g,).
        outside: Share of random subsets that lie outside, half of them at each end.

    Returns:
        The 2.5 and 97.5 percentiles (or those of `outside`) as shares of the budget, shape (g,) each.

    Example:
        >>> low, high = chance_shares(np.array([900, 100]), 100)
        >>> low.tolist(), high.tolist()
        ([0.84, 0.05], [0.95, 0.16])
    """
    fixed = np.zeros(len(sizes), np.int64) if pinned is None else pinned
    free = sizes - fixed
    drawn = budget - int(fixed.sum())
    wanted = (outside / 2, 1 - outside / 2)
    ends = [hypergeometric_quantiles(q, int(free.sum()), free, drawn) for q in wanted]
    low, high = (np.asarray((end + fixed) / budget, np.float64) for end in ends)
    return low, high


def composition(
    parts: Sequence[Part],
    subsets: Sequence[Shares],
    *,
    theme: Theme,
    form: Literal["share", "ratio"] = "share",
    limit: int = MOST_GROUPS,
    row_height: int = 38,
) -> go.Figure:
    """Groups as rows: the data set as a tick, what chance reaches as a strip, a lettered dot per subset.

    A thin line through a dot goes from the smallest to the largest share over seeds.

    Args:
        parts: The groups; drawn from the largest down, at most `limit` of them.
        subsets: What the subsets hold.
        theme: Colours.
        form: "share" of the subset's rows, or "ratio" to the data set's share (1 = as in the data set).
        limit: Rows drawn; `composition_alt` and the caller say how many are left out.
        row_height: Pixels per group.
    """
    import plotly.graph_objects as go

    order = largest(parts, limit)
    rows = len(order)
    ratio = form == "ratio"

    def x(value: float, part: Part) -> float:
        return value / part.share if ratio and part.share else (value if ratio else 100 * value)

    figure = go.Figure()
    shapes: list[dict[str, Any]] = []
    ends = [1.0]
    for at, index in enumerate(order):
        part, y = parts[index], rows - 1 - at
        low, high, own = x(part.low, part), x(part.high, part), x(part.share, part)
        shapes.append(box((low, max(high, low + 1e-9)), (y - 0.3, y + 0.3), theme.band))
        shapes.append(rule((own, own), (y - 0.42, y + 0.42), theme.muted, 2))
        ends += [high, own]
    for item in subsets:
        colour = hue(item.subset.slot, theme)
        values = [x(float(item.values[index]), parts[index]) for index in order]
        ends += values
        spread: dict[str, Any] | None = None
        if item.least is not None and item.most is not None:
            least = [x(float(item.least[index]), parts[index]) for index in order]
            most = [x(float(item.most[index]), parts[index]) for index in order]
            ends += most
            spread = {
                "type": "data",
                "symmetric": False,
                "array": [b - a for a, b in zip(values, most, strict=True)],
                "arrayminus": [a - b for a, b in zip(values, least, strict=True)],
                "color": colour,
                "thickness": 2,
                "width": 0,
            }
        figure.add_trace(
            go.Scatter(
                x=values,
                y=[rows - 1 - at + _nudge(item, subsets) for at in range(rows)],
                mode="markers+text",
                text=[f"<b>{item.subset.letter}</b>"] * rows,
                textfont={"size": 10, "color": ink_on(colour)},
                marker={"size": 15, "color": colour, "line": {"color": theme.paper, "width": 1}},
                error_x=spread,
                selected={"marker": {"opacity": 1}, "textfont": {"color": ink_on(colour)}},
                unselected={"marker": {"opacity": 1}, "textfont": {"color": ink_on(colour)}},
                name=item.subset.title,
                hovertext=[_told(parts[index], item, index) for index in order],
                hoverinfo="text",
                cliponaxis=False,
            )
        )
    layout = blank(theme, rows * row_height + 54, dragmode=False, hovermode="closest", shapes=shapes)
    layout["margin"] = {"l": 0, "r": 12, "t": 8, "b": 44}
    layout["xaxis"] = {
        "range": [0, max(ends) * 1.03],
        "ticksuffix": " ×" if ratio else " %",
        "title": {
            "text": "times its share in the data set" if ratio else "share of rows",
            "font": {"size": 13, "color": theme.muted},
        },
        "showgrid": False,
        "showline": True,
        "linecolor": theme.edge,
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"color": theme.muted},
    }
    layout["yaxis"] = {
        "range": [-0.6, rows - 0.4],
        "tickvals": list(range(rows)),
        "ticktext": [_two_lines(parts[index].name) for index in reversed(order)],
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
    figure.update_layout(**layout)
    return figure


def _two_lines(name: str) -> str:
    """A name beside its row, in two lines where it is long; escaped."""
    lines = textwrap.wrap(" ".join(name.split()), _LETTERS) or [""]
    rest = [" ".join(lines[1:])] if lines[1:] else []
    return "<br>".join(safe(line, _LETTERS) for line in [lines[0], *rest])


def largest(parts: Sequence[Part], limit: int = MOST_GROUPS) -> list[int]:
    """Which groups are drawn: all, from the largest down; past the limit, half of them the smallest.

    Rare groups are what a comparison is about, so they are never what is left out.
    """
    order = sorted(range(len(parts)), key=lambda index: (-parts[index].share, parts[index].name))
    if len(order) <= limit:
        return order
    few = limit // 2
    return order[: limit - few] + order[-few:]


def composition_alt(parts: Sequence[Part], subsets: Sequence[Shares], limit: int = MOST_GROUPS) -> str:
    """What `composition` shows, in words: the group furthest from the data set for each subset."""
    said = []
    names = apart(part.name for part in parts)
    for item in subsets:
        gap = [abs(float(value) - part.share) for value, part in zip(item.values, parts, strict=True)]
        if gap and max(gap) < 0.0005:
            said.append(f"{item.subset.letter} holds every group at its share")
        elif gap:
            worst = int(np.argmax(gap))
            said.append(
                f"{item.subset.letter} differs most on {names[worst]}: "
                f"{share(float(item.values[worst]))} against {share(parts[worst].share)}"
            )
    shown = min(len(parts), limit)
    told = "; ".join(said) or "No subset has rows"
    return f"Shares of {shown:,} of {count(len(parts), 'group')} beside the data set. {told}."


def _nudge(item: Shares, subsets: Sequence[Shares]) -> float:
    """Dots of different subsets lie slightly apart, so that equal shares stay visible."""
    count = len(subsets)
    at = next(index for index, other in enumerate(subsets) if other is item)
    return 0.0 if count < 2 else 0.18 * (0.5 - at / (count - 1)) * 2


def _told(part: Part, item: Shares, index: int) -> str:
    value = float(item.values[index])
    times = f" ({number(value / part.share)} ×)" if part.share else ""
    if item.least is not None and item.most is not None:
        times += f", over seeds {share(float(item.least[index]))} to {share(float(item.most[index]))}"
    return "<br>".join(
        [
            f"<b>{safe(part.name)}</b>",
            f"{item.subset.title}: {share(value)}{times}",
            f"data set: {share(part.share)}",
            f"random subsets: {share(part.low)} to {share(part.high)}",
        ]
    )
