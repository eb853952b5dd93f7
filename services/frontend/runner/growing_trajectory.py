"""A trajectory that a run makes longer: the stretches that are stored, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontend.domain.run import ChainEntry
from sim.engine import checksum, initial_checkpoint

if TYPE_CHECKING:
    from sim.engine import Checkpoint, Stretch
    from sim.scenario import Failure, Trajectory

__all__ = ["GrowingTrajectory"]


@dataclass(slots=True)
class GrowingTrajectory:
    """What there is of a trajectory, and where it goes on; `failure` once it is known to end."""

    trajectory: Trajectory
    stretches: list[Stretch]
    chain: list[ChainEntry]
    failure: Failure | None = None

    @property
    def head(self) -> str:
        """The checksum of the last stretch, "" where there is none."""
        return self.chain[-1].checksum if self.chain else ""

    @property
    def intervals(self) -> int:
        """The complete intervals that are there."""
        return self.chain[-1].end if self.chain else 0

    @property
    def iterations(self) -> int:
        """The iterations of these."""
        return self.intervals * self.trajectory.interval

    @property
    def good(self) -> int:
        """The most iterations that can be had from what is there."""
        return self.iterations if self.failure is None else self.failure.iteration

    @property
    def tail(self) -> Checkpoint:
        """The checkpoint from which it goes on."""
        if self.stretches:
            return self.stretches[-1].tail
        return initial_checkpoint(self.trajectory.scenario)

    def stretches_for(self, steps: int) -> int:
        """Return how many stretches so many steps rest on."""
        reached = self.trajectory.intervals_for(steps)
        return sum(entry.first < reached for entry in self.chain)

    def entry(self, stretch: Stretch, data: bytes) -> ChainEntry:
        """Return the chain's entry of a stretch that comes next."""
        return ChainEntry(
            first=stretch.first,
            count=stretch.count,
            checksum=checksum(data),
            records=int(sum(stretch.records)),
        )

    def append(self, stretch: Stretch, entry: ChainEntry) -> None:
        """Take in a stretch that is stored."""
        self.stretches.append(stretch)
        self.chain.append(entry)
