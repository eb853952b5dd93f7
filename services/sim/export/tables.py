"""Tables of numbers and words, with nulls, in the formats of records.

Guarantees, as for records: memory is constant, every number reads back to the same one, and equal
rows give equal bytes. In CSV a null is an empty cell; JSON is an array with an object for each row.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

import orjson
import pyarrow as pa

from sim.export.columnar import write_arrow, write_parquet
from sim.export.rebatch import rebatch
from sim.export.text import csv_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Writer: TypeAlias = Callable[[Iterable[pa.RecordBatch], pa.Schema], Iterator[bytes]]

__all__ = ["TABLES", "rows_of"]

_ROWS: Final = 8_192  # in a piece of text, some 2 MB
_NULL: Final = b"null"


def rows_of(batch: pa.RecordBatch) -> list[dict[str, object]]:
    """Return the rows as objects of JSON, by column."""
    names, columns = batch.schema.names, [column.to_pylist() for column in batch.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _write_json(batches: Iterable[pa.RecordBatch], _schema: pa.Schema) -> Iterator[bytes]:
    separator = b"["
    for batch in rebatch(batches, _ROWS):
        yield separator + b",\n".join(map(orjson.dumps, rows_of(batch)))
        separator = b",\n"
    yield b"[]\n" if separator == b"[" else b"]\n"


def _write_csv(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[bytes]:
    yield ",".join(map(csv_cell, schema.names)).encode() + b"\n"  # RFC 4180, with a header
    for batch in rebatch(batches, _ROWS):
        rows = zip(*map(_cells, batch.columns), strict=True)
        yield b"".join([b",".join(row) + b"\n" for row in rows])


def _cells(column: pa.Array) -> list[bytes]:
    """Return the text of each value of a column."""
    if pa.types.is_dictionary(column.type):
        words = [csv_cell(word).encode() for word in column.dictionary.to_pylist()]
        return [b"" if at is None else words[at] for at in column.indices.to_pylist()]
    texts = orjson.dumps(column.to_pylist())[1:-1].split(b",")
    return [b"" if text == _NULL else text for text in texts]


TABLES: Final[Mapping[str, Writer]] = MappingProxyType(
    {"json": _write_json, "csv": _write_csv, "arrow": write_arrow, "parquet": write_parquet}
)
"""What writes batches of a schema as the pieces of one file, by the name of a format."""
