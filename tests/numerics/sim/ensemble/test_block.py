from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import permutations

import numpy as np
import pytest

from sim.ensemble.block import Block, compute_block, most_members
from sim.ensemble.nominal import Nominal, nominal_of
from sim.errors import IntegrityError
from sim.scenario import NANO, PropagationRequest, Trajectory
from tests.unit.sim.ensemble.ensembles import REQUESTS
from tests.unit.sim.ensemble.naive import Naive

NAMES = tuple(REQUESTS)


@cache
def nominal(request: PropagationRequest) -> Nominal:
    return nominal_of(request)


def block_of(
    request: PropagationRequest,
    first: int = 0,
    count: int | None = None,
    start: Block | None = None,
) -> Block:
    size = request.members - first if count is None else count
    return compute_block(request, nominal(request), first, size, start)


def merged_digests(request: PropagationRequest, blocks: list[Block]) -> list[str]:
    digests = []
    for j in range(len(request.analysed)):
        statistics, density = blocks[0].statistics(j), blocks[0].density(j)
        for block in blocks[1:]:
            statistics = statistics.merged(block.statistics(j))
            density = density.merged(block.density(j))
        digests += [statistics.content_digest, density.content_digest]
    return digests


@pytest.mark.parametrize("name", NAMES)
def test_a_block_keeps_what_its_members_come_to_one_by_one(name: str) -> None:
    request = REQUESTS[name]
    block, naive = block_of(request, 3, 13), Naive(request, 3, 13)
    for j, a in enumerate(request.analysed):
        kept, statistics, density = naive.kept(a), block.statistics(j), block.density(j)
        for q in range(3):
            for g in range(statistics.grid_size):
                s = slice(*statistics.offsets[q * statistics.grid_size + g :][:2].tolist())
                found = dict(
                    zip(statistics.keys[s].tolist(), statistics.counts[s].tolist(), strict=True)
                )
                assert found == kept.histograms[q][g], (q, g)
        assert statistics.members == 13
        assert statistics.bound.tolist() == kept.bound
        assert statistics.ended.tolist() == kept.ended
        assert +Counter(statistics.outcomes.to_json()) == kept.outcomes
        for least, expected in (
            (statistics.escape, kept.escape),
            (statistics.closest, kept.closest),
        ):
            assert least.keys.tolist() == sorted(expected)
            assert least.counts.tolist() == [len(expected[key]) for key in sorted(expected)]
            assert least.least.tolist() == [min(expected[key]) for key in sorted(expected)]
        assert density.half_width == naive.half_width(a)
        cells = dict(zip(density.cells.tolist(), density.counts.tolist(), strict=True))
        assert cells == kept.cells
        assert density.outside.tolist() == kept.outside


def test_the_ensembles_of_these_tests_have_every_ending_but_a_standstill() -> None:
    outcomes = Counter[str]()
    for request in REQUESTS.values():
        block = block_of(request)
        for j in range(len(request.analysed)):
            outcomes += Counter(block.statistics(j).outcomes.to_json())
    assert set(+outcomes) == {"bound", "escaped", "collision", "divergence"}


@pytest.mark.parametrize("name", NAMES)
def test_members_are_those_that_the_engine_for_one_trajectory_makes(name: str) -> None:
    request = REQUESTS[name]
    members, naive = block_of(request, 1, 17).members(request), Naive(request, 1, 17)
    for i, one in enumerate(naive.members):
        assert members.good[i] == one.good
        assert (members.outcome[i] == 0) == (one.end is None)
        newest = [list(state.to_json().values()) for state in one.states[-1]]
        assert members.ring[:, 0, 1:, i].tolist() == newest
        stepped = [sum(a in starts for starts in one.starts) for a in range(len(newest))]
        assert members.steps[:, i].tolist() == stepped
        for j, a in enumerate(request.analysed):
            since = naive.escape_at(one, a)
            assert members.closest[j, i] == naive.closest(one, a)
            assert members.closest_at[j, i] == naive.closest_at(one, a)
            assert members.escape_at[j, i] == (-1 if since is None else since)
            np.testing.assert_equal(members.escape_time[j, i], naive.escape_time(one, a))


