"""What a file should hold, computed again from the request that it names.

A `Remade` has all rows, as batches and as the pieces of a file, and spans of rows that can be
remade alone. Nothing larger than a propagation at its coarsest, an interval and a piece of a file
is held; a request that needs more is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from sim.calibration import chain_speed
from sim.cost_model import (
    opened_bytes,
    opened_level,
    opened_seconds,
    partial_step_seconds,
    slice_seconds,
    work,
)
from sim.engine import Propagation
from sim.errors import PropagationFailed, RequestError, VerificationError
from sim.export import export, export_states, thin
from sim.export.metadata import described
from sim.records import initial_records, schema_of, states_schema_of
from sim.verification.effort import MOST_WORK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from sim.engine.interval_rows import IntervalRows
    from sim.export import Format
    from sim.export.metadata import Metadata
    from sim.kernel import Floats
    from sim.scenario import PropagationRequest
    from sim.verification.effort import Effort

__all__ = ["Remade", "RemadeRecords", "RemadeStates", "Span", "opened", "refuse_too_much"]

_FINE_BYTES: Final = 64 * 2**20  # of an opened propagation, unless its coarsest level has more
_MOST_BYTES: Final = 2**30
_TIMES: Final = 16  # consecutive ones in a sample, which are often of one interval


class Span(NamedTuple):
    """So many rows, from the `first` one of a file on, which are remade together."""

    first: int
    rows: int
    key: int


class Remade(Protocol):
    """The rows that a file should have."""

    @property
    def schema(self) -> pa.Schema:
        """Their columns, with the metadata of the file."""
        ...

    @property
    def unit(self) -> str:
        """What a sample is of: interval, time, member."""
        ...

    @property
    def units(self) -> int:
        """How many there are of these."""
        ...

    @property
    def seconds(self) -> float:
        """What it takes to remake all rows."""
        ...

    @property
    def rows(self) -> int | None:
        """How many rows there are; None where that is known only at their end."""
        ...

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows."""
        ...

    def written(self, batches: Iterable[pa.RecordBatch], form: Format) -> Iterator[bytes]:
        """Yield the file that Porta writes of rows."""
        ...

    def sample(self, effort: Effort) -> tuple[list[Span], str]:
        """Return the spans of a sample, in order, and a note on what can't be in it."""
        ...

    def rows_of(self, span: Span) -> pa.RecordBatch:
        """Return the rows of a span."""
        ...


def refuse_too_much(request: PropagationRequest, effort: Effort, what: str) -> None:
    """Raise VerificationError for a request that needs more work or memory than may be used."""
    scenario, steps = request.trajectory.scenario, request.steps
    if work(steps, scenario, request.members) > effort.most_work:
        is_set = effort.most_work < MOST_WORK
        advice = "may be done here: set PORTA_MAX_WORK higher" if is_set else "Porta ever does"
        raise VerificationError(
            what, f"says that it is of {steps:,} steps, more work than {advice}."
        )
    coarsest = opened_level(scenario, steps, _FINE_BYTES)
    if opened_bytes(scenario, steps, coarsest) > _MOST_BYTES:
        raise VerificationError(
            what,
            f"says that it is of {steps:,} steps of {len(scenario.agents)} agents, which take more "
            f"than {_MOST_BYTES // 2**20:,} MiB of memory to be recomputed.",
        )


def opened(request: PropagationRequest, steps: int, what: str) -> Propagation:
    """Open so many steps of a request; raises VerificationError where they can't be taken."""
    level = opened_level(request.trajectory.scenario, steps, _FINE_BYTES)
    try:
        return Propagation.open(request.trajectory, steps, least_level=level)
    except PropagationFailed as failed:
        raise VerificationError(
            what, f"says that it is of {request.steps:,} steps, but: {failed}"
        ) from None


