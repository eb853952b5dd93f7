"""The Dask graph on real schedulers and workers, some of which are killed or frozen."""

from __future__ import annotations

import asyncio
import functools
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from sim import NANO, Agent, NanoScenario, Propagation, State, Trajectory
from sim.driver import export_on, propagate_on
from sim.engine import initial_checkpoint, make_slice, slice_from_bytes
from sim.errors import (
    ClusterLostError,
    PropagationFailed,
    StretchDeadlineError,
)
from sim.export.folder import ExportFolder
from sim.intervals import STRETCH_INTERVALS
from sim.models.nano.cost import interval_iterations
from sim.scenario import PropagationRequest
from sim.verification import Effort, verify
from tests.dask_servers import dask, leftovers, on_cluster, on_servers
from tests.deadlines import under_load

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from distributed import Client

    from sim.engine import Stretch

INTERVAL = interval_iterations(2)
STARTS = [0, 16, 48, 144, 400]  # each stretch twice as long as all before it, up to 256
UNTIL = STARTS[-1] + 30  # the last of them shorter
BUDGET = 64 * 2**20
TRAJECTORY = Trajectory(NANO, seed=7)


@dataclass
class Taken:
    """What came of a propagation on a cluster, as it came."""

    trajectory: Trajectory = TRAJECTORY
    stretches: list[Stretch] = field(default_factory=list)
    slices: dict[int, bytes] = field(default_factory=dict)
    after_stretch: Callable[[int], object] = lambda _: None

    async def on_stretch(self, stretch: Stretch, data: bytes) -> None:
        assert data == stretch.to_bytes()
        self.stretches.append(stretch)
        self.after_stretch(len(self.stretches))

    async def on_slices(self, slices: list[tuple[int, bytes]]) -> None:
        self.slices.update(slices)

    def summary(self, steps: int = UNTIL * INTERVAL) -> dict[str, object]:
        return Propagation.open(TRAJECTORY, steps, self.stretches).summary()


@functools.cache
def inline() -> Propagation:
    return Propagation.open(TRAJECTORY, UNTIL * INTERVAL)


async def propagate(client: Client, taken: Taken, **changed: Any) -> None:  # noqa: ANN401 - propagate_on's own
    options: dict[str, Any] = {
        "start": initial_checkpoint(taken.trajectory.scenario),
        "first_interval": 0,
        "until_interval": UNTIL,
        "slice_budget": 0,
        "deadline_s": 60,
    }
    await propagate_on(
        client,
        taken.trajectory,
        on_stretch=taken.on_stretch,
        on_slices=taken.on_slices,
        **(options | changed),
    )


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_any_number_of_workers_gives_the_same_bits_as_none(workers: int) -> None:
    async def body(client: Client) -> None:
        taken = Taken()
        await propagate(client, taken)
        assert [stretch.first for stretch in taken.stretches] == STARTS
        assert taken.summary() == inline().summary()
        assert await leftovers(client) == 0

    on_cluster(workers, body)


def test_a_propagation_that_goes_on_in_the_middle_has_the_same_bits() -> None:
    async def body(client: Client) -> None:
        taken = Taken()
        await propagate(client, taken, until_interval=100)
        for until in (101, UNTIL):
            tail = taken.stretches[-1].tail
            first = tail.iteration // INTERVAL
            await propagate(client, taken, start=tail, first_interval=first, until_interval=until)
        await propagate(
            client,
            taken,
            start=taken.stretches[-1].tail,
            first_interval=UNTIL,
            until_interval=UNTIL,
        )
        assert taken.summary() == inline().summary()

    on_cluster(2, body)


def test_workers_that_are_killed_change_no_bit() -> None:
    with dask(3) as servers:
        taken = Taken(
            after_stretch=lambda done: servers.workers[done - 1].kill() if done < 3 else 0
        )

        async def body(client: Client) -> None:
            await propagate(client, taken, slice_budget=BUDGET)
            assert taken.summary() == inline().summary()
            assert await leftovers(client) == 0

        on_servers(servers, body)
        expect_slices(taken)


