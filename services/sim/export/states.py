"""States at times, written in the formats of records: a row for each time and agent.

Guarantees, as for records: memory is constant, every number reads back to the same double, and
equal rows give equal bytes. A row begins with its time `t`; where the agent's clock has not gone
beyond it, all else is null (an empty cell in CSV).
"""

from __future__ import annotations

import json
import math
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson

from sim.export.columnar import write_arrow, write_parquet
from sim.export.oem import write_oem
from sim.export.rebatch import rebatch
from sim.export.text import csv_cell, script_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa

    from sim.export.formats import Format

__all__ = ["BYTES_PER_ROW", "WRITERS", "export_states"]

BYTES_PER_ROW: Final = 240  # of the longest format, JSON; for estimates only

_ROWS: Final = 8192  # in a piece of text, some 2 MB
_NULL: Final = b"null"


def export_states(
    batches: Iterable[pa.RecordBatch], to: Format, schema: pa.Schema
) -> Iterator[bytes]:
    """Write batches of this schema (`sim.records.states_schema_of`) as the pieces of one file."""
    return WRITERS[to.name](batches, schema)


def _columns(batch: pa.RecordBatch) -> list[str]:
    """Return the names of the columns of doubles after the time: t0, t1 and the state's."""
    return [name for name in batch.schema.names if name not in {"t", "agent"}]


def _texts(batch: pa.RecordBatch, *, infinity: bytes) -> list[list[bytes]]:
    """Return the text of each number by row, the time first; null where there is none."""
    columns = [
        batch.column(name).to_numpy(zero_copy_only=False) for name in ("t", *_columns(batch))
    ]
    table = np.column_stack(columns)
    texts = orjson.dumps(table.ravel(), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
    for place in np.flatnonzero(np.isneginf(table.ravel())).tolist():
        texts[place] = infinity
    width = table.shape[1]
    return [texts[place : place + width] for place in range(0, len(texts), width)]


def _agents(batch: pa.RecordBatch, encode: Callable[[str], str]) -> list[bytes]:
    names = [encode(name).encode() for name in batch.column("agent").dictionary.to_pylist()]
    return [names[index] for index in batch.column("agent").indices.to_pylist()]


def _write_csv(batches: Iterable[pa.RecordBatch], _schema: pa.Schema) -> Iterator[bytes]:
    header = True
    for batch in rebatch(batches, _ROWS):
        lines = [",".join(["t", "agent", *_columns(batch)]).encode()] if header else []
        header = False
        for name, (time, *numbers) in zip(
            _agents(batch, csv_cell), _texts(batch, infinity=b"-inf"), strict=True
        ):
            cells = (b"" if number == _NULL else number for number in numbers)
            lines.append(b",".join([time, name, *cells]))
        yield b"\n".join(lines) + b"\n"


def _write_nested(
    batches: Iterable[pa.RecordBatch], _schema: pa.Schema, *, opening: bytes, infinity: bytes
) -> Iterator[bytes]:
    separator = opening
    for batch in rebatch(batches, _ROWS):
        keys = [json.dumps(name).encode() for name in ("time", *_columns(batch)[2:])]
        parts = []
        for name, (time, t0, *state) in zip(
            _agents(batch, script_safe), _texts(batch, infinity=infinity), strict=True
        ):
            if state[0] == _NULL:
                held = _NULL
            else:
                pairs = zip(keys, state, strict=True)
                held = b"{" + b", ".join(key + b": " + value for key, value in pairs) + b"}"
            parts.append(b"[%b, %b, %b, {%b: %b}]" % (time, t0, state[0], name, held))
        yield separator + b",\n".join(parts)
        separator = b",\n"
    yield (opening if separator == opening else b"") + b"]\n"


_JSON: Final = partial(_write_nested, opening=b"[", infinity=_NULL)
_JS: Final = partial(
    _write_nested, opening=b"data = [", infinity=repr(-math.inf).replace("inf", "Infinity").encode()
)

WRITERS: Final[Mapping[str, Callable[[Iterable[pa.RecordBatch], pa.Schema], Iterator[bytes]]]] = {
    "js": _JS,
    "json": _JSON,
    "csv": _write_csv,
    "arrow": write_arrow,
    "parquet": write_parquet,
    "oem": write_oem,
}
