"""Claims about the blocks that a runner computes before its cluster is there.

What comes of them is held by the tests of the executor.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from frontend.runner.early_blocks import EarlyBlocks, is_soon_begun
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    from frontend.runner.growing_ensemble import GrowingEnsemble

REQUEST = PropagationRequest(500, Trajectory(seed=3), 1_000)


class Opened(Exception):
    """Somebody asked for the ensemble."""


async def opened() -> GrowingEnsemble:
    raise Opened


def test_only_what_takes_no_longer_than_a_cluster_to_start_is_begun() -> None:
    assert is_soon_begun(REQUEST)
    assert is_soon_begun(replace(REQUEST, members=1_000_000))
    assert not is_soon_begun(replace(REQUEST, steps=100_000_000))


def test_one_run_at_a_time_has_the_core_and_others_wait_for_their_clusters() -> None:
    async def main() -> None:
        core = asyncio.Lock()
        async with core:
            early = EarlyBlocks(core)
            async with early.beside(early.compute(opened)):
                assert await early.taken_over(REQUEST) is None
                await early.ended()
        assert early.under_way is None

    asyncio.run(main())


def test_what_fails_beside_the_start_of_a_cluster_is_told_and_frees_the_core() -> None:
    async def main() -> None:
        core = asyncio.Lock()
        early = EarlyBlocks(core)
        async with early.beside(early.compute(opened)):
            with pytest.raises(Opened):
                await early.taken_over(REQUEST)
            with pytest.raises(Opened):
                await early.ended()
        assert not core.locked()

    asyncio.run(main())


def test_a_body_that_ends_first_stops_what_runs_beside_it() -> None:
    async def main() -> None:
        never = asyncio.Event()

        async def waits() -> GrowingEnsemble:
            await never.wait()
            raise Opened

        core = asyncio.Lock()
        early = EarlyBlocks(core)
        async with early.beside(early.compute(waits)):
            await asyncio.sleep(0)
            assert core.locked()
        assert not core.locked()

    asyncio.run(main())