def test_workers_that_come_late_are_waited_for_and_used() -> None:
    with dask(0) as servers:
        taken = Taken()

        async def body(client: Client) -> None:
            propagation = asyncio.create_task(propagate(client, taken))
            await asyncio.sleep(0.2)
            servers.add_worker()
            await propagation
            assert taken.summary() == inline().summary()

        on_servers(servers, body)


@pytest.mark.parametrize("workers", [1, 3])
def test_slices_are_those_of_the_first_intervals_within_the_budget(workers: int) -> None:
    taken = Taken()

    async def body(client: Client) -> None:
        await propagate(client, taken, slice_budget=BUDGET)

    on_cluster(workers, body)
    expect_slices(taken)


def expect_slices(taken: Taken) -> None:
    """Expect about as many slices as fit, beginning with the first, and each right."""
    size = sum(map(len, taken.slices.values()))
    assert BUDGET / 3 < size <= BUDGET
    assert sorted(taken.slices) == list(range(len(taken.slices)))
    for interval in (0, max(taken.slices)):
        start, end = taken.stretches[0].checkpoints[interval : interval + 2]
        expected = make_slice(TRAJECTORY, start, INTERVAL, end)
        assert slice_from_bytes(TRAJECTORY, interval, taken.slices[interval]).equals(expected)


def test_slices_of_stretches_that_are_there_already_are_not_made_again() -> None:
    async def body(client: Client) -> None:
        taken = Taken()
        await propagate(client, taken, until_interval=3)
        again = Taken()
        tail = taken.stretches[0].tail
        await propagate(
            client, again, start=tail, first_interval=3, until_interval=5, slice_budget=BUDGET
        )
        assert sorted(again.slices) == [3, 4]

    on_cluster(1, body)


ENDING = Trajectory(
    NanoScenario(
        (Agent("Comet", 0.0, State(0.0, 0.01, 0.0, 0.0, 1e304, 0.0)),),
        dt_min=0.01,
        dt_span=0.0,
        epsilon=0.001,
    )
)
"""It leaves the numbers there are after 1.8 million iterations."""


def test_a_trajectory_that_ends_ends_the_chain_with_what_is_good() -> None:
    taken = Taken(ENDING)

    async def body(client: Client) -> None:
        await propagate(client, taken, slice_budget=2 * BUDGET, until_interval=40)

    on_cluster(1, body)
    *before, last = taken.stretches
    assert [stretch.failure for stretch in before] == [None]
    assert last.failure is not None
    assert last.first + last.count == last.failure.iteration // INTERVAL == len(taken.slices)
    with pytest.raises(PropagationFailed) as raised:
        Propagation.open(ENDING, 40 * INTERVAL)
    assert raised.value.failure == last.failure


@pytest.mark.parametrize("budget", [0, BUDGET])
def test_a_lost_scheduler_is_told_soon(budget: int) -> None:
    with dask(1) as servers:
        killed: list[float] = []

        def kill(_done: int) -> None:
            servers.scheduler.kill()
            killed.append(time.monotonic())

        async def body(client: Client) -> None:
            with pytest.raises(ClusterLostError):
                await propagate(client, Taken(after_stretch=kill), slice_budget=budget)
            assert time.monotonic() < killed[0] + under_load(5)

        on_servers(servers, body)
        assert len(killed) == 1


def test_a_scheduler_that_is_frozen_is_told_within_the_deadline() -> None:
    with dask(1) as servers:
        taken = Taken(after_stretch=lambda _: servers.scheduler.send_signal(signal.SIGSTOP))

        async def body(client: Client) -> None:
            with pytest.raises(
                StretchDeadlineError, match=rf"from interval {STARTS[1]} .* 10 seconds"
            ):
                await propagate(client, taken, deadline_s=10)
            servers.scheduler.send_signal(signal.SIGCONT)

        on_servers(servers, body)


def test_workers_that_never_come_are_told_within_the_deadline() -> None:
    with dask(0) as servers:

        async def body(client: Client) -> None:
            with pytest.raises(StretchDeadlineError):
                await propagate(client, Taken(), deadline_s=1)

        on_servers(servers, body)


