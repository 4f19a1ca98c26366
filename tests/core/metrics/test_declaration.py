"""An incomplete metric is refused at import."""

from __future__ import annotations

import pytest

from core.metrics.declaration import HEADLINES, METRICS, QUESTIONS, Metric, declare_metric
from core.model.registry import Reference, Registry

GOOD = {
    "id": "rows",
    "version": 1,
    "label": "Rows",
    "sentence": "How many rows.",
    "question": "useful",
    "direction": "higher",
    "range": "1 or more",
    "formula": "b",
    "paper": Reference.none("A count."),
    "needs": set(),
}


def declare(**changes):
    registry: Registry[Metric] = Registry("metric")
    declare_metric(**(GOOD | {"registry": registry} | changes))(lambda pool, batch: None)
    return registry


def test_a_complete_one_is_registered():
    metric = declare()["rows"]
    assert metric.arrow == "↑"
    assert metric.question == "useful"


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "Not a slug"},
        {"version": 0},
        {"label": " "},
        {"sentence": ""},
        {"question": "nice"},
        {"direction": "up"},
        {"range": ""},
        {"formula": " "},
        {"paper": Reference.none("")},
        {"stage": "later"},
    ],
)
def test_an_incomplete_one_is_refused(broken):
    with pytest.raises(TypeError):
        declare(**broken)


def test_at_most_eight_headlines():
    registry: Registry[Metric] = Registry("metric")
    for at in range(HEADLINES):
        declare_metric(**(GOOD | {"id": f"m{at}", "headline": True, "registry": registry}))(lambda: None)
    with pytest.raises(TypeError, match="headline"):
        declare_metric(**(GOOD | {"id": "more", "headline": True, "registry": registry}))(lambda: None)


def test_the_registry_answers_every_question():
    assert {metric.question for metric in METRICS} == set(QUESTIONS)
    assert sum(metric.headline for metric in METRICS) <= 8
