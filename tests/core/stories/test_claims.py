"""Every story keeps its promise: counted in 200 draws, whole and broken, and where possible by formula."""

from __future__ import annotations

from functools import cache
from itertools import product
from math import comb

import numpy as np
import pytest
from scipy import stats

from core.foundation.errors import Cancelled
from core.foundation.progress import Progress
from core.stories import allocation, chance, holdout, rare, weights
from core.stories.catalogue import REPEATS, STORIES, repeated
from core.stories.planted_points import codes_of, orders
from core.stories.scene import SceneClaim, Story, odds

LEVEL = 0.001
STATES = (False, True)
COUNTED = ("chance", False)  # a strip of 95 % is decided by counting below, more sharply than by draws


@cache
def claims(name: str) -> dict[bool, list[SceneClaim]]:
    """Claims of seeds 0 to 199; both states of a seed in turn, since they share what is cached."""
    made: dict[bool, list[SceneClaim]] = {state: [] for state in STATES}
    for seed in range(REPEATS):
        for state in STATES:
            made[state].append(STORIES[name].claim(seed, state))
    return made


def held(name: str, broken: bool) -> int:
    return sum(one.held for one in claims(name)[broken])


def numbers(name: str, broken: bool, what: str) -> np.ndarray:
    return np.array([one.numbers[what] for one in claims(name)[broken]])


def at_least(successes: int, of: int) -> float:
    """Lower end of the exact one-sided interval of 99.9 % (Clopper and Pearson, 1934)."""
    return float(stats.beta.ppf(LEVEL, successes, of - successes + 1)) if successes else 0.0


def agrees(successes: int, of: int, share: float) -> bool:
    """Whether a count is one that this share gives, by the exact two-sided test at 0.1 %."""
    return bool(stats.binomtest(successes, of, share).pvalue > LEVEL)


@pytest.mark.parametrize(
    ("name", "broken"), [pair for pair in product(STORIES, STATES) if pair != COUNTED], ids=str
)
def test_the_promise_is_kept_in_200_draws(name: str, broken: bool) -> None:
    story = STORIES[name]
    promise = story.break_promise if broken else story.promise
    count = held(name, broken)
    assert at_least(count, REPEATS) >= promise, f"{count} of {REPEATS} for a promise of {promise}"


def test_the_bounds_refuse_what_they_should() -> None:
    assert at_least(180, 200) < 0.9 < at_least(195, 200)
    assert not agrees(60, 200, 0.5)
    assert agrees(103, 200, 0.5)


def test_the_strip_of_chance_holds_its_share_by_counting() -> None:
    size, east, inside = sum(chance.SIZES), chance.SIZES[1], []
    for claim in claims("chance")[False]:
        low, high = (claim.numbers[end] * chance.BUDGET for end in ("low", "high"))
        kept = np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)
        inside.append(stats.hypergeom.pmf(kept, size, east, chance.BUDGET).sum())
    assert min(inside) >= STORIES["chance"].promise
    assert agrees(held("chance", False), REPEATS, float(np.mean(inside)))


def test_the_near_part_bends_every_draw() -> None:
    share = numbers("chance", True, "share")
    assert share.max() < numbers("chance", True, "low").min()


