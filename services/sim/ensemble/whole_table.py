"""The whole table of members, filtered and sorted, batch by batch.

The order is that of `sim.ensemble.paging`. In the table's own order memory is bounded by a batch; a
sorted table is held as a whole, `held_bytes` of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from sim.ensemble.paging import chosen_rows, order_of, sort_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sim.ensemble.paging import Order

__all__ = ["held_bytes", "whole_table"]

ROWS: Final = 32_768  # of a sorted batch
COPIES: Final = 2  # of a sorted table, while its batches are joined


def held_bytes(schema: pa.Schema, rows: int) -> int:
    """Return how many bytes so many rows take while they are sorted."""
    widths: list[int] = [
        field.type.index_type.bit_width
        if pa.types.is_dictionary(field.type)
        else field.type.bit_width
        for field in schema
    ]
    keys = 24  # a value, whether it is missing, and a place
    return rows * (COPIES * (sum(widths) + len(widths)) // 8 + keys)


def whole_table(
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    *,
    where: Mapping[str, Collection[str]] | None = None,
    sort: str = "",
) -> Iterator[pa.RecordBatch]:
    """Yield all rows that are chosen, in order; `batches`, `where` and `sort` are those of `page`.

    Raises RequestError at once for what is no column or outcome.
    """
    order = order_of(schema, where or {}, sort)
    chosen = (chosen_rows(batch, where or {}) for batch in batches)
    return _sorted(schema, chosen, order) if order.column else chosen


def _sorted(
    schema: pa.Schema, batches: Iterator[pa.RecordBatch], order: Order
) -> Iterator[pa.RecordBatch]:
    table = pa.Table.from_batches(batches, schema).combine_chunks()
    for whole in table.to_batches():  # one, or none of an empty table
        missing, values = sort_values(whole, order)
        # Stable: ties stay in the table's own order, which is that of member and agent.
        by_value = np.argsort(values, kind="stable")
        at = by_value[np.argsort(missing[by_value], kind="stable")]
        for start in range(0, at.size, ROWS):
            yield whole.take(pa.array(at[start : start + ROWS]))
