"""Claims about which members are computed, and in which blocks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.ensemble.planning import (
    LANES,
    Span,
    continued_blocks,
    first_blocks,
    missing_spans,
    planned_blocks,
    short_starts,
    usable_spans,
)

member_seconds = st.floats(1e-7, 100.0)
thread_counts = st.integers(1, 200)
block_limits = st.integers(1, 100_000)


@st.composite
def stored_blocks(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Blocks that do not overlap, with gaps, in any order."""
    lengths = draw(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), max_size=20))
    blocks, end = [], 0
    for gap, count in lengths:
        blocks.append((end + gap, count))
        end += gap + count
    return draw(st.permutations(blocks))


any_blocks = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=30)


def members_of(spans: list[Span]) -> list[int]:
    return [member for first, count in spans for member in range(first, first + count)]


@given(st.integers(1, 500), stored_blocks() | any_blocks)
def test_what_is_stored_and_what_is_missing_are_all_members_each_once(
    members: int, stored: list[tuple[int, int]]
) -> None:
    usable, missing = usable_spans(members, stored), missing_spans(members, stored)
    assert sorted(members_of([*usable, *missing])) == list(range(members))
    assert set(usable) <= {Span(*block) for block in stored}


@given(stored_blocks())
def test_every_block_that_lies_within_the_members_and_overlaps_none_is_used(
    stored: list[tuple[int, int]],
) -> None:
    end = max((first + count for first, count in stored), default=1)
    assert usable_spans(end, stored) == sorted(Span(*block) for block in stored)


@given(st.integers(1, 500), any_blocks)
def test_missing_spans_do_not_touch_one_another(
    members: int, stored: list[tuple[int, int]]
) -> None:
    for one, next_one in pairwise(missing_spans(members, stored)):
        assert one.end < next_one.first


def test_a_grown_ensemble_lacks_only_its_new_members() -> None:
    assert missing_spans(20_000, [(0, 6_000), (6_000, 4_000)]) == [(10_000, 10_000)]


def test_a_block_beyond_a_smaller_ensemble_is_computed_anew() -> None:
    assert missing_spans(5_000, [(0, 4_000), (4_000, 2_000)]) == [(4_000, 1_000)]


@given(stored_blocks(), member_seconds, thread_counts, block_limits)
def test_blocks_cover_what_is_missing_exactly(
    stored: list[tuple[int, int]], member_s: float, threads: int, most: int
) -> None:
    missing = missing_spans(2_000, stored)
    blocks = list(planned_blocks(missing, member_s=member_s, threads=threads, most=most))
    assert members_of(blocks) == members_of(missing)
    assert all(1 <= block.count <= most for block in blocks)


@given(st.integers(1, 10**6), st.floats(1e-6, 1e-3), st.integers(1, 20), st.just(10**6))
def test_no_block_takes_much_longer_than_a_second(
    members: int, member_s: float, threads: int, most: int
) -> None:
    blocks = planned_blocks([(0, members)], member_s=member_s, threads=threads, most=most)
    assert max(block.count for block in blocks) * member_s <= max(1.0, LANES * member_s) * 1.001


@given(st.integers(1, 10**6), st.floats(1e-6, 1e-3), st.integers(1, 20))
def test_tasks_stay_few(members: int, member_s: float, threads: int) -> None:
    blocks = list(planned_blocks([(0, members)], member_s=member_s, threads=threads, most=10**6))
    assert len(blocks) <= 1.2 * members * member_s + 25 * threads + 1


