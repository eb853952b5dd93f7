"""An ensemble in this process: computed on its cores, with its summary and its table.

>>> from sim import PropagationRequest
>>> ensemble = compute(PropagationRequest(1_000, members=100))
>>> ensemble.document()["agents"]["Satellite"]["sentence"]
'Of 100 members, none has escaped by step 1,000; the median closest approach is 0.508 to 0.512.'
>>> ensemble.table().num_rows
200
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sim.ensemble.local import run_blocks
from sim.ensemble.members import unpack_members
from sim.ensemble.nominal import nominal_of
from sim.ensemble.population import Population
from sim.ensemble.table import table_of, table_schema

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from sim.ensemble.block import Block
    from sim.ensemble.nominal import Nominal
    from sim.kernel.lanes import Members
    from sim.scenario import PropagationRequest

__all__ = ["ComputedEnsemble", "compute"]


class ComputedEnsemble:
    """An ensemble of blocks that are added as they come; `keep_members` for its table."""

    def __init__(
        self, request: PropagationRequest, nominal: Nominal, *, keep_members: bool = True
    ) -> None:
        self.request = request
        self.nominal = nominal
        self.population = Population(request, nominal)
        self.core_s = 0.0  # in which its blocks were computed, all together
        self._keep_members = keep_members
        self._members: dict[tuple[int, int], bytes] = {}

    def add(self, block: Block) -> None:
        """Add a block; raises ValueError for members that are there."""
        self.population.add(block.first, block.count, block.parts)
        self.core_s += block.seconds
        if self._keep_members:
            self._members[block.first, block.count] = block.parts["members"]

    @property
    def nbytes(self) -> int:
        """The size of what is held, in bytes."""
        return self.population.nbytes + sum(map(len, self._members.values()))

    def document(self) -> dict[str, Any]:
        """Return its summary: grid, quantiles, survival and outcomes, agent by agent."""
        return self.population.document()

    def members(self) -> Iterator[tuple[int, Members]]:
        """Yield the members that were kept, in blocks: the first one's number, and they."""
        for first, count in sorted(self._members):
            data = self._members[first, count]
            members, _ = unpack_members(self.request, first, count, data)
            yield first, members

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows of the members that were kept, in order: one for each member and agent."""
        return (table_of(self.request, first, members) for first, members in self.members())

    def table(self) -> pa.Table:
        """Return all rows as one table; the columns are those of `sim.ensemble.table`."""
        return pa.Table.from_batches(self.rows(), table_schema(self.request.trajectory.scenario))


def compute(
    request: PropagationRequest,
    *,
    threads: int | None = None,
    keep_members: bool = True,
    on_progress: Callable[[int], None] | None = None,
    cancelled: threading.Event | None = None,
) -> ComputedEnsemble:
    """Compute an ensemble in this process, on `threads` cores: all of the machine's by default.

    `on_progress` is called with the number of members that are done. Once `cancelled` is set, what
    is returned has the members that were done by then.
    """
    ensemble = ComputedEnsemble(request, nominal_of(request), keep_members=keep_members)

    def add(block: Block) -> None:
        ensemble.add(block)
        if on_progress is not None:
            on_progress(ensemble.population.finished)

    run_blocks(
        request,
        ensemble.nominal,
        [(0, request.members)],
        threads=threads or os.cpu_count() or 1,
        on_block=add,
        cancelled=cancelled,
    )
    return ensemble
