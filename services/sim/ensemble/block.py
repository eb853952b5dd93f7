"""A block of an ensemble: what is kept of some consecutive members, and where they are at the end.

Guarantees:

- A block is a pure function of the request, the nominal trajectory and the members' numbers. Going
  on from a block of fewer steps gives the same bits as computing it anew.
- Blocks of any sizes merge to the same statistics and densities.
- Memory stays below some 150 MB for at most `most_members(request)` members.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson

from sim.ensemble.binning import centres_of
from sim.ensemble.density import Density
from sim.ensemble.endings import recompute_ended
from sim.ensemble.grid import grid_iterations, span_level, spans
from sim.ensemble.histograms import Histograms
from sim.ensemble.members import (
    bytes_of_member,
    canonical_members,
    initial_members,
    pack_members,
    unpack_members,
)
from sim.ensemble.passing import blank_canvas, lane_system, pass_over_batches, segments
from sim.ensemble.statistics import AgentStatistics, statistics_of
from sim.errors import IntegrityError
from sim.kernel import OK
from sim.kernel.bins import ENDED, keys_at_grid
from sim.kernel.population import QUANTITIES
from sim.scenario import MAX_MEMBERS, PropagationRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.ensemble.nominal import Nominal
    from sim.ensemble.passing import Segment
    from sim.kernel import Integers
    from sim.kernel.lanes import LaneSystem, Members

__all__ = ["Block", "compute_block", "most_members"]

_MAGIC: Final = b"porta-block 1\n"
_KEY_BYTES: Final = 24 * 2**20  # of all keys of a block, before they are counted
_MEMBER_BYTES: Final = 24 * 2**20  # of the members' own arrays
_MOST_MEMBERS: Final = 16_384
_MOST_BYTES: Final = 512 * 2**20  # of a block that is read


@dataclass(frozen=True, slots=True)
class Block:
    """What is kept of members `first` to `first + count - 1`, packed.

    `seconds` are those of the processor in which it was computed; they are no part of its bytes.
    `parts`: `"members"` at the end (`sim.ensemble.members`), and for the j-th analysed agent
    `"agent/<j>"` (`AgentStatistics`) and `"density/<j>"` (`Density`).
    """

    first: int
    count: int
    parts: dict[str, bytes]
    seconds: float = field(default=0.0, compare=False)

    def statistics(self, j: int) -> AgentStatistics:
        """Return what is kept of the j-th analysed agent; raises IntegrityError."""
        return AgentStatistics.from_bytes(self.parts[f"agent/{j}"])

    def density(self, j: int) -> Density:
        """Return the density of the j-th analysed agent; raises IntegrityError."""
        return Density.from_bytes(self.parts[f"density/{j}"])

    def members(self, request: PropagationRequest) -> Members:
        """Return the members at the end; raises IntegrityError."""
        return unpack_members(request, self.first, self.count, self.parts["members"])[0]

    def to_bytes(self) -> bytes:
        """Return it as bytes, for `from_bytes`."""
        sizes = {name: len(part) for name, part in self.parts.items()}
        header = orjson.dumps({"first": self.first, "count": self.count, "parts": sizes})
        return b"".join([_MAGIC, header, b"\n", *self.parts.values()])

    @classmethod
    def from_bytes(cls, request: PropagationRequest, data: bytes) -> Block:
        """Read what `to_bytes` returned of a request's block, and check all its parts.

        Raises IntegrityError for anything else.
        """
        block = _split(data, _names(len(request.analysed)))
        members, steps = unpack_members(request, block.first, block.count, block.parts["members"])
        if steps != request.steps:
            raise IntegrityError("a block has another number of steps")
        for j in range(len(request.analysed)):
            _check_agent(request, members, j, block.statistics(j), block.density(j))
        return block


def _names(analysed: int) -> list[str]:
    return ["members", *(f"{part}/{j}" for j in range(analysed) for part in ("agent", "density"))]


def _split(data: bytes, names: list[str]) -> Block:
    """Return a block whose parts are not checked; raises IntegrityError."""
    try:
        if not data.startswith(_MAGIC) or len(data) > _MOST_BYTES:
            raise IntegrityError("a block's bytes can't be so")
        at = data.index(b"\n", len(_MAGIC))
        header = orjson.loads(data[len(_MAGIC) : at])
        first, count, sizes = header["first"], header["count"], header["parts"]
        is_ours = list(sizes) == names and all(
            type(number) is int and number >= 0 for number in (first, count, *sizes.values())
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IntegrityError("a block can't be read") from error
    if not is_ours or not 1 <= count <= MAX_MEMBERS or first + count > MAX_MEMBERS:
        raise IntegrityError("a block has other members or parts")
    if at + 1 + sum(sizes.values()) != len(data):
        raise IntegrityError("a block's parts have other sizes")
    parts, at = {}, at + 1
    for name, size in sizes.items():
        parts[name] = data[at : at + size]
        at += size
    return Block(first, count, parts)


def _check_agent(
    request: PropagationRequest,
    members: Members,
    j: int,
    statistics: AgentStatistics,
    density: Density,
) -> None:
    """Raise IntegrityError where an agent's statistics are not of these members."""
    grid = grid_iterations(request.steps)
    if statistics.grid_size != grid.size or density.spans != len(spans(request.steps)):
        raise IntegrityError("a block has another grid")
    if not statistics.are_of(members, j, grid):
        raise IntegrityError("a block's statistics are not those of its members")


