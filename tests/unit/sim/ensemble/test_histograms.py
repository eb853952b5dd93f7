from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.ensemble.histograms import Histograms, LeastMembers
from sim.kernel.bins import ENDED, KEY_LIMIT

rows = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 9), min_size=width, max_size=width), min_size=3, max_size=3
    )
)


def dictionaries(histograms: Histograms) -> list[dict[int, int]]:
    found = []
    for start, stop in zip(histograms.offsets[:-1], histograms.offsets[1:], strict=True):
        part = slice(int(start), int(stop))
        found.append(
            dict(zip(histograms.keys[part].tolist(), histograms.counts[part].tolist(), strict=True))
        )
    return found


def counted(keys: list[list[int]]) -> Histograms:
    return Histograms.counted(np.array(keys, np.uint32))


@given(rows)
def test_keys_are_counted_row_by_row(keys: list[list[int]]) -> None:
    histograms = counted(keys)
    assert dictionaries(histograms) == [dict(Counter(row)) for row in keys]
    assert histograms.totals.tolist() == [len(row) for row in keys]
    assert histograms.are_possible


@given(rows, rows)
def test_merging_adds(a: list[list[int]], b: list[list[int]]) -> None:
    expected = [dict(Counter(x) + Counter(y)) for x, y in zip(a, b, strict=True)]
    assert dictionaries(counted(a).merged(counted(b))) == expected
    assert dictionaries(counted(b).merged(counted(a))) == expected


def test_members_that_have_ended_are_not_counted() -> None:
    histograms = counted([[3, ENDED, 3], [ENDED] * 3])
    assert dictionaries(histograms) == [{3: 2}, {}]
    assert histograms.totals.tolist() == [2, 0]


def test_slices_are_chosen_and_joined() -> None:
    histograms = counted([[1, 1], [2, 3], [4, 5]])
    assert dictionaries(histograms.chosen([2, 0])) == [{4: 1, 5: 1}, {1: 2}]
    assert dictionaries(histograms.chosen([])) == []
    joined = Histograms.joined([histograms, Histograms.empty(1), counted([[7]])])
    assert dictionaries(joined) == [{1: 2}, {2: 1, 3: 1}, {4: 1, 5: 1}, {}, {7: 1}]


def test_what_is_no_histogram_is_seen() -> None:
    good = counted([[1, 2], [3, 3]])
    assert good.are_possible
    wrong = (
        Histograms(np.array([0, 2, 2]), good.keys, good.counts),
        Histograms(np.array([0, 4, 3]), good.keys, good.counts),
        Histograms(good.offsets, good.keys[::-1].copy(), good.counts),
        Histograms(good.offsets, good.keys, good.counts * np.uint64(0)),
        Histograms(good.offsets, good.keys + np.uint32(KEY_LIMIT), good.counts),
    )
    assert not any(each.are_possible for each in wrong)


members = st.dictionaries(st.integers(0, 99), st.integers(0, 9), min_size=1)


def least_of(of_members: dict[int, int]) -> LeastMembers:
    keys = np.array(list(of_members.values()), np.uint32)
    return LeastMembers.counted(keys, np.array(list(of_members), np.int64))


@given(members, st.sampled_from([2, 3]))
def test_the_least_member_of_a_bin_survives_any_merging(
    of_members: dict[int, int], by: int
) -> None:
    whole = least_of(of_members)
    for key, count, least in zip(
        whole.keys.tolist(), whole.counts.tolist(), whole.least.tolist(), strict=True
    ):
        those = [member for member, its in of_members.items() if its == key]
        assert (count, least) == (len(those), min(those))
    parts = [
        least_of({m: key for m, key in of_members.items() if m % by == rest}) for rest in range(by)
    ]
    merged = parts[-1]
    for part in parts[:-1]:
        merged = merged.merged(part)
    assert merged.equals(whole)
    assert merged.are_possible(100)
    assert merged.total == len(of_members)


def test_members_that_can_t_be_the_least_are_seen() -> None:
    good = least_of({3: 1, 5: 2, 9: 2})
    assert good.are_possible(6)
    assert not good.are_possible(5)
    assert not LeastMembers(good.keys, good.counts, np.array([3, 3])).are_possible(9)
    assert not LeastMembers(good.keys, good.counts, np.array([-1, 3])).are_possible(9)
    assert not LeastMembers(good.keys, good.counts, np.array([3])).are_possible(9)