@dataclass(frozen=True, kw_only=True)  # no slots: what is opened is cached
class _OfOneRun:
    """What files of records and of states have in common: their propagation, or its beginning."""

    metadata: Metadata
    effort: Effort
    what: str
    given: Propagation | None = None

    @property
    def _request(self) -> PropagationRequest:
        return self.metadata.request

    @property
    def seconds(self) -> float:
        """What it takes to remake all rows."""
        raise NotImplementedError

    @cached_property
    def steps(self) -> int:
        """How many steps are integrated: all, or as many as a sample may take."""
        if self.given is not None:
            return self.given.steps
        scenario, steps = self._request.trajectory.scenario, self._request.steps
        takes_s = opened_seconds(scenario, steps) / chain_speed()
        if self.effort.takes_all(self.seconds) or takes_s <= self.effort.chain_s:
            return steps
        reached = int(steps * self.effort.chain_s / takes_s)
        return max(1, reached // scenario.interval) * scenario.interval

    @property
    def is_whole(self) -> bool:
        """Whether all steps are integrated."""
        return self.steps == self._request.steps

    @cached_property
    def propagation(self) -> Propagation:
        """The propagation, of `steps` steps: as given, or opened now."""
        return self.given or opened(self._request, self.steps, self.what)

    @property
    def _chain_s(self) -> float:
        if self.given is not None:
            return 0.0
        return opened_seconds(self._request.trajectory.scenario, self._request.steps)

    @property
    def _slice_s(self) -> float:
        return slice_seconds(self._request.trajectory.scenario, export=True)

    def note(self) -> str:
        """Return what a sample can't have, where only the beginning is integrated."""
        if self.is_whole:
            return ""
        return (
            f"The sample is of the first {self.steps:,} of {self._request.steps:,} steps; --all "
            "recomputes the others."
        )


@dataclass(frozen=True, kw_only=True)
class RemadeRecords(_OfOneRun):
    """The records of a window, of every so-manyth, of some intervals, or all."""

    @property
    def schema(self) -> pa.Schema:
        """Their columns, with the metadata of the file."""
        return described(schema_of(self._request.trajectory.scenario.model), self.metadata)

    @property
    def unit(self) -> str:
        """What a sample is of."""
        return "interval"

    @property
    def units(self) -> int:
        """How many intervals there are; of a window that takes a propagation that is open."""
        if self.metadata.chosen.interval is not None:
            return len(self._of_part)
        if self._window == (-math.inf, math.inf):
            return self._request.trajectory.intervals_for(self._request.steps)
        return len(self._intervals)

    @property
    def seconds(self) -> float:
        """What it takes to remake all rows."""
        trajectory = self._request.trajectory
        part = self.metadata.chosen.iterations
        of = self._request.steps if part is None else part
        return (self._chain_s + trajectory.intervals_for(of) * self._slice_s) / chain_speed()

    @property
    def _window(self) -> tuple[float, float]:
        chosen = self.metadata.chosen
        return (
            -math.inf if chosen.t0 is None else chosen.t0,
            math.inf if chosen.t1 is None else chosen.t1,
        )

    @property
    def _k(self) -> int:
        return self.metadata.chosen.every or 1

    @property
    def _of_part(self) -> range:
        """The intervals of a folder's part."""
        chosen = self.metadata.chosen
        first, iterations = chosen.interval or 0, chosen.iterations or 0
        return range(first, first + self._request.trajectory.intervals_for(iterations))

    @cached_property
    def _intervals(self) -> list[IntervalRows]:
        """Where the rows of each interval are, as far as the propagation is integrated."""
        if self.metadata.chosen.max_points is not None:
            return []
        found = self.propagation.interval_rows(*self._window, self._k)
        if self.metadata.chosen.interval is None:
            return found
        within = [rows for rows in found if rows.interval in self._of_part]
        shift = 0 if not within or 0 in self._of_part else within[0].first
        return [rows._replace(first=rows.first - shift) for rows in within]

    @property
    def _initial(self) -> int:
        """How many initial rows there are."""
        begins = 0 in self._of_part if self.metadata.chosen.interval is not None else True
        is_within = begins and self._window[0] < 0.0
        return len(self._request.trajectory.scenario.agents) if is_within else 0

    @property
    def rows(self) -> int | None:
        """How many rows there are; None if not all is integrated, or points are chosen."""
        if not self.is_whole or self.metadata.chosen.max_points is not None:
            return None
        return self._initial + sum(one.rows for one in self._intervals)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows."""
        chosen = self.metadata.chosen
        if chosen.interval is not None:
            return self._part()
        if chosen.max_points is not None:
            agents = len(self._request.trajectory.scenario.agents)
            return thin(
                lambda: self.propagation.slices(*self._window), chosen.max_points, agents=agents
            )
        if chosen.every is not None:
            return self.propagation.every(chosen.every, *self._window)
        return self.propagation.slices(*self._window)

    def _part(self) -> Iterator[pa.RecordBatch]:
        if self._initial:
            yield initial_records(self._request.trajectory.dispersed)
        for one in self._intervals:
            yield self.propagation.interval_records(one.interval)

    def written(self, batches: Iterable[pa.RecordBatch], form: Format) -> Iterator[bytes]:
        """Yield the file that Porta writes of rows."""
        return export(batches, form, self.schema)

    def sample(self, effort: Effort) -> tuple[list[Span], str]:
        """Return the initial rows, and those of some intervals."""
        if self.metadata.chosen.max_points is not None:
            raise VerificationError(
                self.what, "has chosen points, which take all records to be chosen: use --all."
            )
        count = effort.count(self._slice_s / chain_speed(), len(self._intervals))
        chosen = effort.sampled(self._intervals, count, self._request.id)
        spans = [Span(one.first, one.rows, one.interval) for one in chosen]
        if not spans and not self.is_whole:
            raise VerificationError(
                self.what, "begins later than a sample reaches; --all recomputes all of it."
            )
        initial = [Span(0, self._initial, -1)] if self._initial else []
        return [*initial, *spans], self.note()

    def rows_of(self, span: Span) -> pa.RecordBatch:
        """Return the rows of a span."""
        if span.key < 0:
            return initial_records(self._request.trajectory.dispersed)
        return self.propagation.interval_records(span.key, *self._window, self._k)


@dataclass(frozen=True, kw_only=True)
class RemadeStates(_OfOneRun):
    """The states at times, float64[T], which the file itself has."""

    times: Floats

    @property
    def schema(self) -> pa.Schema:
        """Their columns, with the metadata of the file."""
        return described(states_schema_of(self._request.trajectory.scenario.model), self.metadata)

    @property
    def unit(self) -> str:
        """What a sample is of."""
        return "time"

    @property
    def units(self) -> int:
        """How many times there are."""
        return int(self.times.size)

    @property
    def rows(self) -> int | None:
        """How many rows there are."""
        return self.units * self._agents

    @property
    def _agents(self) -> int:
        return len(self._request.trajectory.scenario.agents)

    @property
    def _times_s(self) -> float:
        """What some consecutive times take."""
        scenario = self._request.trajectory.scenario
        return self._slice_s + _TIMES * partial_step_seconds(scenario)

    @property
    def seconds(self) -> float:
        """What it takes to remake all rows."""
        intervals = self._request.trajectory.intervals_for(self._request.steps)
        partial_s = self.units * partial_step_seconds(self._request.trajectory.scenario)
        most_s = min(self.units, intervals) * self._slice_s + partial_s
        return (self._chain_s + most_s) / chain_speed()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows."""
        return self._states(self.times)

    def written(self, batches: Iterable[pa.RecordBatch], form: Format) -> Iterator[bytes]:
        """Yield the file that Porta writes of rows."""
        return export_states(batches, form, self.schema)

    def sample(self, effort: Effort) -> tuple[list[Span], str]:
        """Return the rows of some groups of consecutive times."""
        starts = range(0, self.units, _TIMES)
        count = effort.count(self._times_s / chain_speed(), len(starts))
        spans = []
        for start in effort.sampled(starts, count, self._request.id):
            times = min(_TIMES, self.units - start)
            spans.append(Span(start * self._agents, times * self._agents, start))
        if not self.is_whole:
            raise VerificationError(
                self.what, "is of more steps than a sample integrates; --all recomputes all of it."
            )
        return spans, self.note()

    def rows_of(self, span: Span) -> pa.RecordBatch:
        """Return the rows of a span."""
        import pyarrow as pa

        times = self.times[span.key : span.key + span.rows // self._agents]
        table = pa.Table.from_batches(self._states(times), self.schema).combine_chunks()
        return table.to_batches()[0]

    def _states(self, times: Floats) -> Iterator[pa.RecordBatch]:
        try:
            return self.propagation.states(times, most_s=math.inf)
        except RequestError as error:
            raise VerificationError(self.what, f"has {error}") from None