def most_members(request: PropagationRequest) -> int:
    """Return how many members a block may have: it bounds the memory of computing it."""
    grid = grid_iterations(request.steps).size
    keys = len(request.analysed) * QUANTITIES * grid * 4
    most = min(_MOST_MEMBERS, _KEY_BYTES // max(1, keys), _MEMBER_BYTES // bytes_of_member(request))
    return max(1, most)


def compute_block(
    request: PropagationRequest,
    nominal: Nominal,
    first: int,
    count: int,
    start: Block | None = None,
) -> Block:
    """Compute what is kept of members `first` to `first + count - 1`.

    `start` is the block of the same members of fewer steps: it is gone on from. Raises ValueError
    for members that the request doesn't have, and for another block; IntegrityError for one with
    what can't be.
    """
    if first < 0 or count < 1 or first + count > request.members:
        raise ValueError("A block is of members that the request has.")
    if start is not None and (start.first, start.count) != (first, count):
        raise ValueError("A block goes on only from a block of the same members.")
    begun = time.thread_time()
    block = _computed(request, nominal, first, count, start)
    return replace(block, seconds=time.thread_time() - begun)


def _computed(
    request: PropagationRequest, nominal: Nominal, first: int, count: int, start: Block | None
) -> Block:
    if start is None:
        return _Computation(request, nominal, initial_members(request, first, count)).finish(first)
    members, steps = unpack_members(request, first, count, start.parts["members"])
    if steps == request.steps:
        return start
    computation = _Computation(request, nominal, members, steps)
    computation.take(start)
    return computation.finish(first)


class _Computation:
    """The computation of a block: its members, and what has been counted so far."""

    def __init__(
        self, request: PropagationRequest, nominal: Nominal, members: Members, done: int = 0
    ) -> None:
        self._request = request
        self._members = members
        self._half_widths = nominal.half_widths
        self._centres = centres_of(nominal.values)
        self._done = done
        self._grid = grid_iterations(request.steps)
        # Of each agent: histograms and bound members at consecutive times of the grid.
        self._kept: list[list[tuple[Histograms, Integers]]] = [[] for _ in request.analysed]
        spans_of_time = len(spans(request.steps))
        self._densities = [
            Density.empty(float(width), spans_of_time) for width in nominal.half_widths
        ]

    def take(self, start: Block) -> None:
        """Take what a block of fewer steps has: all of it falls into this grid."""
        before = grid_iterations(self._done)
        places = np.flatnonzero(np.isin(before, self._grid))
        shift = span_level(self._request.steps) - span_level(self._done)
        for j, density in enumerate(self._densities):
            statistics, old = start.statistics(j), start.density(j)
            if statistics.grid_size != before.size or old.half_width != density.half_width:
                raise IntegrityError("a block to go on from is of another ensemble")
            slices = [q * before.size + g for q in range(QUANTITIES) for g in places.tolist()]
            self._kept[j].append((statistics.histograms.chosen(slices), statistics.bound[places]))
            self._densities[j] = old.in_longer_spans(shift, density.spans)

    def finish(self, first: int) -> Block:
        """Compute what is missing; return the block."""
        request, members, steps = self._request, self._members, self._request.steps
        dispersed = request.trajectory.dispersion.dispersed
        system = lane_system(request, dispersed, members.number.size)
        ended = members.outcome != OK
        cut = segments(
            self._done, steps, steps, len(request.analysed), ended.size, system.sample_every
        )
        for segment in cut:
            self._pass(system, segment)
        recompute_ended(request, members, np.flatnonzero((members.outcome != OK) & ~ended))
        canonical_members(request.trajectory.scenario, members, steps)
        parts = {"members": pack_members(request, members, steps)}
        for j, density in enumerate(self._densities):
            parts[f"agent/{j}"] = self._statistics(j).to_bytes()
            parts[f"density/{j}"] = density.to_bytes()
        return Block(first, members.number.size, parts)

    def _pass(self, system: LaneSystem, segment: Segment) -> None:
        """Pass all members through a segment, and count what is measured in it."""
        after = self._grid > segment.first
        if segment.first == 0:
            after[0] = True
        within = np.flatnonzero(after & (self._grid <= segment.last))
        times, centres = self._grid[within], np.ascontiguousarray(self._centres[:, :, within])
        analysed, count = len(self._densities), self._members.number.size
        keys = np.full((analysed, QUANTITIES, times.size, count), ENDED, np.uint32)
        bound = np.zeros((analysed, times.size), np.int64)
        canvas = blank_canvas(self._half_widths, segment, self._request.steps)
        at = 0
        for batch in pass_over_batches(system, self._members, segment, times, canvas):
            outcome, good = batch.members.outcome, batch.members.good
            keys_at_grid(batch.values, times, centres, outcome, good, keys, bound, at)
            at += batch.places.size
        for j, density in enumerate(self._densities):
            rows = keys[j].reshape(QUANTITIES * times.size, count)
            self._kept[j].append((Histograms.counted(rows), bound[j]))
            counted = Density.counted(
                density.half_width, density.spans, segment.first_span, canvas.cells[j]
            )
            self._densities[j] = density.merged(counted)

    def _statistics(self, j: int) -> AgentStatistics:
        kept = self._kept[j]
        histograms, bound = (
            _along_grid([part for part, _ in kept]),
            np.concatenate([b for _, b in kept]),
        )
        return statistics_of(self._members, j, self._grid, histograms, bound)


def _along_grid(parts: Sequence[Histograms]) -> Histograms:
    """Join histograms of consecutive times of the grid, quantity by quantity."""
    if len(parts) == 1:
        return parts[0]
    sizes = [part.lengths.size // QUANTITIES for part in parts]
    return Histograms.joined(
        [
            part.chosen(range(q * size, (q + 1) * size))
            for q in range(QUANTITIES)
            for part, size in zip(parts, sizes, strict=True)
        ]
    )