def test_what_a_callback_raises_ends_the_propagation_and_leaves_nothing() -> None:
    class Refused(Exception):
        pass

    def refuse(_done: int) -> None:
        raise Refused

    async def body(client: Client) -> None:
        with pytest.raises(Refused):
            await propagate(client, Taken(after_stretch=refuse), slice_budget=BUDGET)
        assert await leftovers(client) == 0

    on_cluster(1, body)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("delay_s", [0.0, 0.1, 1.0])
def test_a_cancelled_propagation_ends_at_once_and_leaves_nothing(
    workers: int, delay_s: float
) -> None:
    async def body(client: Client) -> None:
        begun = asyncio.Event()
        taken = Taken(after_stretch=lambda _: begun.set())
        # Longer than the longest delay, on the fastest of machines.
        endless = propagate(
            client, taken, until_interval=20 * STRETCH_INTERVALS, slice_budget=BUDGET
        )
        task = asyncio.create_task(endless)
        await asyncio.wait_for(begun.wait(), 60)
        await asyncio.sleep(delay_s)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, under_load(1))
        assert await leftovers(client) == 0

    on_cluster(workers, body)


@pytest.mark.parametrize("steps", [500, 3 * INTERVAL, 20 * INTERVAL + 12_345])
def test_parts_written_by_workers_are_the_whole_in_order(tmp_path: Path, steps: int) -> None:
    progress: list[int] = []

    async def on_progress(iterations: int) -> None:
        progress.append(iterations)

    async def body(client: Client) -> None:
        await export(client, TRAJECTORY, steps, tmp_path, on_progress=on_progress)
        assert await leftovers(client) == 0

    on_cluster(2, body)
    parts = sorted(tmp_path.glob("*.parquet"))
    written = pyarrow.parquet.read_table(parts)
    expected = pa.Table.from_batches(Propagation.open(TRAJECTORY, steps).slices())
    assert written.equals(expected)
    assert len(progress) == len(parts)
    assert progress[-1] == steps
    found = verify(tmp_path, Effort(everything=True))
    assert found.ok, found
    assert found.share == f"all {expected.num_rows:,} records"


def test_an_export_of_more_than_there_is_says_where_it_ends(tmp_path: Path) -> None:
    async def body(client: Client) -> None:
        with pytest.raises(PropagationFailed, match="stops being finite"):
            await export(client, ENDING, 40 * INTERVAL, tmp_path)
        with pytest.raises(PropagationFailed, match="stops being finite"):
            await export(client, ENDING, 30 * INTERVAL, tmp_path / "again")

    on_cluster(1, body)


def test_an_export_goes_on_with_the_parts_that_are_missing_or_altered(tmp_path: Path) -> None:
    steps = 20 * INTERVAL
    progress: list[int] = []

    async def on_progress(iterations: int) -> None:
        progress.append(iterations)

    on_cluster(1, lambda client: export(client, TRAJECTORY, steps, tmp_path))
    first, second, *others = parts = sorted(tmp_path.glob("*.parquet"))
    whole = [part.read_bytes() for part in parts]
    untouched = [part.stat().st_mtime_ns for part in others]
    first.unlink()
    second.write_bytes(whole[1][:-1] + b"?")
    on_cluster(
        1, lambda client: export(client, TRAJECTORY, steps, tmp_path, on_progress=on_progress)
    )
    assert [part.read_bytes() for part in parts] == whole
    assert [part.stat().st_mtime_ns for part in others] == untouched
    assert len(progress) == 2
    assert progress[-1] == steps


async def export(
    client: Client,
    trajectory: Trajectory,
    steps: int,
    path: Path,
    *,
    on_progress: Callable[[int], Awaitable[None]] | None = None,
) -> None:
    with ExportFolder.locked(path, PropagationRequest(steps, trajectory)) as folder:
        await export_on(client, folder, on_progress=on_progress)
        assert folder.complete
