"""Which members of an ensemble are still to be computed, and in which blocks.

Guarantees: pure functions. The blocks of a plan are exactly the members that are missing, each
once; where one block ends and the next begins never changes a bit of the result.

Blocks grow: those of the first round take a tenth of a second, so that a picture can be drawn
early, and those of each round twice as long as before, up to a second. Towards the end, a block is
a fixed part of what is left, so that all threads end together, but no shorter than a twentieth of a
second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "LANES",
    "Span",
    "continued_blocks",
    "first_blocks",
    "missing_spans",
    "planned_blocks",
    "short_starts",
    "usable_spans",
]

LANES: Final = 64
"""Members are computed so many side by side, or a divisor of it: whole groups waste nothing."""

_FIRST_S: Final = 0.1
_LONGEST_S: Final = 1.0
_LONGEST_CONTINUED_S: Final = 4 * _LONGEST_S  # a block that is gone on from is never divided
_SHORTEST_S: Final = 0.05  # a block costs Dask, and who stores it, a millisecond or two
# Threads finish together if each block is a fixed part of the work left: C. D. Polychronopoulos,
# D. J. Kuck, "Guided self-scheduling", IEEE Transactions on Computers C-36 (1987), 1425-1439.
_PARTS_OF_REST: Final = 3


class Span(NamedTuple):
    """Members `first`, `first + 1`, ..., so many of them."""

    first: int
    count: int  # type: ignore[assignment]  # a tuple's own method is of no use here

    @property
    def end(self) -> int:
        """The first member after it."""
        return self.first + self.count


def usable_spans(members: int, stored: Iterable[tuple[int, int]]) -> list[Span]:
    """Return the stored blocks that an ensemble of so many members is made of, in order.

    A block that reaches beyond its members, or that shares one with an earlier block, is not; of
    two that begin with the same member the longer one comes first.

    >>> usable_spans(10, [(8, 4), (4, 3), (0, 5), (7, 1)])
    [Span(first=0, count=5), Span(first=7, count=1)]
    """
    usable: list[Span] = []
    for block in sorted((Span(*each) for each in stored), key=lambda one: (one.first, -one.count)):
        begin = usable[-1].end if usable else 0
        if block.count > 0 and block.first >= begin and block.end <= members:
            usable.append(block)
    return usable


def missing_spans(members: int, stored: Iterable[tuple[int, int]]) -> list[Span]:
    """Return the members that no usable stored block holds, as the longest spans, in order.

    >>> missing_spans(10, [(2, 3), (7, 1)])
    [Span(first=0, count=2), Span(first=5, count=2), Span(first=8, count=2)]
    """
    begin, missing = 0, []
    for block in (*usable_spans(members, stored), Span(members, 0)):
        if block.first > begin:
            missing.append(Span(begin, block.first - begin))
        begin = block.end
    return missing


def continued_blocks(
    spans: Iterable[tuple[int, int]], starts: Iterable[tuple[int, int]]
) -> tuple[list[Span], list[Span]]:
    """Divide what is missing into blocks that go on from blocks of fewer steps, and the rest.

    A start is used if all its members are missing; of two that share one, the first.

    >>> continued_blocks([(0, 10)], [(2, 3), (8, 4)])
    ([Span(first=2, count=3)], [Span(first=0, count=2), Span(first=5, count=5)])
    """
    continued, anew = [], []
    waiting = sorted(Span(*each) for each in starts)
    for first, count in sorted(Span(*each) for each in spans):
        within = [(at - first, size) for at, size in waiting if at >= first]
        continued += [Span(first + at, size) for at, size in usable_spans(count, within)]
        anew += [Span(first + at, size) for at, size in missing_spans(count, within)]
    return continued, anew


def short_starts(starts: Iterable[tuple[int, int]], *, member_s: float, most: int) -> list[Span]:
    """Return those blocks of fewer steps that are small enough to be gone on from as they are.

    They take four seconds at most, if a member takes `member_s` seconds from its beginning, or are
    no larger than any block is; and have `most` members at most. The members of others are computed
    anew, in blocks of the usual size.

    >>> short_starts([(0, 64), (64, 1_000), (1_064, 4_000)], member_s=2e-3, most=10**5)
    [Span(first=0, count=64), Span(first=64, count=1000)]
    """
    largest = min(most, max(LANES, int(_LONGEST_CONTINUED_S / member_s)))
    return [Span(*each) for each in starts if Span(*each).count <= largest]


def planned_blocks(
    spans: Iterable[tuple[int, int]], *, member_s: float, threads: int, most: int
) -> Iterator[Span]:
    """Divide spans of members into blocks, the next one to be started first.

    A member takes `member_s` seconds on one thread; a block has at most `most` members. Raises
    ValueError where nothing could be planned.

    >>> blocks = planned_blocks([(0, 10_000)], member_s=1e-3, threads=2, most=10**5)
    >>> [block.count for block in blocks]  # doctest: +NORMALIZE_WHITESPACE
    [64, 64, 192, 192, 384, 384, 768, 768, 960, 960, 832, 704, 576, 512, 384, 320, 320, 256, 192,
    192, 128, 128, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 16]
    """
    if member_s <= 0 or threads < 1 or most < 1:
        raise ValueError("Members take some time, on one thread at least, one in a block at least.")
    waiting = [Span(*each) for each in spans]
    left, planned = sum(span.count for span in waiting), 0
    for span in waiting:
        first = span.first
        while first < span.end:
            growing_s = min(_LONGEST_S, _FIRST_S * 2.0 ** min(planned // threads, 64))
            share_s = max(_SHORTEST_S, left * member_s / (_PARTS_OF_REST * threads))
            wanted = min(min(growing_s, share_s) / member_s, most)
            count = min(_whole_lanes(wanted, most), span.end - first)
            yield Span(first, count)
            first, left, planned = first + count, left - count, planned + 1


def first_blocks(spans: Iterable[tuple[int, int]], *, member_s: float, most: int) -> Iterator[Span]:
    """Divide the first half of what is missing into blocks that one thread begins with.

    The first takes a tenth of a second, so that a picture can be drawn early, and the others two,
    so that it can be told soon that others go on.

    >>> blocks = first_blocks([(0, 100), (200, 1_200)], member_s=1e-3, most=10**5)
    >>> [block.count for block in blocks]
    [64, 36, 192, 192, 166]
    """
    waiting = [Span(*each) for each in spans]
    left, longest_s = sum(span.count for span in waiting) // 2, _FIRST_S
    for span in waiting:
        first, end = span.first, min(span.end, span.first + left)
        while first < end:
            wanted = _whole_lanes(min(longest_s / member_s, most), most)
            yield Span(first, count := min(wanted, end - first))
            first, left, longest_s = first + count, left - count, 2 * _FIRST_S


def _whole_lanes(wanted: float, most: int) -> int:
    """Return about so many members, in whole groups of lanes where they fit."""
    if most < LANES:
        return max(1, int(wanted))
    return max(LANES, int(wanted) // LANES * LANES)
