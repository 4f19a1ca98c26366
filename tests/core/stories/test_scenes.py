"""What the stories show at every step, against brute force and independent libraries."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.neighbors import KNeighborsClassifier

from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.model.inputs import Inputs
from core.stories import allocation, chance, diversity, holdout, outlier, rare, target, weights
from core.stories.catalogue import STORIES
from core.stories.planted_points import limits, orders, places, population, running_mean, running_share
from core.stories.scene import Scene
from core.strategies.declaration import STRATEGIES

EVERY = list(product(STORIES, (False, True)))


@pytest.mark.parametrize(("name", "broken"), EVERY, ids=str)
def test_a_scene_is_complete_at_every_step(name: str, broken: bool) -> None:
    story = STORIES[name]
    scene = story.run(3, broken, story.budget)
    n = len(scene.xy)
    assert scene.steps == story.budget
    assert scene.codes.max() < len(scene.names)
    assert scene.xy.dtype == np.float32
    for panel in scene.panels:
        assert len(panel.rows) == len(panel.captions) == scene.steps
        for step in (1, 2, scene.steps):
            rows = panel.picks(step)
            assert len(set(rows.tolist())) == len(rows)
            assert ((rows >= 0) & (rows < n)).all()
            if panel.visible is None:
                assert len(rows) == step
        for guide in panel.guides:
            assert len(guide.values) == scene.steps
    for line in scene.trace.lines:
        assert len(line.values) == scene.steps
        assert np.isfinite(line.values[-1])
    if scene.trace.low is not None:
        assert scene.trace.high is not None
        assert (scene.trace.low <= scene.trace.high).all()
    assert all(len(row) == 1 + len(scene.panels) for row in scene.facts)


@pytest.mark.parametrize(("name", "broken"), EVERY, ids=str)
def test_a_scene_depends_on_its_seed_alone(name: str, broken: bool) -> None:
    story = STORIES[name]
    one, two, other = (story.run(seed, broken, story.budget) for seed in (5, 5, 6))
    assert [panel.captions for panel in one.panels] == [panel.captions for panel in two.panels]
    assert np.array_equal(one.xy, two.xy)
    assert [panel.rows.tolist() for panel in one.panels] != [panel.rows.tolist() for panel in other.panels]
    assert np.array_equal(one.xy, other.xy) == (story.redraws == "picks")


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_what_a_story_offers_can_be_chosen(story) -> None:
    for choice in story.choices:
        STRATEGIES[choice.id].check(choice.params)


@settings(max_examples=20)
@given(st.permutations(range(12)))
def test_a_population_does_not_depend_on_the_order_of_its_points(order: list[int]) -> None:
    points = np.arange(24, dtype=float).reshape(12, 2) ** 1.5
    one = population("doc", [("a", points), ("b", points + 1)], {"v": np.arange(24.0)})
    values = np.concatenate([np.array(order, float), 12 + np.arange(12.0)])
    two = population("doc", [("a", points[order]), ("b", points + 1)], {"v": values})
    assert np.array_equal(one.keys, two.keys)
    assert np.array_equal(places(one), places(two))
    assert one.frame is not None
    assert one.frame.equals(two.frame)
    assert (np.diff(one.keys.view("S16").ravel().argsort()) == 1).all(), "keys ascend"


def test_running_numbers_are_those_of_prefixes() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    values, rows, weight = rng.normal(size=30), rng.permutation(30)[:9], rng.uniform(1, 4, 9)
    mean, weighted = running_mean(values, rows), running_mean(values, rows, weight)
    share = running_share(values > 0, rows)
    for at in range(1, 10):
        assert np.isclose(mean[at - 1], values[rows[:at]].mean())
        assert np.isclose(weighted[at - 1], np.average(values[rows[:at]], weights=weight[:at]))
        assert np.isclose(share[at - 1], (values[rows[:at]] > 0).mean())


def test_the_strip_of_the_first_story_is_that_of_its_subsets() -> None:
    scene = chance.run(4, False, chance.BUDGET)
    east = scene.codes == 1
    found = orders(chance.points(), chance.BUDGET, 4)
    for step in (1, 7, chance.BUDGET):
        low, high = np.percentile([east[rows[:step]].mean() for rows in found], [2.5, 97.5])
        assert scene.trace.low is not None
        assert scene.trace.high is not None
        assert np.isclose(scene.trace.low[step - 1], low)
        assert np.isclose(scene.trace.high[step - 1], high)


def test_only_near_points_are_picked_where_the_first_story_is_broken() -> None:
    scene = chance.run(4, True, chance.BUDGET)
    assert scene.xy[scene.panels[0].rows, 0].max() < chance.REACH


def test_quotas_of_the_rare_story() -> None:
    scene = rare.run(8, False, rare.BUDGET)
    counts = np.bincount(scene.codes[scene.panels[1].rows], minlength=3)
    assert sorted(counts.tolist()) == [6, 7, 7]
    broken = rare.run(8, True, rare.BUDGET)
    right = scene.xy[broken.panels[1].rows, 0] > rare.MIDDLE
    assert int(right.sum()) == rare.BUDGET // 2


@pytest.mark.parametrize("broken", [False, True])
def test_the_circles_reach_every_point_and_touch_the_last(broken: bool) -> None:
    scene = outlier.run(2, broken, outlier.BUDGET)
    distance = cdist(scene.xy, scene.xy)
    for panel in scene.panels:
        assert panel.radius is not None
        for step in range(1, scene.steps + 1):
            assert np.isclose(
                panel.radius[step - 1], distance[panel.rows[:step]].min(axis=0).max(), atol=1e-5
            )


def test_greedy_k_center_takes_the_farthest_point_each_time() -> None:
    scene = outlier.run(2, False, outlier.BUDGET)
    rows = scene.panels[1].rows
    distance = cdist(scene.xy, scene.xy)
    for step in range(1, scene.steps):
        near = distance[rows[:step]].min(axis=0)
        assert np.isclose(near[rows[step]], near.max(), atol=1e-5)


def test_the_standard_error_is_the_textbook_one() -> None:
    quota = np.array([2.0, 5.0, 17.0])
    size, spread = np.array(allocation.SIZES, float), np.array(allocation.SPREADS)
    variance = sum(
        (n / 400) ** 2 * (1 - q / n) * s**2 / q for n, q, s in zip(size, quota, spread, strict=True)
    )
    assert np.isclose(allocation.standard_error(quota), np.sqrt(variance))


def test_the_running_mean_of_groups_ends_at_the_weighted_estimate() -> None:
    for found in allocation._picked(1, False, allocation.BUDGET):
        running = allocation.running_estimate(found.rows)
        assert np.isclose(running[-1], allocation.estimate(found))
        first = [
            int(np.argmax(np.asarray(allocation.run(1, False, 24).codes)[found.rows] == at))
            for at in range(3)
        ]
        assert np.isnan(running[: max(first)]).all()
        assert np.isfinite(running[max(first) :]).all()


def test_weights_are_one_over_the_chance() -> None:
    scene = weights.run(3, False, weights.BUDGET)
    plain, weighted = scene.panels
    assert plain.weight is None
    assert weighted.weight is not None
    assert np.array_equal(plain.rows, weighted.rows)
    size = np.exp(0.5 * np.clip(scene.xy[:, 0], -2.2, 2.2))
    chances = weights.BUDGET * size / size.sum()
    assert (chances < 1).all()
    assert np.allclose(weighted.weight, 1 / chances[weighted.rows], rtol=1e-5)
    unseen = weights.run(3, True, weights.BUDGET)
    assert unseen.xy[unseen.panels[0].rows, 0].min() >= weights.UNSEEN


def test_the_three_measures_by_brute_force() -> None:
    scene = diversity.run(2, False, diversity.BUDGET)
    distance = cdist(scene.xy, scene.xy)
    for at, panel in enumerate(scene.panels):
        inside = distance[np.ix_(panel.rows, panel.rows)] + np.diag(np.full(len(panel.rows), np.inf))
        assert float(scene.facts[0][at + 1]) == pytest.approx(inside.min(axis=1).mean(), abs=0.006)
        assert float(scene.facts[1][at + 1]) == pytest.approx(
            distance[panel.rows].min(axis=0).mean(), abs=0.006
        )
        assert float(scene.facts[2][at + 1]) == pytest.approx(scene.trace.lines[at].values[-1], abs=6e-4)
    best = [int(np.argmax([float(v) for v in scene.facts[0][1:]]))]
    best += [int(np.argmin([float(v) for v in row[1:]])) for row in scene.facts[1:]]
    assert best == [0, 1, 2]


def test_energy_to_a_target_is_the_metric_where_the_target_is_the_data() -> None:
    inputs: Inputs = target.points(1, False)
    rows = orders(inputs, 10, 1)[:5]
    metric = measure_many(prepare(inputs), list(rows), metrics=["energy"])["energy"]
    every = target.energy_to(places(inputs), rows, places(inputs))
    assert np.allclose(every[:, -1], metric, atol=1e-4)
    assert np.allclose(target.energy_last(places(inputs), rows, places(inputs)), every[:, -1])
    short = target.energy_last(places(inputs), rows[:, :4], places(inputs))
    assert np.allclose(every[:, 3], short)
    scene = target.run(1, False, target.BUDGET)
    low, _ = limits(target.energy_last(places(inputs), orders(inputs, target.BUDGET, 1), target.needed(1)))
    assert scene.trace.low is not None
    assert np.isclose(scene.trace.low[-1], low)


def test_the_broken_target_shows_the_hill_only() -> None:
    both, one = target.points(2, False).target, target.points(2, True).target
    assert both is not None
    assert one is not None
    assert both.features is not None
    assert one.features is not None
    assert len(both.features) == target.EXAMPLES
    assert len(one.features) == target.EXAMPLES // 2
    assert (one.features[:, 1] > 0).mean() > 0.9


@pytest.mark.parametrize("broken", [False, True])
def test_scores_are_those_of_a_nearest_neighbour_classifier(broken: bool) -> None:
    scene: Scene = holdout.run(1, broken, holdout.TRIES)
    assert scene.extra is not None
    assert scene.extra.codes is not None
    score = []
    for rows in scene.panels[0].visible or ():
        model = KNeighborsClassifier(1).fit(scene.xy[rows], scene.codes[rows])
        score.append(model.score(scene.extra.xy, scene.extra.codes))
    assert np.allclose(np.maximum.accumulate(score), scene.trace.lines[0].values)
    best = [int(np.argmax(score[: step + 1])) for step in range(scene.steps)]
    shown = scene.panels[1].visible
    assert shown is not None
    assert all(
        np.array_equal(shown[step], (scene.panels[0].visible or ())[at]) for step, at in enumerate(best)
    )
