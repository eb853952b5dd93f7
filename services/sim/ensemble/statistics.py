"""What is kept of one analysed agent of any set of an ensemble's members.

Guarantees: everything is a count or the least of some numbers. So what is kept of members has the
same bits, and the same canonical bytes, in whatever blocks they were computed, and in whatever
order these were merged. `from_bytes` checks what it reads.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.ensemble.binning import keys as keys_of_values
from sim.ensemble.grid import MAX_GRID
from sim.ensemble.histograms import Histograms, LeastMembers
from sim.ensemble.members import NEVER
from sim.ensemble.packing import canonical_bytes, digest_of, pack, unpack
from sim.errors import IntegrityError
from sim.kernel import COLLISION, DIVERGENCE, OK, STANDSTILL
from sim.kernel.population import QUANTITIES
from sim.scenario import MAX_MEMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.kernel import Integers
    from sim.kernel.bins import Keys, Totals
    from sim.kernel.lanes import Members

__all__ = ["DISTANCE", "ECCENTRICITY", "ENERGY", "AgentStatistics", "Outcomes", "statistics_of"]

DISTANCE, ENERGY, ECCENTRICITY = range(QUANTITIES)

_KIND: Final = "statistics"
_DTYPES: Final = {
    "lengths": "u4",
    "steps": "u4",
    "counts": "u8",
    "bound": "i8",
    "ended": "i8",
    "escape_keys": "u4",
    "escape_counts": "u8",
    "escape_least": "i8",
    "closest_keys": "u4",
    "closest_counts": "u8",
    "closest_least": "i8",
}
_MOST_BYTES: Final = 256 * 2**20  # several times of what an agent takes


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many members came to what: the first three ended; the others went on to the end.

    Of those, the escaped have an energy above 0 from some step on to the end.
    """

    collision: int = 0
    divergence: int = 0
    standstill: int = 0
    escaped: int = 0
    bound: int = 0

    @classmethod
    def of(cls, members: Members, j: int) -> Outcomes:
        """Count the outcomes of members for the j-th analysed agent."""
        ends = np.bincount(members.outcome, minlength=STANDSTILL + 1).tolist()
        escaped = int(((members.outcome == OK) & (members.escape_at[j] != NEVER)).sum())
        return cls(ends[COLLISION], ends[DIVERGENCE], ends[STANDSTILL], escaped, ends[OK] - escaped)

    def merged(self, other: Outcomes) -> Outcomes:
        """Return the sums of both."""
        mine, others = self.to_json(), other.to_json()
        return Outcomes(**{name: mine[name] + others[name] for name in mine})

    @property
    def members(self) -> int:
        """How many there are of all."""
        return sum(self.to_json().values())

    def to_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True, eq=False)
