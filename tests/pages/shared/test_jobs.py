"""Running work as pages see it: how often they look, and how long they say it takes."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace

import pytest

from core.data.load import load
from core.foundation.arrays.any_size_graph import graph_work
from core.foundation.background_jobs import JobRunner
from core.foundation.learned_pace import Pace
from core.foundation.machine import machine
from core.model.recipe import Choice
from pages.ui.compare.choices import run_cost
from pages.ui.shared import cache, jobs, kept_runs, map_stages

from .._compared import finished, opened, tab


@pytest.fixture(autouse=True)
def nothing_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimates are as declared, whatever other tests ran before."""
    monkeypatch.setattr(Pace, "_read", lambda self: {})


def test_long_work_is_looked_at_less_often_than_short_work(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, gate = JobRunner(), Event()
    monkeypatch.setattr(cache, "runner", lambda: runner)
    monkeypatch.setattr("core.foundation.background_jobs.monotonic", lambda: 100.0)  # nothing has passed yet
    assert jobs.poll_seconds() == 0.7, "nothing to wait for: what begins is seen at once"
    looks = []
    for seconds in (1.0, 12.0, 600.0):
        gate.clear()
        job = runner.submit(f"for {seconds}", "Waiting", lambda progress: gate.wait(60), seconds)
        looks.append(jobs.poll_seconds())
        gate.set()
        assert job.finished.wait(60)
    assert looks[0] == 0.7
    assert looks[1] == pytest.approx(1.2)
    assert looks[2] == 2.0, "a cancel still shows within the two seconds promised"


def test_a_queued_comparison_does_not_count_what_it_waits_for(drive: SimpleNamespace) -> None:
    body = b"id,body\n" + b"".join(f"{at},a note about item {at % 7} of {at}\n".encode() for at in range(90))
    now = drive.state_of(
        load(body, name="waits.csv"), budget="10", strategies=(Choice("random"), Choice("k-center"))
    )
    study = cache.map_study(now)
    guess = run_cost.outlook(now, study, 10)
    stages = sum(map_stages.expected(study, stage).seconds for stage in ("features", "groups"))
    assert guess.before.seconds == pytest.approx(stages)
    assert guess.before.seconds > 0
    assert guess.time.seconds == pytest.approx(guess.before.seconds + guess.own.seconds)
    study.features()
    study.groups()
    after = run_cost.outlook(now, study, 10)
    assert after.before.seconds == 0
    assert after.time == after.own


def test_the_outlook_counts_a_strategy_inside_another(drive: SimpleNamespace) -> None:
    body = b"id,x,y\n" + b"".join(f"{at},{at * 7 % 31},{at % 13}\n".encode() for at in range(200))
    inside = Choice("stratified", {"within": {"id": "facility-location", "params": {}}})
    plain, nested = (
        drive.state_of(load(body, name="inside.csv"), budget="20", strategies=(choice,), seeds=1)
        for choice in (Choice("stratified"), inside)
    )
    study = cache.map_study(plain)
    assert run_cost.outlook(nested, study, 20).own.seconds > run_cost.outlook(plain, study, 20).own.seconds


def test_the_outlook_counts_downstream_probes_where_there_is_a_label(drive: SimpleNamespace) -> None:
    body = b"id,a,b,kind\n" + b"".join(
        f"{at},{at * 7 % 31},{at % 13},{at % 3}\n".encode() for at in range(200)
    )
    told = {}
    for role in ("label", "category"):
        data, several = load(body, name="probed.csv"), (Choice("random"), Choice("k-center"))
        now = drive.state_of(data, budget="60", strategies=several, roles={"kind": role})
        told[role] = run_cost.outlook(now, cache.study(now), 60).own.seconds
    assert told["label"] > told["category"]


def test_a_finished_run_teaches_the_pace_of_its_probes_apart_from_the_band(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learned: dict[str, tuple[float, float]] = {}
    now = opened(strategies=(Choice("random"),), budget="60", seeds=1, band=9)
    pace = type(cache.study(now).pace)
    monkeypatch.setattr(
        pace, "learn", lambda self, kind, amount, seconds: learned.update({kind: (amount, seconds)})
    )
    test = finished(tab(now, "compare.py"))
    made = kept_runs.result(test.session_state["app"].runs[-1].key)
    assert made is not None
    assert set(learned) >= {"random band", "probe"}
    assert all(amount > 0 and seconds > 0 for amount, seconds in learned.values())
    assert learned["random band"][1] + learned["probe"][1] <= made.seconds + 0.1


def test_the_outlook_counts_the_neighbour_graph_once_and_only_where_it_is_missing(
    drive: SimpleNamespace,
) -> None:
    body = b"id,x,y\n" + b"".join(f"{at},{at * 11 % 37},{at % 17}\n".encode() for at in range(200))
    twice = (Choice("density"), Choice("density", {"power": 1.0}), Choice("dsir"))
    now = drive.state_of(load(body, name="graph.csv"), budget="20", strategies=twice, seeds=3)
    study = cache.map_study(now)
    d = study.features().matrix.shape[1]
    missing = run_cost.outlook(now, study, 20).own.seconds
    study.graph()
    there = run_cost.outlook(now, study, 20).own.seconds
    assert missing - there == pytest.approx(machine().seconds(graph_work(200, d)))
    able = now.changed(recipe=now.recipe.with_(strategies=twice[:2]))
    less = run_cost.outlook(able, study, 20).own.seconds
    assert less == pytest.approx(there), "what cannot run takes no time"