def test_the_rare_group_is_lost_as_often_as_counting_says() -> None:
    lost = int((numbers("rare", False, "random") == 0).sum())
    assert agrees(lost, REPEATS, rare.LOST)
    islet, halves = codes_of(rare.points()) == rare.RARE, codes_of(rare.blurred())
    missed = 1.0
    for side in (0, 1):
        here = halves == side
        size, held_here = int(here.sum()), int((here & islet).sum())
        missed *= comb(size - held_here, rare.BUDGET // 2) / comb(size, rare.BUDGET // 2)
    assert missed >= STORIES["rare"].break_promise
    assert agrees(held("rare", True), REPEATS, missed)


def test_the_outlier_is_the_second_pick_and_then_none() -> None:
    assert set(numbers("outlier", False, "place")) == {2.0}
    assert set(numbers("outlier", True, "place")) == {0.0}


@pytest.mark.parametrize("broken", STATES)
def test_errors_of_an_allocation_follow_the_formula(broken: bool) -> None:
    truth = float(allocation.heights().mean())
    found = [allocation._picked(seed, broken, allocation.BUDGET) for seed in range(REPEATS)]
    formula = []
    for way in range(3):
        error = np.array([allocation.estimate(one[way]) - truth for one in found])
        formula.append(allocation.standard_error(allocation.quotas(found[0][way])))
        total = float(((error / formula[-1]) ** 2).sum())
        low, high = stats.chi2.ppf([LEVEL / 2, 1 - LEVEL / 2], REPEATS)
        assert low < total < high
        assert abs(error.mean()) < 3.29 * formula[-1] / np.sqrt(REPEATS), "unbiased"
    if broken:
        assert formula[2] > formula[1], "wrong spreads: worse than equal"
    else:
        assert formula[2] < formula[1] < formula[0]
        best = min(
            allocation.standard_error(np.array([a, b, allocation.BUDGET - a - b], float))
            for a in range(1, 22)
            for b in range(1, 23 - a)
        )
        assert formula[2] <= 1.02 * best, "Neyman's is the smallest, but for rounding"


def test_weights_undo_unequal_chances_on_average() -> None:
    plain, weighted = (numbers("weights", False, name) for name in ("plain", "weighted"))
    truth = claims("weights")[False][0].numbers["truth"]
    error = weighted - truth
    sampling = error.std(ddof=1) / np.sqrt(REPEATS)
    # A ratio is biased by less than its own standard error over √budget (Cochran, 1977, 6.8).
    assert abs(error.mean()) < 3.29 * sampling + error.std(ddof=1) / np.sqrt(weights.BUDGET)
    assert (plain - truth).mean() > 10 * (plain.std(ddof=1) / np.sqrt(REPEATS))
    unseen = weights.across() < weights.UNSEEN
    assert np.isclose(numbers("weights", True, "weighted").mean(), weights.across()[~unseen].mean(), atol=0.1)


def test_a_blind_target_blinds_the_subset() -> None:
    whole, blind = numbers("target", False, "coast").mean(), numbers("target", True, "coast").mean()
    assert 0.4 < whole < 0.6
    assert blind < 0.1


def test_the_winner_of_coin_tosses_is_right_half_the_time() -> None:
    fresh = numbers("holdout", True, "fresh")
    assert abs(fresh.mean() - 0.5) < 3.29 * fresh.std(ddof=1) / np.sqrt(REPEATS)
    assert numbers("holdout", True, "test").mean() > holdout.OVER
    first = numbers("holdout", True, "first")  # one try is not chosen, so it does not flatter
    assert abs(first.mean() - 0.5) < 3.29 * first.std(ddof=1) / np.sqrt(REPEATS)


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_the_words_hold_the_promise(story: Story) -> None:
    assert odds(story.promise) in story.takeaway
    assert odds(story.break_promise) in story.break_sentence
    assert len(story.sentences) == len(story.sentences_when(True)) == 3
    assert story.sentences_when(False) == story.sentences
    assert story.question.endswith("?")


def test_a_broken_story_tells_no_sentence_that_it_broke() -> None:
    gone = {
        "outlier": ("always takes", "nothing is as extreme"),
        "rare": ("splits its picks equally over groups",),
        "allocation": ("by size times spread (Neyman)",),
        "diversity": ("many from the thin belt",),
        "chance": ("Every point that may still be picked",),
        "target": ("some examples of what you need",),
        "weights": ("likelier to be drawn.",),
    }
    for name, parts in gone.items():
        whole, broken = (" ".join(STORIES[name].sentences_when(state)) for state in STATES)
        assert all(part in whole for part in parts)
        assert not any(part in broken for part in parts)
    assert STORIES["holdout"].sentences_when(True) == STORIES["holdout"].sentences


def test_draws_are_counted_and_can_be_cancelled() -> None:
    story, seen = STORIES["rare"], []
    assert repeated(story, True, count=REPEATS) == held("rare", True)

    class Told(Progress):
        def __call__(self, done: float, total: float, text: str = "") -> None:
            seen.append((done, total))
            if done == 2:
                raise Cancelled("stopped", "", "")

    with pytest.raises(Cancelled):
        repeated(story, False, count=9, progress=Told())
    assert seen == [(0, 9), (1, 9), (2, 9)]


def test_the_strip_is_made_of_uniform_subsets() -> None:
    found = orders(chance.points(), 12, 3)
    assert found.shape == (199, 12)
    assert all(len(set(rows)) == 12 for rows in found.tolist())
    assert not np.array_equal(found, orders(chance.points(), 12, 4))
