"""What results are made of, whatever computed them: the protocols between execution and results.

`porta.execution` has an implementation for each place where a request can be computed. A source is
asked as often as its result is: it may compute again, or ask a server, but it must return the same
bits each time. Sources raise the errors of `sim.errors`, or of `porta.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pyarrow as pa

    from sim.engine import Propagation, SeriesDocument, Tracks
    from sim.kernel import Floats
    from sim.scenario import PropagationRequest

__all__ = ["EnsembleSource", "Execution", "Report", "RunSource"]


class Report(Protocol):
    """Where progress is told; a call may raise, for example KeyboardInterrupt."""

    def begin(self, total: int, label: str) -> None:
        """Begin a task of so many steps or members."""
        ...

    def reach(self, done: int) -> None:
        """Say how much of the total is done."""
        ...

    def say(self, label: str) -> None:
        """Say what is done now, in a few words."""
        ...


class RunSource(Protocol):
    """The result of one run."""

    @property
    def request(self) -> PropagationRequest:
        """What it is the result of; of an order, the request that it came to."""
        ...

    @property
    def stopped(self) -> bool | None:
        """Whether the condition of an order was met; None where there was none."""
        ...

    @property
    def computed(self) -> Mapping[str, object]:
        """Who computed it, for people: `by`, and what else there is to say."""
        ...

    @property
    def propagation(self) -> Propagation:
        """The engine's own, from its checkpoints."""
        ...

    def summary(self) -> Mapping[str, Any]:
        """Return what `sim.engine.Propagation.summary` does."""
        ...

    def records(self, t0: float, t1: float, every: int | None) -> Iterator[pa.RecordBatch]:
        """Yield records, or every so-manyth of each agent, that overlap [t0, t1].

        Batches are of `sim.records.schema_of`, in the order of computation; the initial records
        come first where t0 is below 0.
        """
        ...

    def states(self, times: Floats) -> Iterator[pa.RecordBatch]:
        """Yield a row for each time and agent, as batches of `sim.records.states_schema_of`."""
        ...

    def series(
        self,
        t0: float | None,
        t1: float | None,
        points: int,
        agents: Sequence[int],
        quantities: Sequence[str],
    ) -> SeriesDocument:
        """Return what `sim.engine.Propagation.series` does."""
        ...

    def tracks(
        self, t0: float | None, t1: float | None, agents: Sequence[int], points: int
    ) -> Tracks:
        """Return what `sim.engine.Propagation.tracks` does."""
        ...


class EnsembleSource(Protocol):
    """The result of an ensemble."""

    @property
    def request(self) -> PropagationRequest:
        """What it is the result of."""
        ...

    @property
    def computed(self) -> Mapping[str, object]:
        """Who computed it, for people: `by`, and what else there is to say."""
        ...

    def document(self) -> Mapping[str, Any]:
        """Return its summary (`sim.ensemble.summary`): grid, quantiles, survival, outcomes."""
        ...

    def result(self) -> Mapping[str, Any]:
        """Return the `result` of its manifest (`sim.ensemble.population`)."""
        ...

    def rows(
        self,
        *,
        where: Mapping[str, Collection[str]],
        sort: str,
        limit: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of its members (`sim.ensemble.table`), chosen and in order.

        `where` and `sort` are those of `sim.ensemble.paging`; at most `limit` rows, if given.
        """
        ...

    def member(self, request: PropagationRequest) -> RunSource:
        """Return one of its members, as a run of its own, for as many steps as are asked for."""
        ...


class Execution(Protocol):
    """A place where requests are computed."""

    def propagation(self, request: PropagationRequest, report: Report) -> RunSource:
        """Compute one run, or what an order comes to."""
        ...

    def ensemble(self, request: PropagationRequest, report: Report) -> EnsembleSource:
        """Compute an ensemble."""
        ...
