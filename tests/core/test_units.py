"""Rows of one entity stay together, whichever column names it, wherever rows are split."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis.held_out.split import units_of
from core.analysis.paired_tests.parts import halves
from core.data.load import load
from core.foundation.artifact_store import Store
from core.model.recipe import Choice, Recipe
from core.study.held_out import probe_of, split_study
from core.study.paired_tests import prepared_population
from core.study.reusable_holdout import ask, parts_of, question
from core.study.study import Study


def visits(tmp_path, swap=False, **roles) -> Study:
    """Persons at sites, crossed, but not so that all rows hang together."""
    lines = []
    for at in range(240):
        block = at % 24  # two persons and two sites belong together, 24 times over
        person, site = f"p{block}-{at // 24 % 2}", f"s{block}-{at % 5 == 0}"
        a, b = at * 7919 % 1009, at * 104_729 % 997
        cells = (site, person) if swap else (person, site)
        lines.append(f"{at},{','.join(cells)},{a},{b},{a % 2}")
    head = "id,site,person,a,b,y" if swap else "id,person,site,a,b,y"
    data = load(
        "\n".join([head, *lines]).encode(),
        name="t.csv",
        roles={"y": "label", "person": "ignore", "site": "ignore", "a": "number", "b": "number", **roles},
    )
    return Study(data, Recipe(features="table", groups="", budget="40"), store=Store(tmp_path))


BOTH = {"person": "entity", "site": "entity"}


def test_a_question_is_named_by_what_parts_the_rows(tmp_path):
    """Two entity columns part rows otherwise than one or none, so they ask another question."""
    studies = {
        "none": visits(tmp_path),
        "person": visits(tmp_path, person="entity"),
        "site": visits(tmp_path, site="entity"),
        "both": visits(tmp_path, **BOTH),
    }
    named = {name: question(study, Choice("random")) for name, study in studies.items()}
    assert len(set(named.values())) == 4
    split = {name: parts_of(study).guarded.tobytes() for name, study in studies.items()}
    assert len(set(split.values())) == 4
    first = ask(studies["none"], Choice("random"))
    assert not first.again
    assert not ask(studies["both"], Choice("random")).again  # not the answer of another study
    assert ask(visits(tmp_path, **BOTH), Choice("random")).again


@pytest.mark.parametrize("part", ["guarded", "held out", "halves"])
def test_no_entity_of_any_column_is_on_both_sides(tmp_path, part):
    study = visits(tmp_path, **BOTH)
    if part == "guarded":
        parts = parts_of(study)
        sides = [parts.guarded, parts.practice, parts.rest]
    elif part == "held out":
        split = split_study(study)
        sides = [split.train_rows, split.test_rows]
    else:
        pool, probe = prepared_population(study, 9)
        sides = list(halves(pool.inputs.keys, units_of(pool, probe.entity), seed=0))
    assert min(map(len, sides)) > 20
    for name in BOTH:
        values = study.data.column(name).to_numpy()
        held = [set(values[rows]) for rows in sides]
        assert sum(map(len, held)) == len(set().union(*held)), name


def test_the_order_of_entity_columns_parts_nothing_otherwise(tmp_path):
    one, other = visits(tmp_path, **BOTH), visits(tmp_path, swap=True, **BOTH)
    assert question(one, Choice("random")) == question(other, Choice("random"))
    assert np.array_equal(parts_of(one).guarded, parts_of(other).guarded)


def test_under_a_filter_the_same_rows_stay_together(tmp_path):
    study = visits(tmp_path, **BOTH)
    part = study.filter("a > 200")
    eligible = part.eligible()
    assert np.array_equal(part.entity_units(), study.entity_units())
    assert probe_of(part, eligible).entity == study.entity_units()[eligible].tolist()
    assert visits(tmp_path).entity_units() is None
    # Whatever else is alike: features of a table are named by the roles too, given vectors are not.
    several = [visits(tmp_path), visits(tmp_path, person="entity"), visits(tmp_path, site="entity"), study]
    assert len({one.described(study.inputs()) for one in several}) == 4
