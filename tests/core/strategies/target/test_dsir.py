"""DSIR: counts, weights, the draw, and the form for tables."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from core.foundation.errors import BudgetError, NeedError
from core.foundation.progress import SILENT
from core.model.derived import Features, Target
from core.model.inputs import Inputs
from core.strategies.running.needs import needs_of
from core.strategies.running.select import select
from core.strategies.target import dsir
from core.strategies.target.dsir import BUCKETS, grams, text_weights

WORDS = ["river", "stone", "cloud", "engine", "valve", "piston"]


def made(n: int = 400, seed: int = 0) -> Inputs:
    """Texts of nature and of machines, half each; the target speaks of machines."""
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS[3:] if row % 2 else WORDS[:3], 8)) for row in range(n)]
    x = rng.normal(size=(n, 3)).astype(np.float32)
    x[1::2, 0] += 4
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 14:] = np.arange(n, dtype=">u2").view(np.uint8).reshape(-1, 2)
    target = Target("machines", "d", tuple(texts[1:60:2]), x[1:60:2])
    return Inputs(keys=keys, features=Features(x, "euclidean", "k", "l"), texts=texts, target=target)


def test_words_punctuation_and_pairs_are_counted() -> None:
    flat, starts, tokens = grams(["Alice is eating."], dsir._Buckets(), SILENT)
    assert len(flat) == 7
    assert tokens.tolist() == [4]
    assert starts.tolist() == [0, 7]
    want = ["alice", "is", "eating", ".", "alice is", "is eating", "eating ."]
    assert flat.tolist() == [int(sha256(gram.encode()).hexdigest(), 16) % BUCKETS for gram in want]


def test_forgetting_known_words_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = list(made().texts or ())
    whole = grams(texts, dsir._Buckets(), SILENT)[0]
    monkeypatch.setattr(dsir, "_KNOWN", 3)
    assert np.array_equal(grams(texts, dsir._Buckets(), SILENT)[0], whole)


def test_weights_are_zero_when_the_target_is_the_data() -> None:
    texts = list(made().texts or ())
    assert (text_weights(texts, texts, 0.0, SILENT)[0] == 0).all()


def test_weights_by_the_formula() -> None:
    texts, target = ["a b", "b b c", "", "c"], ["a b", "a"]

    def share(some: list[str]) -> np.ndarray:
        count = np.bincount(grams(some, dsir._Buckets(), SILENT)[0], minlength=BUCKETS) + 0.5
        return np.log(count / count.sum() + 1e-8)

    ratio = share(target) - share(texts)
    weight, tokens = text_weights(texts, target, 0.5, SILENT)
    for at, text in enumerate(texts):
        own = grams([text], dsir._Buckets(), SILENT)[0]
        assert weight[at] == pytest.approx(ratio[own].sum(), abs=1e-9)
    assert tokens.tolist() == [2, 3, 0, 1]


def test_weights_add_up_but_for_the_joining_pair() -> None:
    rest = list(made(40).texts or ())
    one, two = "stone river cloud", "engine valve"
    texts, target = [one, two, f"{one} {two}", *rest], rest[1::2]
    weight = text_weights(texts, target, 1.0, SILENT)[0]
    count = {
        name: np.bincount(grams(some, dsir._Buckets(), SILENT)[0], minlength=BUCKETS) + 1.0
        for name, some in (("raw", texts), ("target", target))
    }
    joint = grams(["cloud engine"], dsir._Buckets(), SILENT)[0][2]
    extra = [np.log(c[joint] / c.sum() + 1e-8) for c in (count["target"], count["raw"])]
    assert weight[2] == pytest.approx(weight[0] + weight[1] + extra[0] - extra[1], abs=1e-9)


def test_equal_texts_have_equal_weights_wherever_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dsir, "_PART", 7)
    texts = [*list(made(50).texts or ()), "", "river engine"] * 3
    weight = text_weights(texts, texts[1:30:2], 0.0, SILENT)[0]
    assert np.array_equal(weight[:52], weight[52:104])
    assert weight[50] == 0


@pytest.mark.parametrize("form", ["text", "features"])
def test_the_subset_resembles_the_target(form: str) -> None:
    found = select("dsir", made(), 60, params={"form": form})
    assert (found.rows % 2 == 1).mean() > 0.8
    assert found.inclusion is None
    assert found.weight is None
    assert ("DSIR-style" in found.notes[0]) == (form == "features")


def test_top_takes_the_highest_weights() -> None:
    inputs = made()
    assert inputs.texts is not None
    assert inputs.target is not None
    assert inputs.target.texts is not None
    weight = text_weights(inputs.texts, inputs.target.texts, 0.0, SILENT)[0]
    rows = select("dsir", inputs, 30, params={"draw": "top"}).rows
    assert rows.tolist() == np.argsort(-weight, kind="stable")[:30].tolist()
    again = select("dsir", inputs, 30, seed=9, params={"draw": "top"}).rows
    assert np.array_equal(rows, again)


def test_short_texts_can_be_left_out() -> None:
    inputs = made(40)
    assert inputs.texts is not None
    texts = ["valve" if row < 10 else text for row, text in enumerate(inputs.texts)]
    inputs = replace(inputs, texts=texts)
    found = select("dsir", inputs, 30, params={"min_tokens": 2})
    assert found.rows.min() >= 10
    assert "Texts under 2 words were left out: 10." in found.notes[1]
    with pytest.raises(BudgetError, match="31 rows"):
        select("dsir", inputs, 31, params={"min_tokens": 2})
    pinned = select("dsir", replace(inputs, pins=np.array([3])), 31, params={"min_tokens": 2})
    assert 3 in pinned.rows


def test_text_needs_no_features() -> None:
    inputs = replace(made(), features=None)
    assert inputs.target is not None
    inputs = replace(inputs, target=replace(inputs.target, features=None))
    assert np.array_equal(select("dsir", inputs, 20).rows, select("dsir", made(), 20).rows)
    assert "features" not in needs_of("dsir", {})
    assert "features" in needs_of("dsir", {"form": "features"})


def test_what_is_missing_is_named() -> None:
    with pytest.raises(NeedError, match="target"):
        select("dsir", replace(made(), target=None), 5)
    with pytest.raises(NeedError, match="words"):
        select("dsir", replace(made(), texts=None), 5, params={"form": "text"})
    target = made().target
    assert target is not None
    bare = replace(made(), texts=None, target=replace(target, features=None))
    with pytest.raises(NeedError, match="features in common"):
        select("dsir", bare, 5)


@pytest.mark.parametrize("draw", ["top", "resample"])
def test_texts_without_words_come_last(draw: str) -> None:
    inputs = made(60)
    texts = list(inputs.texts or ())
    mute = [3, 4, 31, 50]
    for row, text in zip(mute, ("", " ", "\n", ""), strict=True):
        texts[row] = text
    inputs = replace(inputs, texts=texts)
    ends = set()
    for seed in range(6):
        found = select("dsir", inputs, 58, seed=seed, params={"draw": draw})
        assert not set(mute) & set(found.rows[:56].tolist())
        assert set(found.rows[56:].tolist()) <= set(mute)
        assert "4 texts hold no words; all others come first." in found.notes
        ends.add(tuple(found.rows[56:].tolist()))
        whole = select("dsir", inputs, 60, seed=seed, params={"draw": draw})
        assert whole.rows[:58].tolist() == found.rows.tolist()
    assert len(ends) > 1
    assert not any("no words" in note for note in select("dsir", made(60), 5).notes)


def test_texts_that_are_left_out_are_not_told_twice() -> None:
    inputs = made(60)
    inputs = replace(inputs, texts=["", *list(inputs.texts or ())[1:]])
    found = select("dsir", inputs, 59, params={"min_tokens": 1})
    assert 0 not in found.rows
    assert (
        sum("Texts under 1 word were left out: 1." in note or "no words" in note for note in found.notes) == 1
    )


def test_a_target_without_words_is_refused() -> None:
    inputs = made(40)
    with pytest.raises(NeedError, match="hold no words"):
        select("dsir", replace(inputs, target=Target("empty", "d", ("", "  "), None)), 5)


@pytest.mark.parametrize(
    ("wanted", "other"),
    [
        (["我要退款", "请退款", "退款谢谢"], ["包裹还没有到", "我的包裹坏了", "包裹在哪里"]),
        (["ต้องการเงินคืน", "ขอเงินคืนด่วน", "เงินคืนเมื่อไหร่"], ["พัสดุมาถึงช้า", "พัสดุเสียหาย", "พัสดุอยู่ที่ไหน"]),
    ],
)
def test_words_are_found_where_no_spaces_part_them(wanted: list[str], other: list[str]) -> None:
    weight, tokens = text_weights([*wanted, *other], [wanted[0]], 1.0, SILENT)
    assert min(weight[:3] / tokens[:3]) > max(weight[3:] / tokens[3:])
    assert min(tokens) > 1
