"""A population: what is known of an ensemble's members, from blocks that arrive in any order.

Guarantees:

- The statistics are exact and do not depend on how the members are divided into blocks, nor on the
  order in which these arrive: counts and minima are merged, and no sum of floating-point numbers.
- What is merged is held packed, and unpacked one agent at a time, but for what has room unpacked.
  Blocks wait for others before they are merged, so each byte is merged a few times; what waits is
  bounded, of all parts together.
"""

from __future__ import annotations

import hashlib
import threading
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from sim.ensemble.density import Density
from sim.ensemble.planning import missing_spans
from sim.ensemble.statistics import AgentStatistics
from sim.ensemble.summary import agent_summary, summary
from sim.strictjson import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.ensemble.nominal import Nominal
    from sim.scenario import PropagationRequest

__all__ = ["Population"]

_MOST_PENDING: Final = 32 * 2**20  # bytes that wait to be merged, of all parts together


class Population:
    """The members that have been added so far; thread-safe.

    `parts()` are what is stored of a result; `finished` is how many members are in it. With
    `room_bytes`, parts that have room in it are held unpacked, and each block is merged as it
    comes: less is left to do when the last one is there.
    """

    def __init__(
        self, request: PropagationRequest, nominal: Nominal, *, room_bytes: int = 0
    ) -> None:
        self._request = request
        self._nominal = nominal
        self._room = room_bytes
        self._lock = threading.Lock()
        self._merged: dict[str, bytes] = {}
        self._opened: dict[str, Any] = {}
        self._pending: dict[str, list[bytes]] = {}
        self._ranges: list[range] = []

    @property
    def finished(self) -> int:
        """The number of members."""
        with self._lock:
            return sum(map(len, self._ranges))

    @property
    def nbytes(self) -> int:
        """The size of what is held, in bytes."""
        with self._lock:
            waiting = sum(len(data) for parts in self._pending.values() for data in parts)
            opened: int = sum(part.nbytes for part in self._opened.values())
            return waiting + opened + sum(map(len, self._merged.values()))

    @property
    def missing(self) -> list[range]:
        """The members that are not there, in order."""
        with self._lock:
            there = [(known.start, len(known)) for known in self._ranges]
        return [range(span.first, span.end) for span in missing_spans(self._request.members, there)]

    @property
    def is_complete(self) -> bool:
        """Whether all members are there."""
        return self.finished == self._request.members

    def add(self, first: int, count: int, parts: Mapping[str, bytes]) -> None:
        """Add the members of a block, each once; raises ValueError for members that are there."""
        added = range(first, first + count)
        with self._lock:
            if any(added.start < r.stop and r.start < added.stop for r in self._ranges):
                raise ValueError(f"members {first} to {first + count - 1} are there already")
            for name in self._names:
                self._pending.setdefault(name, []).append(parts[name])
            self._ranges.append(added)
            for name in self._names if self._room else ():
                if name in self._opened or name not in self._merged:
                    self._merge(name)
            self._merge_the_most()

    @property
    def _names(self) -> tuple[str, ...]:
        """The parts of a block that are merged."""
        agents = range(len(self._request.analysed))
        return (*(f"agent/{j}" for j in agents), *(f"density/{j}" for j in agents))

    def _merge_the_most(self) -> None:
        """Merge the parts of which most waits, until no more waits than may."""
        waiting = {name: sum(map(len, parts)) for name, parts in self._pending.items()}
        while sum(waiting.values()) > _MOST_PENDING:
            name = max(waiting, key=waiting.__getitem__)
            self._merge(name)
            del waiting[name]

    def _merge(self, name: str) -> Any:  # noqa: ANN401 - AgentStatistics, or Density
        """Merge what waits of a part, small ones first; return it unpacked."""
        kind: Any = AgentStatistics if name.startswith("agent/") else Density
        waiting, known = self._pending.pop(name, []), self._opened.get(name)
        if known is None and name in self._merged:
            waiting.append(self._merged[name])
        elif not waiting:
            return known
        smallest, *larger = map(kind.from_bytes, sorted(waiting, key=len))
        merged = reduce(lambda one, other: one.merged(other), larger, smallest)
        merged = merged if known is None else known.merged(merged)
        self._hold(name, merged)
        return merged

    def _hold(self, name: str, merged: Any) -> None:  # noqa: ANN401 - as above
        """Hold a part unpacked where there is room for it, else packed."""
        self._opened.pop(name, None)
        self._merged.pop(name, None)
        opened = sum(part.nbytes for part in self._opened.values())
        if opened + merged.nbytes <= self._room:
            self._opened[name] = merged
        else:
            self._merged[name] = merged.to_bytes()

    def _packed(self, name: str) -> bytes:
        merged = self._merge(name)
        if name not in self._merged:
            self._merged[name] = merged.to_bytes()
        return self._merged[name]

    def parts(self) -> dict[str, bytes]:
        """Return what is merged, packed, by name."""
        with self._lock:
            return {name: self._packed(name) for name in self._names}

    def document(self) -> dict[str, Any]:
        """Return the summary (`sim.ensemble.summary`), of the members that are there."""
        agents = {}
        for j, a in enumerate(self._request.analysed):
            with self._lock:
                statistics, density = self._merge(f"agent/{j}"), self._merge(f"density/{j}")
            name = self._request.trajectory.scenario.names[a]
            agents[name] = agent_summary(self._request, self._nominal, j, statistics, density)
        return summary(self._request, agents)

    def result(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a manifest's `result`: the same bits however the members were computed.

        `document` is the summary. Its digest and those of all that was counted stand for them.
        """
        content = {"summary": hashlib.sha256(canonical_json(document).encode()).hexdigest()}
        for name in self._names:
            with self._lock:
                content[name] = self._merge(name).content_digest
        told = ("primary", "outcomes", "escape", "closest", "density", "sentence")
        return {
            "members": self._request.members,
            "grid": {"level": document["grid"]["level"]},
            "agents": {
                name: {key: agent[key] for key in told}
                for name, agent in document["agents"].items()
            },
            "content": content,
        }
