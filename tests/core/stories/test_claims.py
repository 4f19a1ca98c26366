"""Every story keeps its promise: counted in 200 draws, whole and broken, and where possible by formula."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from itertools import product
from math import comb
from typing import Any

import numpy as np
import pytest
from scipy import stats

from core.analysis.random_band.measure import HIGH, LOW
from core.foundation.errors import Cancelled
from core.foundation.progress import Progress
from core.stories import allocation, chance, diversity, holdout, outlier, rare, target, weights
from core.stories.catalogue import STORIES, repeated
from core.stories.planted_points import codes_of, orders
from core.stories.scene import REPEATS, Scene, SceneClaim, Story, odds
from core.strategies.running.select import select

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
        "diversity": ("many from the thin belt", "half or more are from the crowd"),
        "chance": ("Every point that may still be picked",),
        "target": ("some examples of what you need",),
        "weights": ("likelier to be drawn.",),
    }
    for name, parts in gone.items():
        whole, broken = (" ".join(STORIES[name].sentences_when(state)) for state in STATES)
        assert all(part in whole for part in parts)
        assert not any(part in broken for part in parts)
    assert STORIES["holdout"].sentences_when(True) == STORIES["holdout"].sentences


# ---- every number in the words ------------------------------------------------------------------------


def drawn(name: str, broken: bool = False) -> Scene:
    return STORIES[name].run(STORIES[name].first, broken, STORIES[name].budget)


def sizes(name: str, broken: bool = False) -> np.ndarray:
    return np.bincount(drawn(name, broken).codes)


def in_chance() -> list[str]:
    size = sizes("chance")
    found = orders(chance.points(), chance.BUDGET, 0)
    strip = f"{HIGH - LOW:.0f} % of {len(found)}"
    share = f"{size[1]} of the {size.sum()} points, {100 * size[1] / size.sum():.0f} %"
    return [share, f"{strip} other random subsets", f"{strip} random subsets of all points"]


def in_rare() -> list[str]:
    size = sizes("rare")
    stated = re.search(
        r"(\d+) picks miss the islet altogether in (\d+) % of all draws", " ".join(texts("rare"))
    )
    assert stated is not None
    assert int(stated[1]) == drawn("rare").steps
    assert agrees(int((numbers("rare", False, "random") == 0).sum()), REPEATS, int(stated[2]) / 100)
    least = int(np.quantile(numbers("rare", False, "stratified"), 1 - STORIES["rare"].promise))
    assert least >= rare.QUOTA
    return [
        f"Of {size.sum()} points {size[2]} are on the islet: {100 * size[2] / size.sum():.0f} %",
        stated[0],
        f"{rare.QUOTA} islet points or more",
        f"{rare.QUOTA} or more of the rare group",
    ]


def in_outlier() -> list[str]:
    size = sizes("outlier")
    assert size.tolist()[1] == 1
    early = int(numbers("outlier", False, "place").max())
    last = [f"most isolated {100 * outlier.TRIM:.0f} %"]
    return [f"One of the {size.sum()} points", f"among the first {early} picks", *last]


def in_allocation() -> list[str]:
    scene = drawn("allocation")
    size, high = sizes("allocation"), scene.xy[:, 0].astype(float)
    spread = [high[scene.codes == code].std(ddof=1) for code in range(3)]
    assert size.argmin() == 0
    assert size.argmax() == 2
    first, *others = size
    said = f"Three groups of {first}, {others[0]} and {others[1]} points"
    return [said, f"heights vary {spread[0] / spread[2]:.0f} times as much as in the largest"]


def in_weights() -> list[str]:
    picked = select("pps", weights.points(), weights.BUDGET, seed=0, params={"size": "size"})
    assert picked.inclusion is not None
    assert drawn("weights").panels[1].weight is not None
    assert np.allclose(drawn("weights").panels[1].weight, 1 / picked.inclusion)
    unseen = np.mean(weights.across() < weights.UNSEEN)
    reached = max(
        float((weights.across()[drawn("weights", True).panels[0].rows] < weights.UNSEEN).mean()), 0.0
    )
    assert reached == 0, "a chance of 0"
    return ["counts each pick 1/π", f"Now the {100 * unseen:.0f} % of points on the left", "a chance of 0"]


def in_diversity() -> list[str]:
    assert numbers("diversity", False, "crowd").min() >= 0.5, "half or more are from the crowd"
    assert numbers("diversity", False, "belt").mean() > 1.2 * diversity.SIZES[1] / sum(diversity.SIZES)
    strays = numbers("diversity", True, "Greedy DPP")
    assert np.median(strays) > diversity.BUDGET / 2, "most of them strays"
    half = int(np.quantile(strays, 1 - STORIES["diversity"].break_promise))
    assert half >= diversity.HALF
    return [
        f"add {sizes('diversity', True)[3]} stray points",
        f"at least {diversity.HALF} of A's {drawn('diversity').steps} picks are strays",
        f"{diversity.HALF} or more of A's picks are strays",
    ]


def in_target() -> list[str]:
    size, shown = sizes("target"), drawn("target", True).extra
    assert size[0] > size.sum() / 2, "most points are on the plain"
    assert shown is not None
    wanted = target.needed(0)
    assert int((wanted[:, 1] > 0).sum()) == len(wanted) / 2, "half and half"
    assert np.mean(numbers("target", True, "coast") <= 0.25) >= STORIES["target"].break_promise, "a quarter"
    return [f"your {len(shown.xy)} examples miss the coast"]


def in_holdout() -> list[str]:
    scene = drawn("holdout")
    assert scene.panels[0].visible is not None
    assert scene.extra is not None
    score = numbers("holdout", True, "test")
    over = int(100 * np.quantile(score, 1 - STORIES["holdout"].break_promise))
    assert over >= 100 * holdout.OVER
    fresh = len(holdout._world(0, False)[3])
    return [
        f"draws {len(scene.panels[0].visible[0])} points at random",
        f"the same {len(scene.extra.xy)} test rows",
        f"right of {fresh:,} rows that no try was scored on",
        f"the best of {scene.steps} tries gets {100 * holdout.OVER:.0f} % or more",
        f"the winner gets {100 * holdout.OVER:.0f} % or more",
    ]


MEASURED = {
    "chance": in_chance,
    "rare": in_rare,
    "outlier": in_outlier,
    "allocation": in_allocation,
    "weights": in_weights,
    "diversity": in_diversity,
    "target": in_target,
    "holdout": in_holdout,
}


def texts(name: str) -> list[str]:
    """All that a story says, whole and broken."""
    story = STORIES[name]
    return [
        *(story.question, *story.sentences, *story.broken.values(), story.takeaway, story.event),
        *(story.break_label, story.break_sentence, story.break_event),
    ]


@pytest.mark.parametrize("name", STORIES)
def test_every_number_that_a_story_says_is_measured(name: str) -> None:
    """What is measured is put into words again; the words say that, and no number beside it."""
    story = STORIES[name]
    left = " · ".join(texts(name))
    for phrase in (*MEASURED[name](), odds(story.promise), odds(story.break_promise)):
        assert phrase in left or phrase in " · ".join(texts(name)), f"{phrase!r} is measured and not said"
        left = left.replace(phrase, "")
    assert not re.findall(r"\d+", left), f"a number that nothing here measures: {left}"


@pytest.mark.parametrize("broken", STATES)
def test_dots_are_full_as_often_as_the_story_came_true(broken: bool) -> None:
    story = STORIES["allocation"]
    scene = story.run(0, broken, story.budget)
    assert scene.repeats is not None
    found = scene.repeats()
    truth = float(allocation.heights().mean())
    every = claims("allocation")[broken]
    for way, label in enumerate(allocation.LABELS):
        errors = [one.numbers[label] for one in every]
        assert np.allclose(np.abs(found.values[way] - truth), errors), "the short way finds the same draws"
    assert found.came.tolist() == [one.held for one in every]
    assert found.came.sum() >= (story.break_promise if broken else story.promise) * REPEATS


def test_the_first_draw_of_the_test_story_is_the_typical_one() -> None:
    for broken in STATES:
        gap = numbers("holdout", broken, "test") - numbers("holdout", broken, "fresh")
        assert np.isclose(np.median(gap), holdout.MEDIAN[broken], atol=0.0005)
        if not broken:
            assert int(np.argmin(np.abs(gap - np.median(gap)))) == holdout.TYPICAL == STORIES["holdout"].first
            own = float(gap[holdout.TYPICAL])
            assert f"{100 * own:.0f} points above fresh, the median" in drawn("holdout").note
            assert round(100 * own) == round(100 * np.median(gap)), "it is the median in the digits said"
            below = int(np.argmin(gap))
            assert (
                f"{abs(100 * gap[below]):.0f} points below" in STORIES["holdout"].run(below, False, 60).note
            )


def test_a_story_shows_the_strategies_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()

    def noted(strategy: str, *args: Any, **more: Any) -> Any:
        seen.add(strategy)
        return select(strategy, *args, **more)

    for name, story in STORIES.items():
        seen.clear()
        module = import_module(f"core.stories.{name}")
        if hasattr(module, "select"):
            monkeypatch.setattr(module, "select", noted)
            story.run(1_234, False, story.budget)
            assert seen == set(story.shows)
        else:
            assert story.shows == ("random",), "its tries are keyed uniform draws"


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
