from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.kernel.bins import (
    ENDED,
    KEY_LIMIT,
    are_in_order,
    count_keys,
    keys_at_grid,
    keys_of,
    least_of_bins,
    merge_counts,
    merge_least,
)
from tests.unit.sim.ensemble.naive import key

numbers = st.floats(width=64)
finite = st.floats(allow_nan=False, allow_infinity=False)
counters = st.lists(st.dictionaries(st.integers(0, 50), st.integers(1, 2**62)), max_size=4)


def made(values: list[float], centre: float) -> list[int]:
    keys = np.empty(len(values), np.uint32)
    keys_of(np.array(values), centre, keys)
    return keys.tolist()


@given(st.lists(numbers, max_size=20), finite)
def test_keys_are_those_of_the_definition(values: list[float], centre: float) -> None:
    assert made(values, centre) == [key(value, centre) for value in values]


@given(st.lists(st.floats(allow_nan=False), min_size=2, max_size=20), finite)
def test_keys_rise_with_the_values(values: list[float], centre: float) -> None:
    keys = made(sorted(values), centre)
    assert keys == sorted(keys)
    assert max(keys) < KEY_LIMIT


def test_both_zeros_are_in_one_bin_and_all_nans_in_the_last() -> None:
    zero, minus_zero, nan, other_nan, infinity = made(
        [0.0, -0.0, np.nan, np.copysign(np.nan, -1.0), np.inf], 0.0
    )
    assert zero == minus_zero
    assert nan == other_nan > infinity


def flat(slices: list[dict[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    items = [sorted(each.items()) for each in slices]
    offsets = np.cumsum([0, *map(len, items)])
    keys = [key for each in items for key, _ in each]
    counts = [count for each in items for _, count in each]
    return offsets, np.array(keys, np.uint32), np.array(counts, np.uint64)


@given(st.data(), st.integers(0, 4))
def test_merged_counts_are_the_sums(data: st.DataObject, slices: int) -> None:
    one = st.dictionaries(st.integers(0, 50), st.integers(1, 2**62))
    both = [data.draw(st.lists(one, min_size=slices, max_size=slices)) for _ in range(2)]
    a, b = (flat(each) for each in both)
    room = a[1].size + b[1].size
    offsets = np.empty(slices + 1, np.int64)
    keys, counts = np.empty(room, np.uint32), np.empty(room, np.uint64)
    end = merge_counts(*a, *b, offsets, keys, counts)
    expected = flat([dict(Counter(x) + Counter(y)) for x, y in zip(*both, strict=True)])
    assert offsets.tolist() == expected[0].tolist()
    assert keys[:end].tolist() == expected[1].tolist()
    assert counts[:end].tolist() == expected[2].tolist()
    assert are_in_order(offsets, keys[:end], 51)
    assert not end or not are_in_order(offsets, keys[:end], int(keys[:end].max()))


def test_keys_out_of_order_are_seen() -> None:
    keys = np.array([3, 5, 5, 9], np.uint32)
    assert are_in_order(np.array([0, 2, 4]), keys, 10)
    assert not are_in_order(np.array([0, 3, 4]), keys, 10)
    assert not are_in_order(np.array([0, 2, 4]), keys, 9)


def test_equal_keys_of_a_row_are_counted_up_to_those_that_have_ended() -> None:
    rows = np.array([[1, 1, 4, ENDED], [ENDED] * 4, [7, 7, 7, 7]], np.uint32)
    lengths = np.empty(3, np.int64)
    keys, counts = np.empty(12, np.uint32), np.empty(12, np.uint64)
    end = count_keys(rows, lengths, keys, counts)
    assert (lengths.tolist(), keys[:end].tolist()) == ([2, 0, 1], [1, 4, 7])
    assert counts[:end].tolist() == [2, 1, 4]


def test_at_the_grid_members_are_binned_about_the_centres_until_they_end() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(1.0, 1.0, (3, 2, 3, 4))  # times, agents, quantities, members
    grid, centres = np.array([0, 8, 16]), rng.normal(1.0, 0.5, (2, 3, 3))
    outcome, good = np.array([0, 1, 0, 2]), np.array([16, 0, 16, 8])
    keys, bound = np.full((2, 3, 3, 6), 1, np.uint32), np.zeros((2, 3), np.int64)
    keys_at_grid(values, grid, centres, outcome, good, keys, bound, 2)
    assert (keys[..., :2] == 1).all()
    for g, k in enumerate(grid.tolist()):
        alive = [m for m in range(4) if outcome[m] == 0 or good[m] >= k]
        for j in range(2):
            assert bound[j, g] == sum(values[g, j, 1, m] <= 0.0 for m in alive)
            for q in range(3):
                expected = [
                    key(values[g, j, q, m], centres[j, q, g]) if m in alive else ENDED
                    for m in range(4)
                ]
                assert keys[j, q, g, 2:].tolist() == expected


def test_the_least_member_of_each_bin_is_kept() -> None:
    keys, numbers = np.array([5, 2, 5, 2, 9], np.uint32), np.array([7, 4, 3, 8, 1])
    bins, least = np.array([2, 5, 9], np.uint32), np.full(3, -1)
    least_of_bins(keys, numbers, bins, least)
    assert least.tolist() == [4, 3, 1]
    merged = np.array([6, 2, 0, -1])
    merge_least(bins, least, np.array([2, 5, 7, 9], np.uint32), merged)
    assert merged.tolist() == [4, 2, 0, 1]
