"""Filters on Explore: chips, what is pointed at, turning round, undoing, and what they hand on."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data.load import load
from core.foundation.errors import NeedError, ParameterError
from core.model.dataset import Dataset
from core.model.recipe import Recipe
from core.model.row_conditions import (
    ContainsText,
    HasValue,
    HoldsWords,
    InGroups,
    InRange,
    InSelection,
    MeetsSql,
    Near,
    NearText,
    RowCondition,
)
from core.model.saved_rows import Only
from core.study.study import Study
from pages.ui.explore import filters
from pages.ui.shared import cache, map_stages
from pages.ui.shared.app_state import AppState, MapView, RowSet

WORDS = ["late parcel", "lost parcel", "refund of an invoice", "password reset", "broken screen"]
ROWS = b"id,body,topic,price,day\n" + b"".join(
    f"{at},customers ask about a {WORDS[at % 5]} case {at},{WORDS[at % 5]},"
    f"{at % 9},2024-0{1 + at % 6}-11\n".encode()
    for at in range(120)
)


@pytest.fixture(scope="module")
def rows(drive: SimpleNamespace) -> AppState:
    made: AppState = drive.state_of(load(ROWS, name="filters.csv"), groups="kmeans:4")
    return made


def filtered(drive: SimpleNamespace, state: AppState, *asked: RowCondition) -> AppTest:
    at = drive.opened(state.changed(view=MapView(conditions=asked)))
    assert not at.exception
    return at


def now(at: AppTest) -> AppState:
    found: AppState = at.session_state["app"]
    return found


def test_chips_say_what_each_filter_holds_and_how_many_meet_all(
    drive: SimpleNamespace, rows: AppState
) -> None:
    price, topic = InRange("price", 3, 5), HasValue("topic", ("late parcel",))
    at = filtered(drive, rows, price, topic)
    labels = [one.proto.popover.label for one in at.get("popover")]
    frame = cache.map_study(rows).data.frame
    inside = frame["price"].between(3, 5)
    assert any(f"price 3 to 5 · {inside.sum()}" in label for label in labels)
    assert any("topic is late parcel · 24" in label for label in labels)
    both = int((inside & (frame["topic"] == "late parcel")).sum())
    assert f"{both} of 120 rows selected" in drive.said(at)
    assert now(at).picked.count == both
    assert now(at).picked.how == "price 3 to 5; topic is late parcel"


def test_a_filter_is_turned_round_taken_off_and_all_of_it_undone(
    drive: SimpleNamespace, rows: AppState
) -> None:
    at = filtered(drive, rows, InRange("price", 3, 5), ContainsText("parcel"))
    counts = [now(at).picked.count]
    at.button(key="exp_turn_1").click().run()
    assert now(at).view.conditions[1].exclude
    counts.append(now(at).picked.count)
    assert sum(counts) == int(cache.map_study(rows).data.frame["price"].between(3, 5).sum())
    at.button(key="exp_drop_0").click().run()
    assert now(at).view.conditions == (ContainsText("parcel", exclude=True),)
    at.button(key="exp_clear").click().run()
    assert now(at).picked is None
    for expected in (1, 2, 2):
        at.button(key="exp_undo").click().run()
        assert len(now(at).view.conditions) == expected
    assert now(at).picked.count == counts[0]
    assert "exp_undo" not in {one.key for one in at.button}, "there is nothing left to undo"
    assert not at.exception


def test_what_is_pointed_at_takes_the_place_of_what_was_and_keeps_other_filters(
    drive: SimpleNamespace, rows: AppState
) -> None:
    at = filtered(drive, rows, InRange("price", 3, 5))
    at.button(key="exp_select_0").click().run()
    at.button(key="exp_select_1").click().run()
    groups = cache.map_study(rows).groups()
    assert groups is not None
    assert now(at).view.conditions == (InRange("price", 3, 5), InGroups((groups.names[1],)))


def test_a_range_that_was_not_moved_stays_open_and_a_second_one_replaces_it(
    drive: SimpleNamespace, rows: AppState
) -> None:
    at = filtered(drive, rows)
    at.selectbox(key="exp_filter").select("column: price").run()
    slider = next(one for one in at.slider if one.key.startswith("exp_filter_range"))
    assert (slider.min, slider.max) == (0, 8)
    slider.set_value((2, 8)).run()
    at.button(key="exp_add").click().run()
    assert now(at).view.conditions == (InRange("price", 2, None),)
    next(one for one in at.slider if one.key.startswith("exp_filter_range")).set_value((2, 4)).run()
    at.button(key="exp_add_not").click().run()
    assert now(at).view.conditions == (InRange("price", 2, 4, exclude=True),)
    assert not at.exception
    assert any("Histogram of price" in one.proto.alt for one in at.get("plotly_chart"))


def test_days_are_chosen_on_a_slider_too(drive: SimpleNamespace, rows: AppState) -> None:
    at = filtered(drive, rows)
    at.selectbox(key="exp_filter").select("column: day").run()
    assert not at.exception
    slider = next(one for one in at.slider if one.key.startswith("exp_filter_times"))
    low, high = slider.value
    slider.set_value((low, high.replace(month=3))).run()
    at.button(key="exp_add").click().run()
    assert not at.exception
    assert not at.error
    frame = cache.map_study(rows).data.frame
    assert now(at).picked.count == int((frame["day"].dt.month <= 3).sum())


def test_a_form_with_nothing_in_it_says_so_and_selects_nothing(
    drive: SimpleNamespace, rows: AppState
) -> None:
    at = filtered(drive, rows)
    for about in ("words in the text", "a condition in SQL", "column: topic"):
        at.selectbox(key="exp_filter").select(about).run()
        at.button(key="exp_add").click().run()
        assert not at.exception
        assert at.error, about
        assert now(at).view.conditions == ()


def test_a_filter_that_fits_no_more_is_named_and_nothing_is_selected(
    drive: SimpleNamespace, rows: AppState
) -> None:
    at = filtered(drive, rows, InGroups(("no such group",)))
    assert "There is no group" in at.error[0].proto.title
    assert now(at).picked is None
    at.button(key="exp_drop_0").click().run()
    assert not at.error


@pytest.mark.parametrize(
    "asked",
    [
        (InRange("price", 3, 5), HasValue("topic", ("late parcel", "lost parcel"))),
        (MeetsSql("price > 3 or topic = 'late parcel'"), ContainsText("case 1", exclude=True)),
        (HoldsWords("parcel late"),),
        (NearText(Near("my parcel never came", 17)),),
        (NearText(Near("my parcel never came", 40)), InRange("price", None, 4)),
    ],
    ids=["columns", "sql", "words", "near", "near and columns"],
)
def test_only_these_chooses_from_the_very_same_rows(
    drive: SimpleNamespace, rows: AppState, asked: tuple[RowCondition, ...]
) -> None:
    at = filtered(drive, rows, *asked)
    picked = now(at).picked.rows
    assert 0 < len(picked) < 120
    at.button(key="exp_only").click().run()
    assert not at.exception
    recipe: Recipe = now(at).recipe
    study = Study(cache.map_study(rows).data, recipe, store=cache.store())
    eligible = study.eligible()
    assert eligible is not None
    assert eligible.tolist() == picked.tolist()
    by_rule = not any(isinstance(one, HoldsWords) for one in asked)
    assert (recipe.only is None) == by_rule, "a rule where the filters are one, else row by row"


def test_a_selection_of_an_earlier_version_is_a_filter_now(rows: AppState, drive: SimpleNamespace) -> None:
    body = rows.to_json()
    body["view"] = {"colour": "groups", "layout": "umap", "search": "parcel", "groups": ["a", "b"], "page": 1}
    found = AppState.from_json(body)
    assert found.view.conditions == (ContainsText("parcel"), InGroups(("a", "b")))
    assert AppState.from_json(found.to_json()) == found


def test_a_row_is_looked_at_marked_and_left(drive: SimpleNamespace, rows: AppState) -> None:
    data = cache.map_study(rows).data
    key = data.keys[5].tobytes().hex()
    at = drive.opened(rows.changed(view=MapView(row=key)))
    assert not at.exception
    said = drive.said(at)
    assert "by distance to its middle" in said
    assert str(data.frame["body"].iloc[5]) in [str(one.value) for one in at.get("text")]
    at.button(key="exp_row_pin").click().run()
    assert {mark.key for mark in now(at).recipe.pins} == {key}
    at.button(key="exp_row_pin").click().run()
    assert now(at).recipe.pins == ()
    at.button(key="exp_row_add").click().run()
    assert now(at).picked.rows.tolist() == [5]
    near = next(one for one in at.button if (one.key or "").startswith("exp_neighbour"))
    near.click().run()
    assert now(at).view.row != key
    at.button(key="exp_row_close").click().run()
    assert now(at).view.row == ""
    assert not at.exception


def test_the_selection_stands_beside_the_rest_and_its_filters_have_no_verdict(
    drive: SimpleNamespace, rows: AppState
) -> None:
    at = filtered(drive, rows, HasValue("topic", ("late parcel", "lost parcel")))
    for job in list(cache.runner().waiting()):
        assert job.finished.wait(60)
    at.run()
    said = drive.said(at)
    assert "What sets these rows apart" in said
    assert "differ by construction" in said
    frame = next(one.value for one in at.dataframe if "verdict" in one.value)
    topic = frame[frame["what"].str.startswith("topic")]
    assert set(topic["verdict"]) == {"made the selection"}
    assert set(frame["verdict"]) & {"within chance", "differs"}


def verdicts(at: AppTest) -> dict[str, str]:
    """What the table says of each column; of one with several values, of the last."""
    for job in list(cache.runner().waiting()):
        assert job.finished.wait(60)
    at.run()
    frame = next(one.value for one in at.dataframe if "verdict" in one.value)
    return dict(zip(frame["what"].str.split(":").str[0], frame["verdict"], strict=True))


def kept(data: Dataset, rows: np.ndarray, *made: RowCondition) -> RowSet:
    return replace(RowSet.of(rows, len(data), "“kept”"), made=made)


def test_beside_a_saved_selection_what_made_either_has_no_verdict(
    drive: SimpleNamespace, rows: AppState
) -> None:
    data = cache.map_study(rows).data
    late = np.flatnonzero(data.frame["topic"] == "late parcel")
    named = {"late": kept(data, late, HasValue("topic", ("late parcel",)))}
    at = filtered(drive, rows.changed(named=named), HasValue("topic", ("lost parcel",)))
    at.selectbox(key="exp_against").select("late").run()
    found = verdicts(at)
    assert found["topic"] == "made the selection"
    assert found["price"] in ("within chance", "differs")
    dear = np.flatnonzero(data.frame["price"] > 5)
    named = {"dear": kept(data, dear, InRange("price", 6))}
    at = filtered(
        drive, rows.changed(named=named), HasValue("topic", ("lost parcel",)), InRange("price", 0, 5)
    )
    at.selectbox(key="exp_against").select("dear").run()
    assert verdicts(at)["price"] == "made the selection", "the other one's filter counts too"


def test_of_a_selection_that_nobody_knows_the_making_of_nothing_is_said_to_differ_by_construction(
    drive: SimpleNamespace, rows: AppState
) -> None:
    data = cache.map_study(rows).data
    only = Only.of(np.arange(0, 120, 3), 120, "by hand", data.fingerprint.digest)
    at = filtered(drive, rows, InSelection(only))
    assert set(verdicts(at).values()) == {"not known what made it"}
    assert "it is not known what made the selection" in drive.said(at)
    assert "by construction" not in drive.said(at).replace("differs by construction", "")


def test_a_comparison_that_cannot_be_made_leaves_the_table(drive: SimpleNamespace, rows: AppState) -> None:
    data = cache.map_study(rows).data
    dear = np.flatnonzero(data.frame["price"] > 3)
    at = filtered(drive, rows.changed(named={"dear": kept(data, dear)}), InRange("price", 6))
    at.selectbox(key="exp_against").select("dear").run()
    assert not at.exception
    assert at.error, "one holds the other"
    assert len(at.dataframe[-1].value) == now(at).picked.count


def test_rules_and_metrics_of_the_selection_are_made_when_they_are_opened(
    drive: SimpleNamespace, rows: AppState
) -> None:
    at = filtered(drive, rows, InRange("price", 5))
    for place in ("exp_rules_open", "exp_sets"):
        at.session_state[place] = True
    for _ in range(3):
        at.run()
        assert not at.exception
        for job in list(cache.runner().waiting()):
            assert job.finished.wait(60)
    said = drive.said(at)
    assert "Coverage radius" in said
    assert "random sets" in said
    rules = [
        str(one.value) for one in at.markdown if "finds" in str(one.value) or "better than" in str(one.value)
    ]
    assert rules or "No rule" in said
    assert not at.error


# ---- what stood in the way ------------------------------------------------------------------------------


EXTREME = b"id,body,stamp,until,tiny\n" + b"".join(
    b"%d,a text about parcel %d,%d,%s,%s\n"
    % (
        at,
        at,
        170_000_000_000_000_000 + at,
        b"9999-12-31" if at % 2 else b"2024-01-05",
        b"1e-300" if at % 2 else b"2e-300",
    )
    for at in range(40)
)


def test_ranges_that_no_slider_can_show_are_typed(drive: SimpleNamespace) -> None:
    data = load(EXTREME, name="extreme.csv", roles={"stamp": "number", "tiny": "number"})
    state = drive.state_of(data, groups="kmeans:2")
    at = filtered(drive, state)
    for column in ("stamp", "until", "tiny"):
        at.selectbox(key="exp_filter").select(f"column: {column}").run()
        assert not at.exception, column
    at.selectbox(key="exp_filter").select("column: stamp").run()
    box = next(one for one in at.text_input if one.label == "stamp from")
    box.set_value("170000000000000030").run()
    at.button(key="exp_add").click().run()
    assert now(at).picked.count == 10, "to the last digit"
    next(one for one in at.text_input if one.label == "stamp from").set_value("soon").run()
    at.button(key="exp_add").click().run()
    assert any("stamp cannot be 'soon'" in str(one.proto.title) for one in at.error)
    assert not at.exception


def test_no_page_makes_what_a_filter_waits_for(
    drive: SimpleNamespace, rows: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = map_stages.ready
    monkeypatch.setattr(map_stages, "ready", lambda study, stage: stage != "features" and ready(study, stage))
    with pytest.raises(NeedError, match="cannot be used yet"):
        filters._check_ready(cache.map_study(rows), NearText(Near("late", 3)))
    filters._check_ready(cache.map_study(rows), InRange("price", 3))


def test_undo_stays_with_its_data(drive: SimpleNamespace, rows: AppState) -> None:
    at = filtered(drive, rows, InRange("price", 3, 5))
    at.button(key="exp_clear").click().run()
    assert "exp_undo" in {one.key for one in at.button}
    other = drive.state_of(load(ROWS.replace(b"customers", b"others"), name="other.csv"), groups="kmeans:4")
    study = cache.map_study(other)
    study.features(), study.groups(), study.layout("pca")
    at.session_state["app"] = other
    at.run()
    assert not at.exception
    assert "exp_undo" not in {one.key for one in at.button}


def test_compare_opens_with_rows_near_a_sentence(drive: SimpleNamespace, rows: AppState) -> None:
    at = filtered(drive, rows, NearText(Near("my parcel never came", 60)))
    at.button(key="exp_only").click().run()
    at = drive.opened(now(at), "compare.py")
    assert not at.exception
    assert not at.error
    assert "60 of 120 rows take part" in drive.said(at)
    at.button(key="cmp_near_off").click().run()
    assert now(at).recipe.near is None


def test_names_that_sql_does_not_tell_apart_are_handed_on_row_by_row(drive: SimpleNamespace) -> None:
    body = b"id,body,Price,price\n" + b"".join(
        b"%d,some text on parcels %d,%d,%d\n" % (at, at, at % 7, at % 5) for at in range(60)
    )
    at = filtered(drive, drive.state_of(load(body, name="caps.csv"), groups="kmeans:2"), InRange("Price", 3))
    at.button(key="exp_only").click().run()
    assert not at.exception
    recipe = now(at).recipe
    assert recipe.where == ""
    assert recipe.only is not None
    assert recipe.only.count == now(at).picked.count


def test_a_project_can_be_read_whatever_was_filtered_by(rows: AppState) -> None:
    with pytest.raises(ParameterError, match="too long"):
        ContainsText("x" * 10_001)
    with pytest.raises(ParameterError, match="too long"):
        Near("x" * 10_001, 5)
    data = cache.map_study(rows).data
    made = (InRange("price", 3), ContainsText("x" * 10_000))
    state = rows.changed(
        view=MapView(conditions=made),
        named={"one": kept(data, np.arange(5), *made), "two": kept(data, np.arange(3))},
    )
    assert AppState.from_json(state.to_json()) == state


def test_of_an_earlier_project_the_selection_goes_before_the_search(rows: AppState) -> None:
    body = rows.changed(picked=RowSet.of([1, 2], 120, "lasso on the map")).to_json()
    body["view"] = {"colour": "groups", "layout": "umap", "search": "parcel", "groups": [], "page": 1}
    found = AppState.from_json(body)
    assert found.view.conditions == ()
    assert found.picked is not None
