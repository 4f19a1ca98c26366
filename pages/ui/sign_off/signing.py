"""The subset taken to sign-off: which one it is, what is recorded of it, and its bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core.analysis.comparison.comparison import Comparison
from core.foundation.artifact_store import digest
from core.foundation.durations import show_took
from core.foundation.errors import ParameterError
from core.foundation.progress import Progress
from core.foundation.wording import count
from core.model.budget import came_to
from core.model.decision import Decision
from core.model.parameters import written_all
from core.model.selection import Selection
from core.report.charts.theme import letter
from core.report.documents.html_report import subset_report
from core.signoff.manifest_body import make_body
from core.signoff.write_bundle import zip_bundle
from core.strategies.declaration import STRATEGIES
from core.study.study import Study
from pages.ui.shared import cache, jobs, kept_runs, state
from pages.ui.shared.app_state import AppState, RunRef, SignOff, Winner
from pages.ui.shared.widget_keys import key


@dataclass(frozen=True)
class ChosenSubset:
    """A subset of a comparison.

    Args:
        run: The comparison.
        slot: 0 for A.
        seed: Which of its runs.
        study: Data and recipe of that comparison.
        selection: Its rows; None while they are drawn again.
        comparison: The comparison, where it is still in memory.
    """

    run: RunRef
    slot: int
    seed: int
    study: Study
    selection: Selection | None
    comparison: Comparison | None

    @property
    def name(self) -> str:
        """Letter and name of the strategy."""
        return f"{letter(self.slot)} · {kept_runs.names(self.run.recipe.strategies)[self.slot]}"

    @property
    def subject(self) -> str:
        """Digest of what a signature is put under: data, recipe, strategy, seed and rows."""
        assert self.selection is not None
        rows = digest(self.selection.rows.tolist())
        return digest([self.study.data.fingerprint.digest, self.run.key, self.slot, self.seed, rows])


def winner_of(now: AppState) -> Winner | None:
    """What was taken to sign-off; the newest run's first subset where nothing was taken yet."""
    keys = {run.key for run in now.runs}
    if now.winner is not None and now.winner.run in keys:
        return now.winner
    if not now.runs:
        return None
    run = now.runs[-1]
    return Winner(run.key, 0, run.recipe.seed)


def seeds_of(run: RunRef, slot: int) -> list[int]:
    """Seeds that a slot ran with."""
    choice = run.recipe.strategies[slot]
    many = STRATEGIES[choice.id].runs(run.recipe.seeds)
    return [run.recipe.seed + number for number in range(many)]


def chosen_subset(now: AppState, winner: Winner) -> ChosenSubset:
    """The subset that was taken; its rows from the comparison where that is in memory."""
    run = next(run for run in now.runs if run.key == winner.run)
    study = kept_runs.study_of(now, run)
    found = kept_runs.result(run.key)
    selection = None
    if found is not None and winner.slot < len(found.results):
        chosen = found.results[winner.slot].selections
        selection = next((one for one in chosen if one.seed == winner.seed), None)
    if selection is None:
        again = cache.results().get(_again_key(winner))
        selection = again if isinstance(again, Selection) else None
    return ChosenSubset(run, winner.slot, winner.seed, study, selection, found)


def _again_key(winner: Winner) -> str:
    return digest(["again", winner.run, winner.slot, winner.seed])


def draw_again(one: ChosenSubset) -> Any:
    """Draw the rows once more from the recipe, in the background; the job."""
    choice = one.run.recipe.strategies[one.slot]

    def work(progress: Progress) -> Selection:
        return one.study.select(choice.id, seed=one.seed, params=choice.params, progress=progress)

    key = _again_key(Winner(one.run.key, one.slot, one.seed))
    job = cache.runner().get(key)
    if job is not None and job.state in ("failed", "cancelled"):
        return job
    return jobs.start(key, f"Drawing {one.name} again", work)


