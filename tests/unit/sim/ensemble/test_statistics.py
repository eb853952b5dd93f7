from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from sim.ensemble.binning import keys
from sim.ensemble.histograms import Histograms, LeastMembers
from sim.ensemble.statistics import AgentStatistics, Outcomes
from sim.errors import IntegrityError

TIMES = 5


def statistics(first: int = 0, members: int = 30, seed: int = 0) -> AgentStatistics:
    """Made up, but possible."""
    rng = np.random.default_rng([seed, first])
    ended = np.minimum(np.arange(TIMES), members)
    rows = np.full((3 * TIMES, members), 2**32 - 1, np.uint32)
    for s in range(3 * TIMES):
        alive = members - ended[s % TIMES]
        rows[s, :alive] = keys(rng.normal(1.0, 0.3, alive), 1.0)
    numbers = np.arange(first, first + members)
    escaped = numbers[::3]
    return AgentStatistics(
        members,
        Histograms.counted(rows),
        (members - ended) // 2,
        ended,
        Outcomes(collision=int(ended[-1]), escaped=5, bound=members - 5 - int(ended[-1])),
        LeastMembers.counted(keys(rng.integers(0, 999, escaped.size).astype(float)), escaped),
        LeastMembers.counted(keys(rng.exponential(1.0, members)), numbers),
    )


def test_statistics_come_back_from_their_bytes() -> None:
    one = statistics()
    read = AgentStatistics.from_bytes(one.to_bytes())
    assert read.content_digest == one.content_digest
    assert read.escape.equals(one.escape)
    assert read.closest.equals(one.closest)
    for name in ("offsets", "keys", "counts", "bound", "ended"):
        np.testing.assert_array_equal(getattr(read, name), getattr(one, name))
        assert getattr(read, name).dtype == getattr(one, name).dtype
    assert (read.members, read.outcomes, read.grid_size) == (30, one.outcomes, TIMES)


def test_merging_is_independent_of_order_and_grouping() -> None:
    a, b, c = statistics(0), statistics(30), statistics(60)
    digests = {
        a.merged(b).merged(c).content_digest,
        a.merged(b.merged(c)).content_digest,
        c.merged(a).merged(b).content_digest,
    }
    assert len(digests) == 1
    merged = AgentStatistics.merged(AgentStatistics.merged(a, b), c)
    assert merged.members == 90
    assert merged.outcomes.members == 90
    assert AgentStatistics.from_bytes(merged.to_bytes()).content_digest in digests


def test_statistics_at_another_grid_are_not_merged() -> None:
    one = statistics()
    short = dataclasses.replace(one, bound=one.bound[:-1])
    with pytest.raises(ValueError, match="same grid"):
        one.merged(short)


GOOD = statistics()
LESS = np.array([*GOOD.counts[:-1], GOOD.counts[-1] + np.uint64(1)], np.uint64)


@pytest.mark.parametrize(
    "changed",
    [
        {"members": 0},
        {"members": 31},
        {"members": 1_000_001},
        {"ended": GOOD.ended[::-1].copy()},
        {"ended": GOOD.ended + 1},
        {"ended": GOOD.ended[:-1]},
        {"bound": GOOD.bound + 20},
        {"bound": -GOOD.bound},
        {"histograms": dataclasses.replace(GOOD.histograms, counts=LESS)},
        {"histograms": dataclasses.replace(GOOD.histograms, keys=GOOD.keys[::-1].copy())},
        {"histograms": GOOD.histograms.chosen(range(3 * TIMES - 1))},
        {"outcomes": Outcomes(bound=29)},
        {"outcomes": Outcomes(escaped=30)},
        {"closest": GOOD.escape},
        {"escape": dataclasses.replace(GOOD.escape, least=-GOOD.escape.least)},
    ],
)
def test_statistics_that_no_members_have_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="statistics"):
        AgentStatistics.from_bytes(dataclasses.replace(GOOD, **changed).to_bytes())


def test_statistics_of_100_000_members_are_packed_below_4_megabytes() -> None:
    rng = np.random.default_rng(0)
    total = Histograms.empty(3 * 257)
    for _ in range(2):
        spread = rng.lognormal(0.0, 1.0, (3 * 257, 1))
        values = (1.0 + spread * 0.2 * rng.standard_normal((3 * 257, 2_000))).ravel()
        total = total.merged(Histograms.counted(keys(values, 1.0).reshape(3 * 257, 2_000)))
    # A histogram of 100,000 members has more in each bin, and some more bins at its ends.
    many = Histograms(total.offsets, total.keys, total.counts * np.uint64(25))
    many = many.merged(
        Histograms(
            total.offsets,
            total.keys,
            rng.poisson(9, total.keys.size).astype(np.uint64) + np.uint64(1),
        )
    )
    one = dataclasses.replace(
        GOOD, histograms=many, bound=np.zeros(257, np.int64), ended=np.zeros(257, np.int64)
    )
    assert len(one.to_bytes()) < 4e6
