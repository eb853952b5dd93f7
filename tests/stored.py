"""Trajectories in a real Redis, stored as a runner stores them, for tests of what reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.domain.run import ChainEntry
from frontend.results.trajectory_store import TrajectoryStore
from frontend.runs.run_queue import RunQueue
from sim.engine import checksum, initial_checkpoint, pass_over

if TYPE_CHECKING:
    import redis

    from sim.scenario import PropagationRequest, Trajectory


class Stored:
    """A store and a run queue, and a runner's part of the work."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.store = TrajectoryStore(client)
        self.runs = RunQueue(client, max_waiting=2)

    def run(self, request: PropagationRequest, intervals: int) -> None:
        """Ask for a propagation, and have a runner store its first stretch."""
        self.runs.enqueue(request)
        self.put_stretch(request.trajectory, intervals)

    def put_stretch(self, trajectory: Trajectory, intervals: int) -> None:
        """Store the first stretch of a run that is queued, and give the run back."""
        acquired = self.runs.acquire(trajectory.digest, "token", "runner")
        assert acquired.lease is not None
        stretch = pass_over(trajectory, initial_checkpoint(trajectory.scenario), intervals)
        data = stretch.to_bytes()
        entry = ChainEntry(0, stretch.count, checksum(data), sum(stretch.records))
        self.runs.put(acquired.lease, position=0, previous="", entry=entry, data=data)
        self.runs.release(acquired.lease, "requeue")
