"""What was computed by the engine, here or by workers, as results read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.engine import computed as of_engine
from sim.ensemble.paging import MAX_LIMIT, page
from sim.ensemble.table import table_schema
from sim.ensemble.whole_table import whole_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pyarrow as pa

    from sim.engine import Propagation, SeriesDocument, Tracks
    from sim.ensemble.computed import ComputedEnsemble
    from sim.kernel import Floats
    from sim.scenario import PropagationRequest

__all__ = ["ComputedMembers", "ComputedRun"]


@dataclass(frozen=True, slots=True, eq=False)
class ComputedRun:
    """A run whose checkpoints are held in this process."""

    request: PropagationRequest
    propagation: Propagation
    stopped: bool | None = None
    computed: Mapping[str, object] = field(default_factory=lambda: {"by": "this process"})

    def summary(self) -> Mapping[str, Any]:
        """Return statistics, states at the end, elements, the system, and checksums."""
        return self.propagation.summary()

    def records(self, t0: float, t1: float, every: int | None) -> Iterator[pa.RecordBatch]:
        """Yield records, computed again from their checkpoints."""
        if every is None:
            return self.propagation.slices(t0, t1)
        return self.propagation.every(every, t0, t1)

    def states(self, times: Floats) -> Iterator[pa.RecordBatch]:
        """Yield states at times, computed again from their checkpoints."""
        return self.propagation.states(times)

    def series(
        self,
        t0: float | None,
        t1: float | None,
        points: int,
        agents: Sequence[int],
        quantities: Sequence[str],
    ) -> SeriesDocument:
        """Return quantities over time."""
        return self.propagation.series(t0, t1, points, agents=agents, quantities=quantities)

    def tracks(
        self, t0: float | None, t1: float | None, agents: Sequence[int], points: int
    ) -> Tracks:
        """Return samples of the agents' states."""
        return self.propagation.tracks(t0, t1, agents, points)


@dataclass(frozen=True, slots=True, eq=False)
class ComputedMembers:
    """An ensemble whose members are held in this process, packed."""

    ensemble: ComputedEnsemble
    computed: Mapping[str, object] = field(default_factory=lambda: {"by": "this process"})

    @property
    def request(self) -> PropagationRequest:
        """What it is the result of."""
        return self.ensemble.request

    def document(self) -> Mapping[str, Any]:
        """Return the summary."""
        return self.ensemble.document()

    def result(self) -> Mapping[str, Any]:
        """Return the result that a manifest has."""
        return self.ensemble.population.result(self.ensemble.document())

    def rows(
        self,
        *,
        where: Mapping[str, Collection[str]],
        sort: str,
        limit: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows of the table; of a sorted one a few are had without holding all."""
        schema = table_schema(self.request.trajectory.scenario)
        if limit is None or not 1 <= limit <= MAX_LIMIT:
            yield from whole_table(schema, self.ensemble.rows(), where=where, sort=sort)
            return
        yield page(schema, self.ensemble.rows(), where=where, sort=sort, limit=limit).rows

    def member(self, request: PropagationRequest) -> ComputedRun:
        """Compute one member anew: it has the same bits."""
        return ComputedRun(request, of_engine.compute(request).propagation)
