"""Batches of rows as one table in memory, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from porta.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

__all__ = ["MOST_ROWS", "table_of"]

MOST_ROWS: Final = 20_000_000
"""The most rows of a table: some 1.5 GB."""


def table_of(
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    *,
    instead: str,
    expected: int = 0,
    most: int = MOST_ROWS,
) -> pa.Table:
    """Return batches as one table; raises LimitError, which says what to ask for `instead`.

    `schema` is theirs, and may say more of itself than each of them does.

    `expected` is how many rows are known to come: too many are refused before the first is made.
    """
    import pyarrow as pa

    if expected > most:
        raise _too_many(f"{expected:,} rows", most, instead)
    columns = schema.remove_metadata()
    table = pa.Table.from_batches(_bounded(batches, most, instead), columns)
    return table.replace_schema_metadata(schema.metadata)


def _bounded(
    batches: Iterable[pa.RecordBatch], most: int, instead: str
) -> Iterator[pa.RecordBatch]:
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        if rows > most:
            raise _too_many(f"more than {most:,} rows", most, instead)
        yield batch


def _too_many(rows: str, most: int, instead: str) -> LimitError:
    return LimitError(
        "table", f"This table would have {rows}, and at most {most:,} fit in one; {instead}."
    )
