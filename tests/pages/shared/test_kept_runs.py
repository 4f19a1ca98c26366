"""A run keeps to its own recipe, whatever the choices above say by now."""

from __future__ import annotations

import pytest

from core.foundation.errors import DataError
from core.model.recipe import Choice
from pages.ui.shared import cache, kept_runs
from pages.ui.shared.app_state import RunRef

from .._compared import opened


def test_the_study_of_a_run_is_of_its_own_recipe():
    then = opened(strategies=(Choice("random"),), budget="20", where="alcohol > 13", seed=5)
    run = RunRef(kept_runs.run_key(then), "2026-01-01", then.recipe, 9)
    now = then.changed(recipe=then.recipe.with_(where="", seed=6, label=None, roles={"class": "ignore"}))
    study = kept_runs.study_of(now, run)
    assert (study.recipe.where, study.recipe.seed) == ("alcohol > 13", 5)
    assert study.label_column() == then.recipe.label
    assert len(study.eligible()) == int((cache.dataset(now).frame["alcohol"] > 13).sum())
    assert kept_runs.study_of(then, run).recipe == cache.study(then).recipe


def test_the_study_of_a_run_needs_the_rows_to_resemble_of_that_run():
    then = opened(strategies=(Choice("dsir"),), target={"name": "gone.csv", "fingerprint": "0" * 32})
    run = RunRef("a", "2026-01-01", then.recipe, 9)
    with pytest.raises(DataError, match=r"The target 'gone\.csv' is not open here"):
        kept_runs.study_of(then.changed(recipe=then.recipe.with_(target=None)), run)
