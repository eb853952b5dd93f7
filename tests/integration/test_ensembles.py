"""Ensembles on real schedulers and workers, some of which are killed or frozen."""

from __future__ import annotations

import asyncio
import functools
import signal
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.dispersion import Dispersion
from sim.driver import ensemble_on
from sim.ensemble.density import Density
from sim.ensemble.local import run_blocks
from sim.ensemble.nominal import nominal_of
from sim.ensemble.planning import Span, missing_spans
from sim.ensemble.statistics import AgentStatistics
from sim.errors import BlockDeadlineError, ClusterLostError, IntegrityError
from sim.presets import preset
from sim.scenario import PropagationRequest, Trajectory
from tests.dask_servers import dask, leftovers, on_cluster, on_servers
from tests.deadlines import under_load

if TYPE_CHECKING:
    from collections.abc import Callable

    from distributed import Client

    from sim.ensemble.block import Block
    from sim.ensemble.nominal import Nominal

SCENARIO = preset("eccentric").scenario
SIGMA = [{"agent": SCENARIO.names[1], "sigma": {"x": 1e-3, "vy": 1e-3}}]
DISPERSED = Trajectory(SCENARIO, 7, dispersion=Dispersion.from_json(SIGMA, SCENARIO))
REQUEST = PropagationRequest(3_000, DISPERSED, members=3_000)
LONG = replace(REQUEST, steps=10_000)


@functools.cache
def nominal(request: PropagationRequest) -> Nominal:
    return nominal_of(request)


@dataclass
class Taken:
    """The blocks of an ensemble, as they came."""

    request: PropagationRequest = REQUEST
    blocks: list[Block] = field(default_factory=list)
    after_block: Callable[[int], object] = lambda _: None

    async def on_block(self, block: Block) -> None:
        self.take(block)

    def take(self, block: Block) -> None:
        self.blocks.append(block)
        self.after_block(len(self.blocks))

    @property
    def missing(self) -> list[Span]:
        return missing_spans(self.request.members, [(b.first, b.count) for b in self.blocks])

    def digests(self) -> tuple[str, str, bytes]:
        """What is kept of the agent, where members were seen, and each member's end."""
        assert self.missing == []
        assert sum(block.count for block in self.blocks) == self.request.members
        statistics = functools.reduce(
            AgentStatistics.merged, (block.statistics(0) for block in self.blocks)
        )
        density = functools.reduce(Density.merged, (block.density(0) for block in self.blocks))
        ends = [
            np.concatenate([getattr(block.members(self.request), name) for block in ordered], -1)
            for ordered in [sorted(self.blocks, key=lambda block: block.first)]
            for name in ("ring", "carry", "closest", "escape_at", "good")
        ]
        return (
            statistics.content_digest,
            density.content_digest,
            b"".join(end.tobytes() for end in ends),
        )


@functools.cache
def inline(request: PropagationRequest) -> tuple[str, str, bytes]:
    """The same without a cluster, on one thread."""
    taken = Taken(request)
    ranges = [(0, request.members)]
    assert run_blocks(request, nominal(request), ranges, threads=1, on_block=taken.take)
    return taken.digests()


async def compute(client: Client, taken: Taken, **changed: Any) -> None:  # noqa: ANN401 - ensemble_on's own
    options: dict[str, Any] = {"ranges": [(0, taken.request.members)], "deadline_s": 60}
    await ensemble_on(
        client,
        taken.request,
        nominal=nominal(taken.request),
        on_block=taken.on_block,
        **(options | changed),
    )


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_any_number_of_workers_gives_the_same_bits_as_none(workers: int) -> None:
    async def body(client: Client) -> None:
        taken = Taken()
        await compute(client, taken, threads=workers)
        assert len(taken.blocks) > workers
        assert taken.digests() == inline(REQUEST)
        assert await leftovers(client) == 0

    on_cluster(workers, body)


def test_only_what_is_missing_is_computed_and_gives_the_same_bits() -> None:
    async def body(client: Client) -> None:
        taken = Taken()
        await compute(client, taken, ranges=[(100, 700), (2_000, 65)])
        assert taken.missing == [(0, 100), (800, 1_200), (2_065, 935)]
        await compute(client, taken, ranges=taken.missing)
        assert taken.digests() == inline(REQUEST)
        await compute(client, taken, ranges=taken.missing)  # nothing: at once

    on_cluster(2, body)


def test_more_steps_go_on_from_the_blocks_that_there_are() -> None:
    longer = replace(REQUEST, steps=2 * REQUEST.steps)
    taken, asked = Taken(), list[Span]()

    async def body(client: Client) -> None:
        await compute(client, taken)
        stored = {Span(block.first, block.count): block.to_bytes() for block in taken.blocks}
        lost = max(stored)

        async def load(span: Span) -> tuple[int, bytes] | None:
            asked.append(span)
            return None if span == lost else (REQUEST.steps, stored[span])

        grown = Taken(longer)
        await compute(client, grown, starts=stored, load_start=load)
        assert sorted(asked) == sorted(stored)
        assert sorted(Span(one.first, one.count) for one in grown.blocks) == sorted(stored)
        assert grown.digests() == inline(longer)

    on_cluster(2, body)


