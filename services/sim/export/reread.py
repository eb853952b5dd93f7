"""Batches that can be read more than once, and those of one agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Reread", "of_agent"]


class Reread:
    """Batches that are read anew each time that they are iterated over: `read` yields the same.

    A format that has an agent's records together, which are computed among those of others, reads
    them more than once: they are remade sooner than they could be stored.
    """

    def __init__(self, read: Callable[[], Iterable[pa.RecordBatch]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return iter(self._read())


def of_agent(batches: Iterable[pa.RecordBatch], agent: int | None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the agent with this number; all for None."""
    for batch in batches:
        if agent is None:
            yield batch
        else:
            indices = batch.column("agent").indices.to_numpy(zero_copy_only=False)
            yield batch.filter(pa.array(indices == agent))
