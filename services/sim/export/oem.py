"""Orbit Ephemeris Messages: the states of a run as CCSDS 502.0-B-3 has them, a segment an agent.

Guarantees:

- Positions are in kilometres and velocities in kilometres a second, with as many digits as the
  standard allows, 16; nothing else is done to the states. The epoch of a state is the scenario's
  plus its time, with twelve digits of a second.
- Memory is constant. What is held are the states of as many agents as fit in `held_rows`; for the
  others the batches are read again.
- All that can be wrong with the states is found before the first byte.
- Equal records give equal bytes: the date of creation is the scenario's epoch.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.errors import RequestError
from sim.export.oem_message import AXES, Message, Span
from sim.export.rebatch import rebatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from sim.kernel import Floats

__all__ = ["HELD_ROWS", "write_oem"]

HELD_ROWS: Final = 2**17
"""The most states that are held for segments that come later: 7 MB."""
_ROWS: Final = 8_192  # in a piece of text, 1.4 MB


def write_oem(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, held_rows: int = HELD_ROWS
) -> Iterator[bytes]:
    """Yield the file; the batches can be read again (`sim.export.reread`).

    `schema` says of which request they are (`sim.export.metadata`). Raises RequestError, before the
    first piece, where scenario or records can't be written, and where there is none.
    """
    if iter(batches) is batches:
        raise TypeError("An OEM is written from batches that can be read again: see Reread.")
    message = Message.of(schema)
    time = "t" if "t" in schema.names else "t1"
    names = message.scenario.names
    held, spans = _Held(0, len(names), held_rows), dict[int, Span]()
    for states in _by_agent(batches, time):
        for agent, of_agent in states.items():
            message.check(of_agent)
            span = spans.setdefault(agent, Span(names[agent]))
            span.add(message.instants(of_agent))
            held.add(agent, of_agent)
    if not spans:
        raise RequestError("format", "oem needs a state, and none is chosen.")
    yield message.header()
    yield from _held_segments(message, spans, held)
    while held.end < len(names):
        agent, held = held.end, _Held(held.end + 1, len(names), held_rows)
        if agent in spans:
            yield message.metadata(spans[agent])
        for states in _by_agent(batches, time):
            for other, of_agent in states.items():
                held.add(other, of_agent)
            if agent in states:
                yield message.lines(states[agent])
        yield from _held_segments(message, spans, held)


def _held_segments(message: Message, spans: Mapping[int, Span], held: _Held) -> Iterator[bytes]:
    for agent, pieces in held.agents():
        yield message.metadata(spans[agent])
        for states in pieces:
            yield message.lines(states)


def _by_agent(batches: Iterable[pa.RecordBatch], time: str) -> Iterator[dict[int, Floats]]:
    """Yield the states of each agent in turn, some thousands at a time: float64[N, 7], time first.

    Rows without a state are left out: at a time beyond an agent's clock there is none.
    """
    for batch in rebatch(batches, _ROWS):
        columns = [
            batch.column(name).to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
            for name in (time, *AXES)
        ]
        table = np.column_stack(columns)
        there = np.flatnonzero(~np.isnan(table[:, 1]))
        agents = batch.column("agent").indices.to_numpy(zero_copy_only=False)[there]
        order = np.argsort(agents, kind="stable")
        found, starts = np.unique(agents[order], return_index=True)
        parts = np.split(table[there[order]], starts[1:])
        yield dict(zip(found.tolist(), parts, strict=True)) if there.size else {}


class _Held:
    """The states of the agents from `first` up to `end`, which falls until they fit."""

    def __init__(self, first: int, end: int, most_rows: int) -> None:
        self.first, self.end = first, end
        self._most = most_rows
        self._pieces: defaultdict[int, list[Floats]] = defaultdict(list)
        self._rows = 0

    def add(self, agent: int, states: Floats) -> None:
        """Hold the states of an agent, if it is among those that are held."""
        if not self.first <= agent < self.end:
            return
        self._pieces[agent].append(states)
        self._rows += len(states)
        while self._rows > self._most:
            self.end -= 1
            self._rows -= sum(map(len, self._pieces.pop(self.end, ())))

    def agents(self) -> Iterator[tuple[int, list[Floats]]]:
        """Yield the agents that have states, in order; they are let go."""
        for agent in sorted(self._pieces):
            yield agent, self._pieces.pop(agent)