def summary(one: ChosenSubset) -> list[tuple[str, str]]:
    """What the manifest says, for people: names and values."""
    chosen = one.selection
    assert chosen is not None
    data, recipe = one.study.data, one.run.recipe
    strategy = STRATEGIES[chosen.strategy]
    share = f"{100 * len(chosen) / chosen.population:.3g} %"
    lines = [
        ("Rows", f"{chosen.share} ({share})"),
        *([("Asked for", came_to(chosen.asked, chosen.budget))] if chosen.asked.endswith("%") else []),
        ("Strategy", f"{strategy.label}, version {chosen.version}"),
        *([("Packages", ", ".join(sorted(set(chosen.packages.values()))))] if chosen.packages else []),
        ("Parameters", written_all(dict(sorted(chosen.params.items()))) or "none"),
        ("Seed", "has no influence" if strategy.promises.deterministic else str(chosen.seed)),
        ("Weights", weights(chosen)),
        *([("Time", show_took(chosen.seconds, chosen.estimated))] if chosen.seconds else []),
        ("Data", f"{data.name}, {count(len(data), 'row')}, fingerprint {data.fingerprint.digest}"),
        (
            "Row ids",
            f"column {data.fingerprint.id_column}" if data.fingerprint.id_column else "from the content",
        ),
        *_features_and_groups(one),
    ]
    if recipe.target:
        mark = recipe.target.get("fingerprint", "")
        lines.append(("Target", f"{recipe.target.get('name', '')}, fingerprint {mark}"))
    if recipe.where:
        lines.append(("Filter", recipe.where))
    if recipe.near is not None:
        lines.append(("Near", recipe.near.words))
    if recipe.only is not None:
        lines.append(("From", f"{recipe.only.name}, {count(recipe.only.count, 'row')}"))
    if recipe.pins or recipe.bans:
        late = sum(mark.after_looking for mark in recipe.pins)
        lines.append(
            (
                "Pinned, banned",
                f"{len(recipe.pins):,} pinned ({late:,} after looking), {len(recipe.bans):,} banned",
            )
        )
    return lines


def _features_and_groups(one: ChosenSubset) -> list[tuple[str, str]]:
    """Features and groups by name where they are at hand, else as they were asked for."""
    recipe = one.run.recipe
    maps = cache.peek(state.app().changed(recipe=recipe))
    near = next((study for study in (one.study, maps) if study is not None and study.has("features")), None)
    features = recipe.features if near is None else near.features().label
    near = next((study for study in (one.study, maps) if study is not None and study.has("groups")), None)
    groups = None if near is None else near.groups()
    told = groups.label if groups else recipe.groups or "none"
    return [("Features", features), ("Groups", told)]


def weights(selection: Selection) -> str:
    """What the weights are good for, in words."""
    if selection.weight is None:
        return "none: totals and means of the data set cannot be estimated from this subset"
    total = float(np.asarray(selection.weight, np.float64).sum())
    told = f"design weights, summing to {total:,.0f}"
    if selection.unreached:
        missed = count(selection.unreached, "row")
        return (
            f"{told} of {count(selection.population, 'row')}; {missed} had no chance, so totals are refused"
        )
    return told


def decision(signoff: SignOff | None) -> Decision | None:
    """The decision as the bundle records it."""
    if signoff is None:
        return None
    outcome: Any = signoff.decision
    return Decision(signoff.name, signoff.reason, outcome, signoff.role, signoff.meaning, signoff.made)


def draft(one: ChosenSubset) -> dict[str, Any]:
    """The manifest as it will be written, without the digests of files that are made at the download."""
    study, chosen = one.study, one.selection
    assert chosen is not None
    features = study.features() if study.has("features") else None
    groups = study.groups() if study.has("groups") else None
    return make_body(
        study, chosen, features, groups, recorded=features is not None, renamed={}, neutralised=None, files={}
    )


def bundle(one: ChosenSubset, signoff: SignOff | None, whole: bool) -> Callable[[], bytes]:
    """What makes the zip when it is asked for; everything it needs is held from now on."""
    study, chosen, signed = one.study, one.selection, decision(signoff)
    assert chosen is not None

    def make() -> bytes:
        study.features()  # recorded with the subset, so that a replay is exact elsewhere
        study.groups()
        report = partial(subset_report, slot=one.slot)
        return zip_bundle(study, chosen, sign=signed, whole=whole, report=report)

    return make


def draft_key(what: str, one: ChosenSubset) -> str:
    """The key of what is said of one subset ("reason", "outcome"), which must not be said of another."""
    return key("sign", what, one.subject[:16])


def sign(one: ChosenSubset, name: str, role: str, outcome: str | None, reason: str, meaning: str) -> None:
    """Record a decision; `ParameterError` where it, a name or a reason is missing."""
    if outcome is None:
        raise ParameterError("A sign-off is incomplete", "no decision is chosen", "choose Approve or Reject")
    what: Any = outcome
    made = Decision(name, reason, what, role, meaning)
    state.change(
        signoff=SignOff(made.who, made.role, made.meaning, made.reason, made.decision, made.when, one.subject)
    )
    verb = "Approved" if outcome == "approve" else "Rejected"
    state.note(f"{verb} {one.name}, signed by {made.who}")