@pytest.mark.parametrize("name", NAMES)
def test_blocks_of_any_sizes_in_any_order_merge_to_the_same_bits(name: str) -> None:
    request = REQUESTS[name]
    cuts = [block_of(request, first, count) for first, count in ((0, 1), (1, 9), (10, 10))]
    rest = request.members - 20
    cuts += [block_of(request, 20, rest)] if rest else []
    whole = merged_digests(request, [block_of(request)])
    for order in permutations(cuts):
        assert merged_digests(request, list(order)) == whole


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("before", [1, 5, 17, 64, 69])
def test_a_block_that_goes_on_from_fewer_steps_has_the_same_bits(name: str, before: int) -> None:
    request = REQUESTS[name]
    request = replace(request, steps=min(request.steps, 300))
    before = min(before, request.steps - 1)
    start = block_of(replace(request, steps=before), 2, 9)
    assert block_of(request, 2, 9, start=start) == block_of(request, 2, 9)


def test_a_block_goes_on_again_and_again() -> None:
    request, block = REQUESTS["nano"], None
    for steps in (100, 256, 257, 512, 700):
        block = block_of(replace(request, steps=steps), 0, 10, start=block)
    assert block == block_of(request, 0, 10)


def test_a_block_comes_back_from_its_bytes() -> None:
    request = REQUESTS["three"]
    block = block_of(request, 2, 5)
    assert Block.from_bytes(request, block.to_bytes()) == block


@pytest.mark.parametrize("name", ["nano", "falling"])
def test_changed_bytes_are_refused(name: str) -> None:
    request = REQUESTS[name]
    data = block_of(request, 2, 5).to_bytes()
    rng = np.random.default_rng(1)
    for at in rng.integers(0, len(data), 60).tolist():
        changed = bytearray(data)
        changed[at] ^= 1 << int(rng.integers(8))
        try:
            block = Block.from_bytes(request, bytes(changed))
        except IntegrityError:
            continue
        # What zstd does not look at, or numbers that are as possible as those that were computed.
        assert (block.first, block.count) == (2, 5)
    for cut in (0, 1, 20, len(data) // 2, len(data) - 1):
        with pytest.raises(IntegrityError):
            Block.from_bytes(request, data[:cut])


def test_a_block_of_other_members_or_of_another_ensemble_is_refused() -> None:
    request = REQUESTS["nano"]
    block = block_of(request, 2, 5)
    with pytest.raises(ValueError, match="same members"):
        block_of(replace(request, steps=800), 3, 5, start=block)
    other = PropagationRequest(800, Trajectory(NANO, 4), 24)
    with pytest.raises(IntegrityError, match="another trajectory"):
        block_of(other, 2, 5, start=block)
    with pytest.raises(IntegrityError, match="number of steps"):
        block_of(replace(request, steps=300), 2, 5, start=block)
    with pytest.raises(IntegrityError, match="number of steps"):
        Block.from_bytes(replace(request, steps=800), block.to_bytes())
    with pytest.raises(ValueError, match="members that the request has"):
        block_of(request, 20, 5)


def test_statistics_that_are_not_of_the_block_s_members_are_refused() -> None:
    request = REQUESTS["nano"]
    mine, other = block_of(request, 0, 5), block_of(request, 5, 5)
    swapped = replace(mine, parts=mine.parts | {"agent/0": other.parts["agent/0"]})
    with pytest.raises(IntegrityError, match="not those of its members"):
        Block.from_bytes(request, swapped.to_bytes())


def test_members_of_a_block_are_bounded_by_what_they_take() -> None:
    few = PropagationRequest(100_000, Trajectory(NANO), 1_000_000)
    assert 4_000 <= most_members(few) <= 16_384
    assert most_members(REQUESTS["twins"]) >= 1_000