def test_a_start_that_is_of_something_else_is_told() -> None:
    async def body(client: Client) -> None:
        taken = Taken()
        await compute(client, taken, ranges=[(0, 100)])
        (first, *_) = taken.blocks

        async def load(_span: Span) -> tuple[int, bytes]:
            return REQUEST.steps, first.to_bytes()[:-1]

        with pytest.raises(IntegrityError):
            await compute(
                client,
                Taken(replace(REQUEST, steps=4_000)),
                ranges=[(0, 100)],
                starts=[(first.first, first.count)],
                load_start=load,
            )
        assert await leftovers(client) == 0

    on_cluster(1, body)


def test_workers_that_are_killed_change_no_bit() -> None:
    with dask(3) as servers:

        def kill(done: int) -> None:
            if done in {2, 5}:
                servers.workers[done // 3].kill()

        async def body(client: Client) -> None:
            taken = Taken(LONG, after_block=kill)
            await compute(client, taken)
            assert taken.digests() == inline(LONG)
            assert await leftovers(client) == 0

        on_servers(servers, body)
        assert sum(worker.poll() is not None for worker in servers.workers) == 2


def test_a_worker_that_comes_later_takes_part() -> None:
    with dask(1) as servers:

        async def body(client: Client) -> None:
            taken = Taken(LONG)
            computing = asyncio.create_task(compute(client, taken, threads=2))
            await asyncio.sleep(0.2)
            servers.add_worker()
            await computing
            assert taken.digests() == inline(LONG)

        on_servers(servers, body)


def test_a_lost_scheduler_is_told_soon() -> None:
    with dask(1) as servers:
        killed: list[float] = []

        def kill(_done: int) -> None:
            if not killed:
                servers.scheduler.kill()
                killed.append(time.monotonic())

        async def body(client: Client) -> None:
            with pytest.raises(ClusterLostError):
                await compute(client, Taken(LONG, after_block=kill))
            assert time.monotonic() < killed[0] + under_load(5)

        on_servers(servers, body)
        assert len(killed) == 1


def test_workers_that_are_frozen_are_told_within_the_deadline() -> None:
    with dask(1) as servers:

        async def body(client: Client) -> None:
            frozen = Taken(
                LONG, after_block=lambda _: servers.workers[0].send_signal(signal.SIGSTOP)
            )
            with pytest.raises(BlockDeadlineError, match=r"block from member \d+ .* 10 seconds"):
                await compute(client, frozen, deadline_s=10)
            servers.workers[0].send_signal(signal.SIGCONT)

        on_servers(servers, body)


def test_workers_that_never_come_are_told_within_the_deadline() -> None:
    with dask(0) as servers:

        async def body(client: Client) -> None:
            with pytest.raises(BlockDeadlineError):
                await compute(client, Taken(), deadline_s=1)

        on_servers(servers, body)


class Refused(Exception):
    pass


def test_what_a_callback_raises_ends_the_ensemble_and_leaves_nothing() -> None:
    def refuse(_done: int) -> None:
        raise Refused

    async def body(client: Client) -> None:
        with pytest.raises(Refused):
            await compute(client, Taken(LONG, after_block=refuse))
        assert await leftovers(client) == 0

    on_cluster(2, body)


@pytest.mark.parametrize("delay_s", [0.0, 0.3])
def test_a_cancelled_ensemble_ends_at_once_and_leaves_nothing(delay_s: float) -> None:
    async def body(client: Client) -> None:
        begun = asyncio.Event()
        taken = Taken(replace(LONG, members=100_000), after_block=lambda _: begun.set())
        task = asyncio.create_task(compute(client, taken))
        await asyncio.wait_for(begun.wait(), 60)
        await asyncio.sleep(delay_s)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, under_load(1))
        assert await leftovers(client) == 0

    on_cluster(2, body)


def test_blocks_that_nobody_takes_stay_few() -> None:
    most: list[int] = []

    async def body(client: Client) -> None:
        async def take_slowly(block: Block) -> None:
            await asyncio.sleep(0.05)
            most.append(
                await client.run_on_scheduler(
                    lambda dask_scheduler: sum(
                        "make_block" in str(key) for key in dask_scheduler.tasks
                    )
                )
            )
            assert block.count > 0

        await ensemble_on(
            client,
            REQUEST,
            nominal=nominal(REQUEST),
            ranges=[(0, REQUEST.members)],
            on_block=take_slowly,
            deadline_s=60,
        )

    on_cluster(2, body)
    assert len(most) > 4
    assert max(most) <= 4