@given(any_blocks, member_seconds, block_limits)
def test_the_blocks_that_one_thread_begins_with_are_the_first_half_of_what_is_missing(
    stored: list[tuple[int, int]], member_s: float, most: int
) -> None:
    missing = missing_spans(300, stored)
    begun = list(first_blocks(missing, member_s=member_s, most=most))
    wanted = members_of(missing)
    assert members_of(begun) == wanted[: len(wanted) // 2]
    longest = min(most, max(LANES, 0.2 / member_s))
    assert all(0 < block.count <= longest for block in begun)


def test_the_first_blocks_are_short_and_later_ones_double_to_a_second() -> None:
    blocks = planned_blocks([(0, 10**6)], member_s=1e-4, threads=2, most=10**6)
    seconds = [block.count * 1e-4 for block in blocks]
    for at, expected in enumerate((0.1, 0.2, 0.4, 0.8, 1.0)):
        assert seconds[2 * at : 2 * at + 2] == pytest.approx([expected] * 2, rel=0.1)


@pytest.mark.parametrize("threads", [1, 2, 5, 20])
def test_threads_end_together(threads: int) -> None:
    """Each thread takes the next block as soon as it is free."""
    free_at = [0.0] * threads
    for block in planned_blocks([(0, 100_000)], member_s=1e-3, threads=threads, most=10**6):
        at = free_at.index(min(free_at))
        free_at[at] += block.count * 1e-3
    assert max(free_at) - min(free_at) <= 0.1
    assert max(free_at) <= 1.02 * 100 / threads


@pytest.mark.parametrize("most", [64, 100, 6_400])
def test_blocks_are_whole_groups_of_lanes_where_they_fit(most: int) -> None:
    *blocks, last = planned_blocks([(0, 10_000)], member_s=1e-5, threads=3, most=most)
    assert all(block.count % LANES == 0 for block in blocks)
    assert last.count > 0


@pytest.mark.parametrize(
    "wrong", [{"member_s": 0.0}, {"threads": 0}, {"most": 0}, {"member_s": -1.0}]
)
def test_a_plan_without_anything_to_plan_with_is_refused(wrong: dict[str, float]) -> None:
    options = {"member_s": 1.0, "threads": 1, "most": 1} | wrong
    with pytest.raises(ValueError, match="at least"):
        list(planned_blocks([(0, 5)], **options))  # type: ignore[arg-type] # numbers


@given(stored_blocks(), stored_blocks() | any_blocks)
def test_what_goes_on_from_fewer_steps_and_what_begins_anew_are_what_is_missing(
    stored: list[tuple[int, int]], starts: list[tuple[int, int]]
) -> None:
    missing = missing_spans(1_000, stored)
    continued, anew = continued_blocks(missing, starts)
    assert sorted(members_of([*continued, *anew])) == members_of(missing)
    assert set(continued) <= {Span(*start) for start in starts}


def test_blocks_of_fewer_steps_are_gone_on_from_as_they_are() -> None:
    starts = [Span(0, 64), Span(64, 192), Span(256, 744)]
    assert continued_blocks([(0, 1_000)], starts) == (starts, [])
    assert continued_blocks([(0, 1_500)], starts) == (starts, [Span(1_000, 500)])


@given(stored_blocks(), member_seconds, block_limits)
def test_no_block_that_is_gone_on_from_takes_longer_than_four_seconds_or_a_group_of_lanes(
    starts: list[tuple[int, int]], member_s: float, most: int
) -> None:
    chosen = short_starts(starts, member_s=member_s, most=most)
    assert all(span.count * member_s <= max(4.0, LANES * member_s) for span in chosen)
    assert all(span.count <= most for span in chosen)
    assert set(chosen) <= {Span(*start) for start in starts}


def test_after_a_long_extension_members_are_computed_anew_in_blocks_of_the_usual_size() -> None:
    usual = [*planned_blocks([(0, 100_000)], member_s=1e-4, threads=2, most=10**6)]
    assert short_starts(usual, member_s=2e-4, most=10**6) == usual
    left = short_starts(usual, member_s=0.1, most=10**6)
    assert all(span.count <= LANES for span in left)
    continued, anew = continued_blocks([(0, 100_000)], left)
    blocks = planned_blocks(anew, member_s=0.1, threads=2, most=10**6)
    assert max(block.count for block in (*continued, *blocks)) == LANES