class AgentStatistics:
    """What is kept of one agent of `members` members, at the G times of a grid.

    `histograms`: of quantity q (0 distance, 1 energy, 2 eccentricity) at grid time g, slice q*G + g
    (`sim.ensemble.binning` about the nominal's value), of the members that have not ended. `bound`
    int64[G]: of these, those with an energy of at most 0. `ended` int64[G]: the others. `escape`
    and `closest` bin the iteration of escape, of those that have escaped (and may have ended
    since), and the least distance, of all, by value.
    """

    members: int
    histograms: Histograms
    bound: Integers
    ended: Integers
    outcomes: Outcomes
    escape: LeastMembers
    closest: LeastMembers

    def are_of(self, members: Members, j: int, grid: Integers) -> bool:
        """Whether all that members at their end tell about the j-th analysed agent is so here."""
        remade = statistics_of(members, j, grid, self.histograms, self.bound)
        return (
            (self.members, self.outcomes) == (remade.members, remade.outcomes)
            and np.array_equal(self.ended, remade.ended)
            and self.escape.equals(remade.escape)
            and self.closest.equals(remade.closest)
        )

    @property
    def grid_size(self) -> int:
        """The number of times of the grid."""
        return self.bound.size

    @property
    def offsets(self) -> Integers:
        """Where the slices of `keys` and `counts` begin and end, int64[3*G + 1]."""
        return self.histograms.offsets

    @property
    def keys(self) -> Keys:
        """The keys of all slices, uint32[K]."""
        return self.histograms.keys

    @property
    def counts(self) -> Totals:
        """The counts of all keys, uint64[K]."""
        return self.histograms.counts

    @property
    def nbytes(self) -> int:
        """The size of its arrays, in bytes."""
        held = (self.offsets, self.keys, self.counts, self.bound, self.ended)
        bins = (self.escape, self.closest)
        return sum(array.nbytes for array in held) + sum(
            part.keys.nbytes + part.counts.nbytes + part.least.nbytes for part in bins
        )

    def merged(self, other: AgentStatistics) -> AgentStatistics:
        """Return the statistics of the members of both; raises ValueError for another grid."""
        if self.grid_size != other.grid_size:
            raise ValueError("Only statistics at the same grid can be merged.")
        return AgentStatistics(
            self.members + other.members,
            self.histograms.merged(other.histograms),
            self.bound + other.bound,
            self.ended + other.ended,
            self.outcomes.merged(other.outcomes),
            self.escape.merged(other.escape),
            self.closest.merged(other.closest),
        )

    def _arrays(self) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
        return {
            "lengths": self.histograms.lengths.astype(np.uint32),
            "steps": _steps(self.histograms),
            "counts": self.counts,
            "bound": self.bound,
            "ended": self.ended,
            "escape_keys": self.escape.keys,
            "escape_counts": self.escape.counts,
            "escape_least": self.escape.least,
            "closest_keys": self.closest.keys,
            "closest_counts": self.closest.counts,
            "closest_least": self.closest.least,
        }

    @property
    def _canonical(self) -> bytes:
        header = {"members": self.members, "outcomes": self.outcomes.to_json()}
        return canonical_bytes(_KIND, header, self._arrays())

    @property
    def content_digest(self) -> str:
        """SHA-256, in hex, of what it holds, which does not depend on how it is compressed."""
        return digest_of(self._canonical)

    def to_bytes(self) -> bytes:
        """Return it as bytes, for `from_bytes`."""
        return pack(self._canonical)

    @classmethod
    def from_bytes(cls, data: bytes) -> AgentStatistics:
        """Read what `to_bytes` returned; raises IntegrityError for what no statistics are."""
        header, arrays = unpack(data, _KIND, _DTYPES, _MOST_BYTES)
        match header:
            case {"members": int(members), "outcomes": dict(outcomes), **rest} if not rest:
                pass
            case _:
                raise IntegrityError("statistics: their header can't be so")
        read = cls(
            members,
            _histograms(arrays["lengths"], arrays["steps"], arrays["counts"]),
            arrays["bound"],
            arrays["ended"],
            _outcomes(outcomes),
            *(
                LeastMembers(*(arrays[f"{name}_{part}"] for part in ("keys", "counts", "least")))
                for name in ("escape", "closest")
            ),
        )
        read._check()
        return read

    def _check(self) -> None:
        """Raise IntegrityError for counts that no members can have."""
        size, alive = self.grid_size, self.members - self.ended
        claims = {
            "number of members": 1 <= self.members <= MAX_MEMBERS,
            "grid": 1 <= size <= MAX_GRID and self.ended.size == size,
            "histograms": self.offsets.size == QUANTITIES * size + 1
            and self.histograms.are_possible,
            "escapes": self.escape.are_possible(MAX_MEMBERS)
            and self.outcomes.escaped <= self.escape.total <= self.members,
            "closest approaches": self.closest.are_possible(MAX_MEMBERS)
            and self.closest.total == self.members,
            "outcomes": self.outcomes.members == self.members,
        }
        for name, holds in claims.items():
            if not holds:
                raise IntegrityError(f"statistics: the {name} can't be so")
        sums = self.histograms.totals.reshape(QUANTITIES, size)
        if (np.diff(self.ended, prepend=0) < 0).any() or (alive < 0).any():
            raise IntegrityError("statistics: members that have ended go on")
        if (sums != alive.astype(np.uint64)).any():
            raise IntegrityError("statistics: a histogram has another number of members")
        if (self.bound < 0).any() or (self.bound > alive).any():
            raise IntegrityError("statistics: more members are bound than there are")


def statistics_of(
    members: Members, j: int, grid: Integers, histograms: Histograms, bound: Integers
) -> AgentStatistics:
    """Return what is kept of the j-th analysed agent of members at their end."""
    gone = np.sort(members.good[members.outcome != OK])
    escaped = np.flatnonzero(members.escape_at[j] != NEVER)
    numbers = members.number.astype(np.int64)
    return AgentStatistics(
        numbers.size,
        histograms,
        bound,
        np.searchsorted(gone, grid, side="left").astype(np.int64),  # good < k: ended before k
        Outcomes.of(members, j),
        LeastMembers.counted(
            keys_of_values(members.escape_at[j, escaped].astype(np.float64)), numbers[escaped]
        ),
        LeastMembers.counted(keys_of_values(members.closest[j]), numbers),
    )


def _steps(histograms: Histograms) -> Keys:
    """Return the keys less those before them, but the first of each slice as it is."""
    steps = np.diff(histograms.keys, prepend=np.uint32(0))
    firsts = histograms.offsets[:-1][histograms.lengths > 0]
    steps[firsts] = histograms.keys[firsts]
    return steps


def _histograms(lengths: Keys, steps: Keys, counts: Totals) -> Histograms:
    """Return the histograms of what `_steps` made; raises IntegrityError where it did not."""
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    if offsets[-1] != steps.size or counts.size != steps.size:
        raise IntegrityError("statistics: the histograms have other sizes")
    sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(steps, dtype=np.int64)])
    keys = sums[1:] - np.repeat(sums[offsets[:-1]], lengths)
    if ((keys < 0) | (keys >= 2**32)).any():
        raise IntegrityError("statistics: a key can't be so")
    return Histograms(offsets, keys.astype(np.uint32), counts)


def _outcomes(value: dict[str, Any]) -> Outcomes:
    names: Sequence[str] = [each.name for each in fields(Outcomes)]
    if sorted(value) != sorted(names) or not all(
        type(count) is int and 0 <= count <= MAX_MEMBERS for count in value.values()
    ):
        raise IntegrityError("statistics: the outcomes can't be so")
    return Outcomes(**value)
