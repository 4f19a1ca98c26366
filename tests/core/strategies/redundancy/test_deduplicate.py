"""De-duplication: what counts as a copy, components, who stays, and the uniform draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from core.foundation.errors import NeedError
from core.foundation.progress import SILENT
from core.model.inputs import Inputs
from core.model.selection import Selection
from core.strategies.parts import near_copies
from core.strategies.running.select import select


def rows_of(texts: list[str], scores: list[float] | None = None, pins: tuple[int, ...] = ()) -> Inputs:
    keys = np.zeros((len(texts), 16), np.uint8)
    keys[:, 14:] = np.arange(len(texts), dtype=">u2").view(np.uint8).reshape(-1, 2)
    return Inputs(
        keys=keys,
        texts=texts,
        scores=None if scores is None else np.array(scores),
        pins=np.array(pins, np.int64),
    )


def jaccard(left: set[str], right: set[str]) -> float:
    """Shared elements over all elements."""
    return len(left & right) / len(left | right)


def words(count: int, seed: int, length: int = 12) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join("".join(rng.choice(list("abcdefghij"), 6)) for _ in range(length)) for _ in range(count)]


def all_kept(inputs: Inputs, **options: object) -> Selection:
    return select("deduplicate", inputs, inputs.n, **options)  # type: ignore[arg-type]


def sets(codes: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(codes == code).tolist()) for code in np.unique(codes)}


def brute(texts: list[str], length: int, threshold: float) -> set[frozenset[int]]:
    """Components of all pairs at the threshold, by repeated merging."""
    parts = [near_copies.shingles(text, length) for text in texts]
    found = [{at} for at in range(len(texts))]
    for at in range(len(texts)):
        for other in range(at):
            shared = len(parts[at] & parts[other]) / len(parts[at] | parts[other])
            if shared >= threshold:
                one = next(group for group in found if at in group)
                two = next(group for group in found if other in group)
                if one is not two:
                    found.remove(two)
                    one |= two
    return {frozenset(group) for group in found}


@pytest.mark.parametrize("method", ["exact", "minhash"])
def test_equal_texts_are_always_joined(method: str) -> None:
    texts = words(40, 1)
    copies = [text.upper().replace(" ", "\n  ") for text in texts]
    found = all_kept(rows_of(texts + copies), params={"method": method})
    assert sorted(row % 40 for row in found.rows.tolist()) == list(range(40))
    assert found.represents is not None
    assert (found.represents == 2).all()
    assert found.notes[0] == "40 rows in 40 sets of copies were left out."
    assert found.notes[-1] == "Only 40 rows are left without copies, fewer than the 80 asked for."


def test_exact_keeps_near_copies() -> None:
    near = rows_of(["the same words but one letter", "the same words but one lettér"])
    assert len(all_kept(near, params={"method": "exact"})) == 2
    assert len(all_kept(near, params={"threshold": 0.6})) == 1


def test_chains_are_one_component() -> None:
    """Each text shares enough with the next, the ends share too little."""
    base = words(1, 3, 40)[0]
    chain = [base[at : at + 200] for at in range(0, 60, 10)]
    ends = jaccard(near_copies.shingles(chain[0], 5), near_copies.shingles(chain[-1], 5))
    assert ends < 0.8
    assert sets(near_copies.near_copies(chain, 5, 0.8, 256, SILENT)) == {frozenset(range(6))}


def test_threshold_is_reached_by_equality() -> None:
    """9 shingles of which 8 are shared by 10: Jaccard exactly 0.8."""
    one, two = "abcdefghi", "abcdefghj"
    assert jaccard(near_copies.shingles(one, 1), near_copies.shingles(two, 1)) == 0.8
    for permutations in (64, 128, 256):
        assert len(set(near_copies.near_copies([one, two], 1, 0.8, permutations, SILENT).tolist())) == 1
        assert len(set(near_copies.near_copies([one, two], 1, 0.81, permutations, SILENT).tolist())) == 2


@given(seed=st.integers(0, 1_000), threshold=st.sampled_from([0.5, 0.7, 0.9]))
@settings(max_examples=25)
def test_never_joins_more_than_all_pairs_would(seed: int, threshold: float) -> None:
    """Verified: each component lies within one of the brute-force components, whatever hashing finds."""
    rng = np.random.default_rng(seed)
    texts = words(6, seed, 4)
    for _ in range(20):
        letters = list(texts[int(rng.integers(len(texts)))])
        letters[int(rng.integers(len(letters)))] = "z"
        texts.append("".join(letters))
    texts = list(dict.fromkeys(texts))
    want = brute(texts, 3, threshold)
    for group in sets(near_copies.near_copies(texts, 3, threshold, 64, SILENT)):
        assert any(group <= whole for whole in want)


def test_finds_almost_all_pairs_at_the_threshold() -> None:
    """200 pairs of Jaccard just above 0.8: the plan misses one in fifty of them at most, on average."""
    rng = np.random.default_rng(5)
    texts: list[str] = []
    for at in range(200):
        letters = [chr(0x4E00 + 100 * at + step) for step in range(100)]
        changed = [chr(0x9000 + int(value)) for value in rng.integers(0, 2_000, 10)]
        texts += ["".join(letters), "".join(letters[:90] + changed)]
    pairs = [jaccard(set(texts[at]), set(texts[at + 1])) for at in range(0, 400, 2)]
    assert 0.8 <= min(pairs) <= max(pairs) < 0.85
    codes = near_copies.near_copies(texts, 1, 0.8, 128, SILENT)
    assert (codes[::2] == codes[1::2]).sum() >= 190
    assert len(np.unique(codes[::2])) == 200


def test_estimate_is_within_its_bound() -> None:
    """|Ĵ − J| is about 1/√permutations: a share of agreeing places."""
    texts = [text[at:] for at in (0, 20, 60, 100) for text in words(15, 9, 25)]
    parts = [near_copies.shingles(text, 5) for text in texts]
    for permutations in (64, 256):
        marks, sizes = near_copies.signatures(texts, 5, permutations, SILENT)
        assert sizes.tolist() == [len(part) for part in parts]
        pairs = [(at, other) for at in range(len(texts)) for other in range(at)]
        gaps = np.array(
            [(marks[at] == marks[other]).mean() - jaccard(parts[at], parts[other]) for at, other in pairs]
        )
        assert np.abs(gaps).max() < 5 * 0.5 / np.sqrt(permutations)
        assert 0 < np.sqrt((gaps**2).mean()) < 1 / np.sqrt(permutations)


def test_long_texts_hash_the_same_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = words(3, 2, 60)
    whole = near_copies.signatures(texts, 4, 64, SILENT)[0]
    monkeypatch.setattr(near_copies, "_CHUNK", 16)
    assert np.array_equal(near_copies.signatures(texts, 4, 64, SILENT)[0], whole)


@pytest.mark.parametrize("kept", [1, 200, 1 << 18])
@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_a_bucket_joins_what_all_pairs_join(
    monkeypatch: pytest.MonkeyPatch, kept: int, threshold: float
) -> None:
    monkeypatch.setattr(near_copies, "_KEPT", kept)
    texts = [text[at : at + 60] for text in words(3, 4, 20) for at in (0, 3, 6, 30, 42, 50, 61, 80)]
    texts += ["", "a", "ab", texts[0][:20]]
    parts = [near_copies.shingles(text, 4) for text in texts]
    sizes = np.array([len(part) for part in parts])
    compare = near_copies._Compare(texts, sizes, 4, threshold)
    own, none = np.arange(len(texts)), np.empty((len(texts), 0), np.uint32)
    links = compare(own, own, none, 3, SILENT)
    assert all(jaccard(parts[one], parts[two]) >= threshold for one, two in links)
    want = brute(texts, 4, threshold)
    assert sets(near_copies._joined(own, np.array(links))) == want
    assert 4 < len(want) < len(texts) - 4
    assert len(links) == len(texts) - len(want)


def test_pairs_refused_in_an_earlier_band_are_not_compared_again() -> None:
    texts = ["abcdef", "abcdeg", "abcdeh"]
    compare = near_copies._Compare(texts, np.array([4, 4, 4]), 3, 0.5)
    own, earlier = np.arange(3), np.array([[1, 1, 2, 2], [1, 1, 3, 3], [2, 1, 4, 4]], np.uint32)
    assert compare(own, own, earlier[:, :0], 2, SILENT) == [(0, 1), (0, 2)]
    assert compare(own, own, earlier, 2, SILENT) == [(0, 2), (1, 2)]


def test_empty_texts_are_copies_of_each_other_alone() -> None:
    found = all_kept(rows_of(["", "  ", "\n", "a", "b"]))
    assert len(found) == 3
    assert "3 rows without text count as copies of each other." in found.notes


def test_best_score_stays_and_missing_scores_lose() -> None:
    texts = ["one text"] * 3 + ["another text"] * 2 + ["third"]
    scores = [0.1, 0.9, 0.5, np.nan, -7.0, np.nan]
    for seed in range(4):
        found = all_kept(rows_of(texts, scores), seed=seed)
        assert set(found.rows.tolist()) == {1, 4, 5}
        assert "highest score" in found.notes[1]


def test_components_are_the_same_for_every_seed() -> None:
    texts = [text + end for text in words(30, 6) for end in ("", " x", " yes and no")]
    sizes = set()
    for seed in range(5):
        found = all_kept(rows_of(texts), seed=seed)
        assert sorted(row // 3 for row in found.rows.tolist()) == list(range(30))
        sizes.add(tuple(found.rows.tolist()))
    assert len(sizes) > 1


def test_copies_give_no_better_chance() -> None:
    """A text that stands there 30 times is drawn as often as one that stands there once."""
    texts = ["copied"] * 30 + [f"text {at} of its own" for at in range(9)]
    came = np.zeros(10, np.int64)
    for seed in range(600):
        row = int(select("deduplicate", rows_of(texts), 1, seed=seed, params={"method": "exact"}).rows[0])
        came[max(0, row - 29)] += 1
    assert chisquare(came).pvalue > 1e-4


def test_pins_stay_and_their_copies_go() -> None:
    texts = ["same"] * 4 + ["other"] * 2 + ["alone"]
    found = all_kept(rows_of(texts, pins=(1, 3)))
    assert found.rows[:2].tolist() == [1, 3]
    assert len(found) == 4
    assert not {0, 2} & set(found.rows.tolist())
    assert found.represents is not None
    assert found.represents.tolist()[:2] == [2.0, 2.0]
    assert found.represents.sum() == 7
    assert found.inclusion is None
    assert found.weight is None


def test_no_shortfall_is_not_noted() -> None:
    found = select("deduplicate", rows_of(["a", "b", "c"]), 2)
    assert found.notes == ("No text is a copy of another.",)
    assert len(found) == 2


def test_text_is_needed() -> None:
    with pytest.raises(NeedError, match="it needs text"):
        select("deduplicate", replace(rows_of(["a"]), texts=None), 1)
