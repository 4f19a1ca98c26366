"""Permanent random numbers: what they depend on, that they are uniform, and the smallest of them."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.foundation.permanent_random import Draws, replicates, smallest, uniforms


def keys_of(n: int, seed: int = 0) -> np.ndarray:
    """Random row keys."""
    return np.random.default_rng(seed).integers(0, 256, (n, 16), dtype=np.uint8)


def test_by_the_definition() -> None:
    keys = keys_of(3)
    name = b"random/1"
    head = b"aliquot/draw/1" + len(name).to_bytes(4, "little") + name
    for replicate in (0, 3, 8, 17):
        start = head + (7).to_bytes(16, "little", signed=True) + (replicate // 8).to_bytes(8, "little")
        for key, u in zip(keys, uniforms(keys, 7, "random/1", replicate), strict=True):
            word = blake2b(start + key.tobytes()).digest()[8 * (replicate % 8) :][:8]
            assert u == ((int.from_bytes(word, "little") >> 11) + 0.5) / 2**53


def test_a_row_keeps_its_number_in_any_company() -> None:
    keys = keys_of(200)
    u = uniforms(keys, 1, "random/1")
    order = np.random.default_rng(1).permutation(200)
    assert np.array_equal(uniforms(keys[order], 1, "random/1"), u[order])
    assert np.array_equal(uniforms(keys[::3], 1, "random/1"), u[::3])
    assert np.array_equal(Draws(keys, 1, "random/1").of(order[:50]).uniforms(), u[order[:50]])


def test_seed_stream_step_and_replicate_all_matter() -> None:
    keys = keys_of(50)
    draws = Draws(keys, 0, "a/1")
    made = [
        uniforms(keys, 0, "a/1"),
        uniforms(keys, 1, "a/1"),
        uniforms(keys, -1, "a/1"),
        uniforms(keys, 0, "a/2"),
        uniforms(keys, 0, "a/1", 1),
        uniforms(keys, 0, "a/1", 8),
        draws.uniforms("step"),
        draws.of(np.arange(50), "inner/1").uniforms(),
    ]
    assert np.array_equal(made[0], draws.uniforms())
    for at, one in enumerate(made):
        for other in made[at + 1 :]:
            assert not np.isin(one, other).any()


def test_uniform() -> None:
    from scipy.stats import kstest

    for replicate in range(4):
        u = uniforms(keys_of(20_000), 0, "test", replicate)
        assert kstest(u, "uniform").pvalue > 0.001
        assert 0 < u.min() < u.max() < 1


def test_replicates_are_independent() -> None:
    made = np.array(list(replicates(keys_of(5_000), 3, "band", 19)))
    assert len(made) == 19
    corr = np.corrcoef(made) - np.eye(19)
    assert np.abs(corr).max() < 4.5 / np.sqrt(5_000)
    for at in (0, 7, 8, 18):
        assert np.array_equal(made[at], uniforms(keys_of(5_000), 3, "band", at))


def test_generators() -> None:
    draws = Draws(keys_of(3), 5, "prototypes/1")
    assert draws.generator("a").random() == draws.generator("a").random()
    different = {draws.generator(*args).random() for args in (("a",), ("b",), ("a", 1), ())}
    assert len(different) == 4
    assert Draws(keys_of(3), 6, "prototypes/1").generator("a").random() not in different


def test_no_rows() -> None:
    assert uniforms(np.empty((0, 16), np.uint8), 0, "x").shape == (0,)


@pytest.mark.parametrize("ties", [False, True])
@given(data=st.data())
def test_smallest_is_the_head_of_a_stable_sort(data: st.DataObject, ties: bool) -> None:
    size = data.draw(st.integers(0, 60))
    element = st.sampled_from([0.0, 0.5, 1.0]) if ties else st.floats(-9, 9)
    values = data.draw(arrays.arrays(np.float64, size, elements=element))
    count = data.draw(st.integers(0, size))
    got = smallest(values, count)
    assert got.dtype == np.int64
    assert np.array_equal(got, np.argsort(values, kind="stable")[:count])
