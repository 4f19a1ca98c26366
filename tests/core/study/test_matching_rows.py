"""Rows that meet conditions, each by itself and together, against plain loops; and what they rest on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.load import load
from core.data.row_ids import keys_of, row_of_key
from core.foundation.errors import AliquotError, FeatureError, NeedError, RecipeError
from core.foundation.progress import Progress
from core.model.row_conditions import (
    ContainsText,
    HasValue,
    HoldsWords,
    InGroups,
    InRange,
    InSelection,
    MatchesPattern,
    MeetsSql,
    Near,
    NearRow,
    NearText,
    OnMap,
)
from core.model.saved_rows import Only
from core.study.matching_rows import grounds, matching_rows
from core.study.study import Study

WORDS = [
    "late",
    "parcel",
    "refund",
    "broken",
    "screen",
    "invoice",
    "twice",
    "login",
    "password",
    "slow",
    "app",
]


@pytest.fixture(scope="module")
def wine() -> Study:
    return Study(load("sample:wine")).embed("table").group("kmeans:3")


@pytest.fixture(scope="module")
def tickets() -> Study:
    rng = np.random.default_rng(0)
    lines = ["id,body,lang,days"]
    for row in range(120):
        lines.append(f"{row},{' '.join(rng.choice(WORDS, 6))},{'de' if row % 3 else 'en'},{row % 9}")
    lines[8] = "7,late parcel parcel late,,"
    data = load("\n".join(lines).encode(), name="tickets.csv")
    return Study(data).embed("text:body", "tfidf").group("kmeans:3")


def rows(study: Study, *conditions) -> list[int]:
    found = matching_rows(study, conditions)
    for part in found.parts:
        assert part.count == part.mask.sum()
        assert not part.mask.flags.writeable
    return found.rows.tolist()


def test_every_form_alone_is_what_a_plain_loop_finds(tickets):
    data, frame = tickets.data, tickets.data.frame
    n = len(data)
    groups, features, pca = tickets.groups(), tickets.features(), tickets.layout("pca")
    x = features.matrix.astype(np.float64)
    middle = float(pca.xy[:, 0].mean())
    corners = (middle, 9.0, 9.0, middle), (-9.0, -9.0, 9.0, 9.0)
    near = sorted(range(n), key=lambda row: (1 - x[row] @ x[3] if row != 3 else -1, row))[:10]
    body = frame["body"].tolist()
    plain = {
        InRange("days", 2, 4): [row for row in range(n) if str(frame["days"][row]) in ("2", "3", "4")],
        HasValue("lang", ("en",), missing=True): [row for row in range(n) if str(frame["lang"][row]) != "de"],
        ContainsText("PARC", "body"): [row for row in range(n) if "parc" in body[row]],
        ContainsText("parc"): [row for row in range(n) if "parc" in body[row]],
        MatchesPattern(r"\blate$", "body"): [row for row in range(n) if body[row].endswith("late")],
        MeetsSql("days > 5 OR lang = 'en'"): [
            row
            for row in range(n)
            if str(frame["lang"][row]) == "en" or str(frame["days"][row]) in ("6", "7", "8")
        ],
        InGroups(groups.names[1:]): [row for row in range(n) if groups.codes[row] > 0],
        NearRow(keys_of(data, [3])[0], 10): sorted(near),
        HoldsWords("parcel late", "body"): [
            row for row in range(n) if {"late", "parcel"} <= set(body[row].split())
        ],
        OnMap(pca.key, "pca", *corners): np.flatnonzero(pca.xy[:, 0] > middle).tolist(),
        InSelection(Only.of([1, 5], n, "two", data.fingerprint.digest)): [1, 5],
    }
    for condition, by_hand in plain.items():
        assert rows(tickets, condition) == by_hand, condition.words
        assert 0 < len(by_hand) < n
        away = type(condition)(**{**vars(condition), "exclude": True})
        assert rows(tickets, away) == [row for row in range(n) if row not in set(by_hand)]


@settings(max_examples=40)
@given(st.lists(st.integers(0, 5), max_size=4), st.lists(st.booleans(), min_size=4, max_size=4))
def test_conditions_meet_whatever_their_order(wine, chosen, excluded):
    of_all = [
        lambda no: InRange("alcohol", 13, exclude=no),
        lambda no: HasValue("cultivar", ("cultivar 1",), exclude=no),
        lambda no: NearRow(keys_of(wine.data, [7])[0], 60, exclude=no),
        lambda no: InGroups((wine.groups().names[0],), exclude=no),
        lambda no: MatchesPattern("[12]$", "cultivar", exclude=no),
        lambda no: InSelection(Only.of(range(90), 178, "half", wine.data.fingerprint.digest), exclude=no),
    ]
    conditions = [of_all[at](no) for at, no in zip(chosen, excluded, strict=False)]
    found = matching_rows(wine, conditions)
    together = set(range(178)).intersection(*(np.flatnonzero(part.mask).tolist() for part in found.parts))
    assert found.rows.tolist() == sorted(together)
    assert [part.condition for part in found.parts] == conditions
    assert rows(wine, *conditions[::-1]) == found.rows.tolist()


def test_the_same_rows_whatever_the_order_of_the_file(tickets):
    frame = tickets.data.frame.sample(frac=1, random_state=2)
    other = Study(load(frame)).embed("text:body", "tfidf").group("kmeans:3")
    key = keys_of(tickets.data, [3])[0]
    for condition in (NearRow(key, 7), NearText(Near("late refund", 7)), HoldsWords("late")):
        found = [
            sorted(study.data.frame["id"].to_numpy()[rows(study, condition)].tolist())
            for study in (tickets, other)
        ]
        assert found[0] == found[1]


def test_a_row_is_among_its_nearest_before_its_copies():
    lines = ["id,a,b", *(f"{row},{row % 2},1.5" for row in range(12)), "99,5,7"]
    study = Study(load("\n".join(lines).encode(), name="copies.csv")).embed("table")
    for row in range(13):
        assert int(study.near_row(row, 1)[0]) == row
        assert row in rows(study, NearRow(keys_of(study.data, [row])[0], 1))


def test_a_box_and_a_lasso_on_the_map(wine):
    layout = wine.layout("pca")
    (left, low), (right, high) = layout.xy.min(axis=0).tolist(), layout.xy.max(axis=0).tolist()
    everything = OnMap(layout.key, "pca", (left, right), (low, high))
    assert len(rows(wine, everything)) == 178
    with pytest.raises(RecipeError, match="map of other features"):
        rows(wine, OnMap("another", "pca", everything.xs, everything.ys))
    with pytest.raises(RecipeError, match="map of other features"):
        rows(wine, OnMap(layout.key, "first", everything.xs, everything.ys))


@pytest.mark.parametrize(
    ("condition", "kind", "why"),
    [
        (InGroups(("no such",)), RecipeError, "no group no such"),
        (NearRow("00" * 16, 5), RecipeError, "no row has its key"),
        (NearText(Near("strong", 5)), FeatureError, "the features are of the table's columns"),
        (InSelection(Only.of([1], 178, "x", "ab")), RecipeError, "does not belong"),
        (InRange("nowhere", 1), AliquotError, "no column"),
        (ContainsText("x", "alcohol"), AliquotError, "holds numbers"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(wine, condition, kind, why):
    with pytest.raises(kind, match=why):
        matching_rows(wine, [condition])


def test_no_groups_no_rows_of_groups(wine):
    with pytest.raises(NeedError, match="no groups"):
        matching_rows(wine.group(""), [InGroups(("a",))])


def test_a_watcher_hears_which_condition_is_looked_at(wine):
    heard: list[str] = []
    matching_rows(wine, [InRange("alcohol", 13)], Progress(lambda share, text: heard.append(text), every=0))
    assert heard[0] == "alcohol at least 13"


def test_a_row_is_found_by_its_key(wine):
    keys = keys_of(wine.data, range(178))
    assert [row_of_key(wine.data, key) for key in keys] == list(range(178))
    for lost in ("00" * 16, "ff" * 16):
        with pytest.raises(RecipeError):
            row_of_key(wine.data, lost)


def test_what_conditions_rest_on(tickets):
    def of(*conditions):
        found = grounds(tickets.data, conditions)
        return found.columns, found.measured, found.groups, found.saved

    assert of() == ((), False, False, False)
    sql = MeetsSql("days > 3 AND Lang = 'de'")
    assert of(sql, InRange("days", 1)) == (("days", "lang"), False, False, False)
    assert of(ContainsText("x")) == of(HoldsWords("x")) == (("body", "lang"), False, False, False)
    assert of(MatchesPattern("x", "body")) == (("body",), False, False, False)
    drawn = OnMap("k", "pca", (0.0, 1.0), (0.0, 1.0))
    assert of(NearText(Near("x", 3))) == of(drawn) == ((), True, False, False)
    # The hand may have followed the colours.
    assert of(replace(drawn, colour="days")) == (("days",), True, False, False)
    assert of(replace(drawn, colour="groups")) == ((), True, True, False)
    assert of(replace(drawn, colour="a column that is gone")) == ((), True, False, False)
    assert of(InGroups(("a",)), InSelection(Only.of([1], 9, "x", "ab"))) == ((), False, True, True)
