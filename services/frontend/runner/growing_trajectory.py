"""The trajectory that a run extends: its stored stretches, in order, and where the next begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontend.domain.run import ChainEntry
from sim.engine import checksum, initial_checkpoint

if TYPE_CHECKING:
    from sim.engine import Checkpoint, Stretch
    from sim.scenario import Failure, Trajectory

__all__ = ["GrowingTrajectory", "coarsest"]


def coarsest(trajectory: Trajectory) -> int:
    """Return the level at which stretches take the least memory."""
    return trajectory.interval.bit_length() - 1


@dataclass(slots=True)
class GrowingTrajectory:
    """The stored part of a trajectory; `failure` is set once the trajectory is known to end.

    Its stretches are at the coarsest level: a runner draws no figures.
    """

    trajectory: Trajectory
    stretches: list[Stretch]
    chain: list[ChainEntry]
    failure: Failure | None = None

    @property
    def head(self) -> str:
        """The checksum of the last stretch, or "" if there is none."""
        return self.chain[-1].checksum if self.chain else ""

    @property
    def intervals(self) -> int:
        """How many complete intervals are stored."""
        return self.chain[-1].end if self.chain else 0

    @property
    def iterations(self) -> int:
        """How many iterations these intervals have."""
        return self.intervals * self.trajectory.interval

    @property
    def good(self) -> int:
        """How many iterations a result may have: up to the failure, if the trajectory has one."""
        return self.iterations if self.failure is None else self.failure.iteration

    @property
    def tail(self) -> Checkpoint:
        """The checkpoint at which the next stretch begins."""
        if self.stretches:
            return self.stretches[-1].tail
        return initial_checkpoint(self.trajectory.dispersed)

    def stretches_for(self, steps: int) -> int:
        """Return how many stored stretches a result of `steps` iterations rests on."""
        intervals = self.trajectory.intervals_for(steps)
        return sum(entry.first < intervals for entry in self.chain)

    def entry(self, stretch: Stretch, data: bytes) -> ChainEntry:
        """Return the chain entry of the next stretch; `data` is the stretch as it is stored."""
        return ChainEntry(
            first=stretch.first,
            count=stretch.count,
            checksum=checksum(data),
            records=int(sum(stretch.records)),
        )

    def append(self, stretch: Stretch, entry: ChainEntry) -> None:
        """Add a stretch that has just been stored."""
        self.stretches.append(stretch.coarsened(coarsest(self.trajectory)))
        self.chain.append(entry)
