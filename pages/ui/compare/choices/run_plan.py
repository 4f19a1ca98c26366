"""A comparison before it runs: its defaults, what each strategy lacks, what it will take, and its start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from core.analysis.comparison.result import Comparison
from core.analysis.held_out.learning_curve import curve_seconds
from core.analysis.held_out.split import CLASSES
from core.analysis.random_band.measure import measuring
from core.foundation.arrays.array_types import Rows
from core.foundation.artifact_store import digest
from core.foundation.errors import AliquotError
from core.foundation.progress import Progress
from core.metrics.pool import EVALUATION_ROWS
from core.model.budget import Budget
from core.model.dataset import Kind
from core.model.recipe import Choice, Recipe
from core.model.registry import Need, Size, written
from core.report.charts.theme import Shown
from core.strategies.declaration import STRATEGIES
from core.strategies.presets import PRESETS, offer
from core.strategies.running.body import check_budget
from core.strategies.running.estimate import estimate, expected_runs
from core.strategies.running.needs import needs_of
from core.study.compare import compare_study
from core.study.eligibility import check_left
from core.study.study import Study
from pages.ui.shared import cache, jobs, kept_runs, state
from pages.ui.shared.safe_words import count, some
from pages.ui.shared.state import AppState, RunRef

FIRST = "represent"
"""The question that a comparison begins with."""
MOST_SLOTS = 8
SEEDS = 3
ALONE = 600.0  # seconds; a first comparison that takes longer waits for a click
ALWAYS = 2.0  # seconds of a band on almost no rows
_RECIPE = (
    *("strategies", "budget", "seed", "seeds", "band", "label", "score"),
    *("where", "only", "pins", "bans", "target"),
)
LACKS = {
    Need.FEATURES: ("features", "explore.py", "Choose features"),
    Need.GROUPS: ("groups", "explore.py", "Make groups"),
    Need.LABELS: ("a label column", "data.py", "Give a column the role label"),
    Need.SCORES: ("a score column", "data.py", "Give a column the role score"),
    Need.TARGET: ("target rows", "data.py", "Give target rows"),
    Need.TEXT: ("a text column", "explore.py", "Embed a text column"),
    Need.ORDER: ("a time column", "data.py", "Give a column the role time"),
    Need.ENTITIES: ("an entity column", "data.py", "Give a column the role entity"),
    Need.COLUMNS: ("the table's columns", "data.py", "See the columns"),
}

_ROLES = {
    Need.LABELS: Kind.LABEL,
    Need.SCORES: Kind.SCORE,
    Need.ORDER: Kind.TIME,
    Need.ENTITIES: Kind.ENTITY,
}


def first_budget(n: int) -> str:
    """A budget to begin with: 5 % or 500 rows, whichever is smaller; of few rows enough to measure anything.

    Example:
        >>> first_budget(5_000), first_budget(60_000), first_budget(178)
        ('5%', '500', '35')
    """
    share = math.floor(n * 0.05 + 0.5)
    if share > 500:
        return "500"
    enough = min(50, n // 5)
    return "5%" if share >= enough else str(enough)


def first_choices(study: Study) -> tuple[Choice, ...]:
    """Four strategies to begin with, those that can run on this data."""
    return offer(PRESETS[FIRST], lambda choice: lacking(choice, study)).choices


def have(study: Study) -> set[Need]:
    """What strategies will find, without making anything."""
    found = {Need.FEATURES, Need.COLUMNS}
    if study.group_spec is not None:
        found.add(Need.GROUPS)
    if study.label_column() is not None:
        found.add(Need.LABELS)
    if study.score_column() is not None:
        found.add(Need.SCORES)
    if study.entity_column() is not None:
        found.add(Need.ENTITIES)
    if study.time_column() is not None:
        found.add(Need.ORDER)
    if study.target_data is not None:
        found.add(Need.TARGET)
    if study.spec.uses_text:
        found.add(Need.TEXT)
    return found


def lacking(choice: Choice, study: Study) -> list[Need]:
    """What a strategy with these parameters needs and will not find."""
    columns = set(map(str, study.data.frame.columns))
    return sorted(needs_of(choice.id, choice.params, columns) - have(study))


def some_run(now: AppState, study: Study) -> bool:
    """Whether any of the strategies finds what it needs."""
    return any(not lacking(choice, study) for choice in now.recipe.strategies)


def reason(choice: Choice, missing: Sequence[Need], study: Study) -> str:
    """Why a strategy cannot run, as the end of a sentence: what it needs, and what else would do."""
    told = []
    for need in missing:
        words = LACKS[need][0]
        several = len(study.data.columns(_ROLES[need])) if need in _ROLES else 0
        if several > 1:
            words = f"one {words.partition(' ')[2]} ({several} columns have that role)"
        told.append(words)
    named = [need for need in missing if need not in STRATEGIES[choice.id].needs]
    instead = ", or another column in its settings" if named else ""
    return f"it needs {' and '.join(told)}{instead}"


def names(choices: Sequence[Choice]) -> list[str]:
    """Names of the slots; parameters are added where a strategy stands in more than one.

    Example:
        >>> names([Choice("random"), Choice("random")])
        ['Random', 'Random']
    """
    ids = [choice.id for choice in choices]
    out = []
    for choice in choices:
        name = STRATEGIES[choice.id].label
        if ids.count(choice.id) > 1 and choice.params:
            name += " " + ", ".join(f"{key} {written(value)}" for key, value in choice.params.items())
        out.append(name)
    return out


def settled(choice: Choice) -> tuple[str, str]:
    """A choice with every parameter written out, so that a default given by hand is the default."""
    return choice.id, digest(STRATEGIES[choice.id].check(choice.params))


def shown(choices: Sequence[Choice]) -> list[Shown]:
    """The slots as figures show them."""
    return [Shown(slot, name) for slot, name in enumerate(names(choices))]


def run_key(now: AppState) -> str:
    """The key of a comparison: all that changes its result."""
    recipe = now.recipe.to_json()
    versions = [STRATEGIES[choice.id].version for choice in now.recipe.strategies]
    return digest(["compare", cache.upstream(now), [recipe.get(name) for name in _RECIPE], versions])


def own_keys(found: AppState) -> AppState:
    """A state from a file with the keys of its runs made again from its data and recipes.

    A key opens what is kept of a comparison: what a file says of it is not believed, so that a file with the
    key of somebody else's run shows nothing of it.
    """
    keys = {run.key: run_key(found.changed(recipe=run.recipe)) for run in found.runs}
    winner = found.winner
    if winner is not None:
        winner = replace(winner, run=keys.get(winner.run, winner.run))
    return found.changed(runs=tuple(replace(run, key=keys[run.key]) for run in found.runs), winner=winner)


@dataclass(frozen=True)
class Outlook:
    """What a run should take.

    Args:
        before: Seconds for the features and groups that it waits for.
        own: Seconds of its own.
        bytes: At the peak.
    """

    before: float
    own: float
    bytes: float

    @property
    def seconds(self) -> float:
        """From the press of Run to the last number."""
        return self.before + self.own


def outlook(now: AppState, study: Study, budget: int) -> Outlook:
    """Time and memory before a run: missing artifacts, the strategies, and the random band."""
    maps = cache.map_study(now)
    waiting = sum(jobs.expected(maps, s) for s in ("features", "groups") if not jobs.ready(maps, s))
    n = population(now, study)
    d = maps.features().matrix.shape[1] if maps.has("features") else 384
    seconds, graph, peak = 0.0, 0.0, 0.0
    by_cost = bool(Budget.parse(now.recipe.budget).column)  # then each strategy runs more than once
    ready = n == len(study.data) and maps.graph_ready()  # of a part of the rows it is made anew
    known = kept_runs.earlier(now, run_key(now))
    new = [one for one in now.recipe.strategies if not lacking(one, study) and not kept_runs.held(one, known)]
    for choice in new:
        strategy = STRATEGIES[choice.id]
        guess = estimate(strategy, n, d, budget, choice.params, graph_ready=ready)
        times = expected_runs(strategy, choice.params) if by_cost else 1
        seconds += guess.own * times * (1 if strategy.promises.deterministic else now.recipe.seeds)
        graph, peak = max(graph, guess.graph), max(peak, guess.bytes)
    seconds += graph  # made once, for all of them
    amount, default = _band_work(n, d, budget, now.recipe.seeds, now.recipe.band)
    left = 1 - max((min(found.band.size / now.recipe.band, 1) for found in known), default=0)
    # Subsets of another size than the budget have random ones of their own beside them.
    own = sum(STRATEGIES[choice.id].promises.size is not Size.EXACT for choice in new)
    seconds += (left + own) * study.pace.expect("random band", amount, default)
    seconds += study.pace.expect("probe", _probe_work(now.recipe, study, n, d, budget, new, left > 0), 1.0)
    return Outlook(waiting, seconds, peak + 8.0 * min(n, EVALUATION_ROWS) * budget + 4.0 * n * d)


def _band_work(n: int, d: int, budget: int, seeds: int, band: int) -> tuple[float, float]:
    """Amount of work of a band, and seconds per unit to begin with.

    Distances to evaluated rows, and what every band takes however small it is: without that part a run on
    few rows would teach a pace that is far too slow for many.
    """
    amount, rate = measuring(n, d, float(band * max(seeds, 1)) * budget)
    return amount + ALWAYS / rate, rate


def _probe_work(
    recipe: Recipe, study: Study, n: int, d: int, budget: int, choices: Sequence[Choice], band: bool
) -> float:
    """Declared seconds of the downstream probes: selections from the training rows, fits, and their band."""
    column = study.label_column()
    if column is None:
        return 0.0
    return curve_seconds(
        n,
        d,
        min(CLASSES, max(1, study.data.column(column).nunique())),
        budget,
        [(choice.id, choice.params) for choice in choices],
        seeds=recipe.seeds,
        band=recipe.band if band else 0,
        fractions=(1.0,),
    )


def stamp(found: Comparison | None) -> str:
    """Changes whenever a comparison under way has more to show."""
    if found is None:
        return ""
    values = sum(len(result.means) for result in found.results)
    return f"{len(found.results)}/{found.band.size}/{values}/{found.partial}"


def start(now: AppState, study: Study) -> None:
    """Start the comparison that the recipe asks for, and remember it; what is there is not made again."""
    key = run_key(now)
    n, budget = population(now, study), budget_of(now, study)
    recipe, known = now.recipe, kept_runs.earlier(now, key)
    probing: list[float] = []  # when the last stage began

    def keep(so_far: Comparison) -> None:
        if "downstream" not in so_far.evaluation:
            probing[:] = [perf_counter()]
        kept_runs.put(key, so_far)

    def work(progress: Progress) -> Comparison:
        made = compare_study(
            study,
            recipe.strategies,
            recipe.budget,
            seeds=recipe.seeds,
            band=recipe.band,
            progress=progress,
            on_result=keep,
            known=known,
        )
        kept_runs.put(key, made)
        if not made.partial and not known:
            picking = sum(result.seconds for result in made.results)
            probed = probing and any(result.scored for result in made.results)
            probe = perf_counter() - probing[0] if probed else 0.0
            d = study.features().matrix.shape[1]
            amount, _ = _band_work(n, d, budget, recipe.seeds, recipe.band)
            amount *= 1 + sum(one.band is not None for one in made.results)
            study.pace.learn("random band", amount, max(made.seconds - picking - probe, 0.01))
            ran = [choice for choice in recipe.strategies if not lacking(choice, study)]
            study.pace.learn("probe", _probe_work(recipe, study, n, d, budget, ran, True), probe)
        return made

    done = result(key)
    if done is None or done.partial:
        title = f"Comparing {len(recipe.strategies)} strategies"
        jobs.start(key, title, work, outlook(now, study, budget).own)
    _remember(now, study, key)
    asked = Budget.parse(recipe.budget)
    at = asked.words if asked.column else f"{count(budget, 'row')}"
    state.note(f"Compared {some(names(recipe.strategies))} at {at}")


def _remember(now: AppState, study: Study, key: str) -> None:
    """Make a run the newest one of this tab."""
    ref = RunRef(key, state.now(), replace(now.recipe, data=study.recipe.data), now.recipe.band)
    state.change(runs=(*(run for run in now.runs if run.key != key), ref)[-20:])


def adopt(now: AppState, study: Study) -> AppState:
    """If exactly these choices were compared already, show that comparison."""
    key = run_key(now)
    found = result(key)
    if found is not None and not found.partial and (not now.runs or now.runs[-1].key != key):
        _remember(now, study, key)
    return state.app()


def result(key: str) -> Comparison | None:
    """What there is of a comparison so far."""
    return kept_runs.result(key)


def rows_in(now: AppState, study: Study) -> Rows | None:
    """The rows that may be chosen, None where all may; the filter is asked once, not on every run.

    Raises:
        AliquotError: The filter, the saved selection or a banned row does not fit the data.
    """
    recipe = now.recipe
    if not recipe.where and not recipe.bans and recipe.only is None:
        return None
    written = recipe.to_json()
    parts = [written.get(name) for name in ("where", "only", "bans")]
    made: Rows | None = cache.share(cache.name_of("rows", [cache.upstream(now), parts]), study.eligible)
    return made


def population(now: AppState, study: Study) -> int:
    """How many rows may be chosen; raises as `rows_in`."""
    rows = rows_in(now, study)
    return len(study.data) if rows is None else len(rows)


def budget_of(now: AppState, study: Study) -> int:
    """The budget in rows, of a cost budget about how many it buys; `AliquotError` where it is none."""
    budget = Budget.parse(now.recipe.budget)
    rows = rows_in(now, study)
    check_left(study.data, study.recipe, study.store, rows)
    if not budget.column:
        return budget.count(len(study.data) if rows is None else len(rows))
    recipe = now.recipe.to_json()
    parts = [cache.upstream(now), *(recipe.get(name) for name in ("budget", "where", "only", "bans", "pins"))]

    def ask() -> int:
        purse, inputs = study.purse(budget)
        return purse.rows(inputs)

    made: int = cache.remember(cache.name_of("bought", parts), ask)
    return made


def problem(now: AppState, study: Study) -> AliquotError | None:
    """Why a run would fail before it starts; None where it would not."""
    try:
        pins = study.rows_of(now.recipe.pins, "pinned")
        rows = rows_in(now, study)
        check_left(study.data, study.recipe, study.store, rows)
        check_budget(budget_of(now, study), population(now, study), len(pins))
    except AliquotError as error:
        return error
    return None
