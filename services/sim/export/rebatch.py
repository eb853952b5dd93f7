"""Batches of one size, so that a file's bytes do not depend on the batches of its input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["rebatch"]


def rebatch(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in batches of exactly `rows`; the last may be shorter, none is empty."""
    held: list[pa.RecordBatch] = []
    missing = rows
    for batch in batches:
        rest = batch
        while rest.num_rows:
            piece = rest.slice(0, missing)
            rest = rest.slice(piece.num_rows)
            held.append(piece)
            missing -= piece.num_rows
            if not missing:
                yield _joined(held)
                held, missing = [], rows
    if held:
        yield _joined(held)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
