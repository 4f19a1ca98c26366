"""``aliquot curves``: strategies at several budgets, and the smallest one that meets thresholds."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..foundation.errors import ParameterError
from ..foundation.typed_numbers import float_of
from ..foundation.wording import count
from ..report.documents.curves_page import curves_page
from . import arguments
from .console import bar, columns, say, show
from .distance_basis import basis_of, say_basis

if TYPE_CHECKING:
    from ..analysis.budget_curves.result import Curves
    from ..analysis.budget_curves.smallest_budget import Goal, SmallestBudget, SmallestBudgets

FILES = ("curves.csv", "curves.html")


def options(parser: argparse.ArgumentParser) -> None:
    """What this command takes beside the common options."""
    option = parser.add_argument
    option("--strategies", metavar="ID,ID,...", required=True, help="see: aliquot strategies")
    option(
        "--budget",
        metavar="N|N%",
        required=True,
        help="the budget you have in mind; always among those measured",
    )
    option("--budgets", metavar="N,N%,...", help="where to measure; about 8 around the budget if not given")
    option(
        "--seeds", metavar="M", type=arguments.whole, default=1, help="runs of strategies that use the seed"
    )
    option(
        "--band",
        metavar="R",
        type=arguments.whole,
        default=39,
        help="random subsets; below 199 is a coarse preview",
    )
    need = "a threshold: METRIC=LIMIT, on the side that is better; LOW..HIGH where neither is; repeatable"
    option("--need", metavar="METRIC=LIMIT", action="append", default=[], help=need)


def parse_goals(given: list[str]) -> tuple[Goal, ...]:
    """Thresholds from ``METRIC=LIMIT`` words.

    Raises:
        ParameterError: Not of this form, an unknown metric, or a limit that is no number.

    Example:
        >>> [(one.metric, one.high) for one in parse_goals(["energy=0.1"])]
        [('energy', 0.1)]
    """
    from ..analysis.budget_curves.smallest_budget import goal

    goals = []
    for name, text in arguments.pairs(given, "--need"):
        low, dots, high = text.partition("..")
        try:
            limits = [float_of(part) if part.strip() else None for part in ((low, high) if dots else (low,))]
        except ValueError as error:
            raise ParameterError(
                f"--need {name}={text} cannot be read", str(error), "write METRIC=0.1"
            ) from None
        goals.append(goal(name, *limits))
    return tuple(goals)


def run_curves(args: argparse.Namespace) -> int:
    """``aliquot curves``."""
    from ..analysis.budget_curves.smallest_budget import smallest_budget
    from ..analysis.budget_curves.unmeasured import of_curves
    from ..model.budget import Budget
    from ..signoff.atomic_folder import check_free, write_folder
    from ..study.budget_curves import curves_study
    from .commands import warn_of

    choices = arguments.parse_choices(args.strategies, arguments.pairs(args.param, "--param"))
    arguments.check_counts(args)
    Budget.parse(args.budget)
    budgets = None
    if args.budgets is not None:
        budgets = arguments.budgets(args.budgets)
    goals = parse_goals(args.need)
    check_free(args.out, FILES, args.force)
    recipe = arguments.recipe_of(args).with_(
        task="compare", strategies=choices, seeds=args.seeds, band=args.band
    )
    with bar(args.quiet) as progress:
        study = arguments.study_of(args, recipe, progress.part(0, 0.1))
        found = curves_study(
            study,
            choices,
            args.budget,
            budgets,
            seeds=args.seeds,
            band=args.band,
            progress=progress.part(0.1, 0.9),
        )
        answers = smallest_budget(found, goals, progress=progress.part(0.9, 1)) if goals else None
    files = {
        "curves.csv": found.table().to_csv(index=False, lineterminator="\n").encode(),
        "curves.html": curves_page(found, study.data.name).encode(),
    }
    out = write_folder(files, args.out, FILES, force=args.force)
    warn_of(study)
    if args.json:
        show(_json(found, answers, str(out)))
        return 0
    kind = "random subsets, a coarse preview" if found.preview else "random subsets"
    said = ", ".join(f"{budget:,}" for budget in found.budgets)
    say(f"{said} of {count(found.population, 'row')}, beside {found.band[0].size} {kind}")
    for curve in found.curves:
        for budget, reason in zip(found.budgets, curve.reasons, strict=True):
            if reason:
                say(f"{curve.choice.id} has no value at {count(budget, 'row')}: {reason}")
    say_basis(basis_of(study))
    columns(_table(found))
    for line in of_curves(found, found.headlines):
        say(line)
    for line in _told(found, answers) if answers is not None else ():
        say(line)
    say(f"written to {out}")
    return 0


def _table(curves: Curves) -> list[list[str]]:
    """Headline metrics for a terminal: one row per metric and strategy, one column per budget."""
    import numpy as np

    from ..foundation.number_format import number
    from ..metrics.declaration import METRICS
    from ..report.charts.strips import span

    rows = [["metric", "strategy", *[f"{budget:,}" for budget in curves.budgets]]]
    for name in curves.headlines:
        label = f"{METRICS[name].label} {METRICS[name].arrow}".strip()
        low, high = curves.limits(name)
        spans = [span(ends, "") for ends in zip(low, high, strict=True)]
        rows.append([label, "random band", *spans])
        for at, curve in enumerate(curves.curves):
            bend, means = curves.knee(at, name), curves.means(at, name)
            cells = ["none" if np.isnan(value) else number(float(value)) for value in means]
            if bend is not None:
                cells[bend.at] += " (knee)"
            rows.append(["", curve.choice.id, *cells])
    return rows


def _told(curves: Curves, answers: SmallestBudgets) -> list[str]:
    """The smallest budgets, one line per strategy."""
    lines = []
    for answer in answers.answers:
        name = curves.curves[answer.strategy].choice.id
        if answer.budget is None:
            lines.append(f"{name}: not reached within {count(answers.largest, 'row')}")
            continue
        lucky = f"{round(answer.chance * answers.size)} of {answers.size} random subsets meet it too"
        lines.append(f"{name}: {count(answer.budget, 'row')} ({_between(answer)}; {lucky})")
    luck = "not reached" if answers.luck is None else f"from {count(answers.luck, 'row')} on"
    lines.append(f"{answers.most_lucky}: {luck}")
    return lines


def _between(answer: SmallestBudget) -> str:
    if answer.above is None:
        return "the smallest budget measured"
    if answer.step == 0:
        return f"not run between {answer.above:,} and {answer.budget:,}"
    return count(answer.above, "miss", "misses") + (
        "" if answer.step == 1 else f", every {count(answer.step, 'row')} looked at"
    )


def _json(curves: Curves, answers: SmallestBudgets | None, out: str) -> dict[str, Any]:
    def value(number: float) -> float | None:
        return float(number) if number == number else None

    def series(numbers: Any) -> list[float | None]:
        return [value(one) for one in numbers]

    made: dict[str, Any] = {
        "out": out,
        "budgets": list(curves.budgets),
        "asked": curves.asked,
        "population": curves.population,
        "band": {
            "size": curves.band[0].size,
            "limits": {name: [series(side) for side in curves.limits(name)] for name in curves.metrics},
        },
        "strategies": [
            {
                "id": curve.choice.id,
                "params": dict(curve.choice.params),
                "nested": curve.nested,
                "reasons": list(curve.reasons),
                "rows": series(curve.held.mean(axis=1)),
                "means": {name: series(curves.means(at, name)) for name in curves.metrics},
            }
            for at, curve in enumerate(curves.curves)
        ],
    }
    if answers is not None:
        made["smallest"] = [
            {
                "id": curves.curves[one.strategy].choice.id,
                "budget": one.budget,
                "misses": one.above,
                "worst_seed": one.worst,
                "step": one.step,
                "random_share": value(one.chance),
            }
            for one in answers.answers
        ]
        made["luck"] = answers.luck
    return made
