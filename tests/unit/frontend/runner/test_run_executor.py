"""Runs whose stretches are stored already, and runs without a cluster to be had.

A run from its start to its end on real clusters is in tests/integration/test_runner.py.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from frontend.domain.resource import Status
from frontend.errors import LeaseLost
from frontend.runner.growing_trajectory import GrowingTrajectory
from frontend.runner.lease_keeper import LeaseKeeper, RunCancelled
from frontend.runner.run_executor import RunExecutor
from sim.cluster import LocalBackend, SchedulerBackend
from sim.engine import pass_over
from sim.errors import ClusterStartError
from sim.scenario import NANO, PropagationRequest, Trajectory
from tests.run_protocol import lapse

if TYPE_CHECKING:
    from frontend.bootstrap import Services
    from frontend.domain.run import Acquired
    from sim.cluster import Backend

TRAJECTORY = Trajectory(seed=5)
REQUEST = PropagationRequest(120_000, TRAJECTORY)
SHORTER = PropagationRequest(70_000, TRAJECTORY)
NO_SCHEDULER = SchedulerBackend("127.0.0.1:1", start_s=0.2)


@dataclass
class Run:
    """A run that was acquired, and its executor."""

    services: Services
    acquired: Acquired
    growing: GrowingTrajectory
    keeper: LeaseKeeper

    def store(self, intervals: int) -> None:
        """Store a stretch, as an owner before this one did."""
        stretch = pass_over(self.growing.trajectory, self.growing.tail, intervals)
        data = stretch.to_bytes()
        entry = self.growing.entry(stretch, data)
        self.services.runs.put(
            self.keeper.lease,
            position=len(self.growing.chain),
            previous=self.growing.head,
            entry=entry,
            data=data,
        )
        self.growing.append(stretch, entry)

    def execute(self, backend: Backend) -> None:
        executor = RunExecutor(
            self.services, backend, self.keeper, self.growing, name="me", installation="house"
        )
        asyncio.run(executor.execute())


@pytest.fixture
def run(services: Services) -> Run:
    return run_of(services, REQUEST)


def run_of(services: Services, request: PropagationRequest) -> Run:
    services.runs.enqueue(request)
    acquired = services.runs.acquire(request.trajectory.digest, "fencing token", "me")
    assert acquired.lease is not None
    keeper = LeaseKeeper(services.runs, acquired.lease, acquired)
    return Run(services, acquired, GrowingTrajectory(request.trajectory, [], []), keeper)


def published(services: Services, request: PropagationRequest) -> bool:
    return services.store.manifest(request.id) is not None


def test_a_run_computes_on_a_cluster_publishes_and_ends(run: Run) -> None:
    backend = LocalBackend()
    run.execute(backend)
    assert published(run.services, REQUEST)
    assert asyncio.run(backend.clusters()) == []
    state = run.services.runs.state(TRAJECTORY.digest)
    assert state is not None
    assert (state.state, state.done, state.workers) == ("done", REQUEST.steps, 1)


def test_what_is_stored_already_is_published_without_a_cluster(run: Run) -> None:
    run.store(2)
    run.execute(NO_SCHEDULER)
    document = run.services.store.manifest(REQUEST.id)
    assert document is not None
    assert document["computed"]["timings"]["reused_steps"] == REQUEST.steps
    assert document["computed"]["cluster"] is None


def test_a_client_that_joined_after_the_run_was_acquired_is_served_too(run: Run) -> None:
    run.store(2)
    run.services.runs.enqueue(SHORTER)
    run.execute(NO_SCHEDULER)
    assert published(run.services, SHORTER)
    assert published(run.services, REQUEST)


def test_without_a_cluster_the_error_says_so_and_nothing_is_published(run: Run) -> None:
    with pytest.raises(ClusterStartError, match="can't be reached"):
        run.execute(NO_SCHEDULER)
    assert not published(run.services, REQUEST)


def test_a_cancelled_run_publishes_nothing(run: Run) -> None:
    run.store(2)
    assert run.services.runs.cancel(REQUEST)
    with pytest.raises(RunCancelled):
        run.execute(NO_SCHEDULER)
    assert not published(run.services, REQUEST)


def test_an_owner_whose_lease_was_taken_over_writes_nothing(run: Run) -> None:
    run.store(2)
    lapse(run.services.client, TRAJECTORY.digest)
    assert run.services.runs.acquire(TRAJECTORY.digest, "another", "another").lease is not None
    with pytest.raises(LeaseLost):
        run.execute(NO_SCHEDULER)
    state = run.services.runs.state(TRAJECTORY.digest)
    assert state is not None
    assert state.status is Status.STARTING
    assert not published(run.services, REQUEST)


def test_of_many_agents_the_longest_that_is_left_is_stored_when_a_longer_one_is_cancelled(
    services: Services,
) -> None:
    planet, satellite = NANO.agents
    many = [replace(satellite, name=f"Satellite {i}") for i in range(20)]
    trajectory = Trajectory(replace(NANO, agents=(planet, *many)))
    longest = PropagationRequest(2 * trajectory.interval, trajectory)
    shorter = PropagationRequest(longest.steps - 1, trajectory)
    services.runs.enqueue(shorter)
    run = run_of(services, longest)
    run.store(2)
    executor = RunExecutor(
        services, NO_SCHEDULER, run.keeper, run.growing, name="me", installation="house"
    )
    services.runs.cancel(longest)  # its owner learns of it with the next renewal
    asyncio.run(executor._publish_covered())  # noqa: SLF001 - between two renewals
    assert published(services, shorter)


def test_of_many_agents_only_the_longest_result_is_stored_and_the_others_are_found(
    services: Services,
) -> None:
    planet, satellite = NANO.agents
    many = [replace(satellite, name=f"Satellite {i}") for i in range(20)]
    trajectory = Trajectory(replace(NANO, agents=(planet, *many)))
    longest = PropagationRequest(2 * trajectory.interval, trajectory)
    shorter = [PropagationRequest(longest.steps - n, trajectory) for n in range(1, 5)]
    run = run_of(services, longest)
    for request in shorter:
        services.runs.enqueue(request)
    run.store(2)
    run.execute(NO_SCHEDULER)
    state = services.runs.state(trajectory.digest)
    assert state is not None
    assert (state.state, state.waiting) == ("done", {})
    assert [*services.client.scan_iter("propagation/*")] == [f"propagation/{longest.id}".encode()]
    for request in shorter:
        found = services.propagations.find(request)
        assert found is not None
        assert found.status is Status.COMPLETE
