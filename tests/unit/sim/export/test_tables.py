"""Claims about tables as files: every value reads back, and nulls are told from all else."""

from __future__ import annotations

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.export.tables import TABLES, rows_of

SCHEMA = pa.schema(
    [
        pa.field("member", pa.int64(), nullable=False),
        pa.field("agent", pa.dictionary(pa.int16(), pa.string()), nullable=False),
        ("outcome", pa.dictionary(pa.int8(), pa.string())),
        ("closest", pa.float64()),
        ("escape_at", pa.int64()),
    ]
)
ROWS = [
    {"member": 0, "agent": "A, B", "outcome": "bound", "closest": 0.1, "escape_at": None},
    {"member": 0, "agent": 'the "C"', "outcome": None, "closest": None, "escape_at": 2**53 - 1},
    {"member": 1, "agent": "A, B", "outcome": "none", "closest": 5e-324, "escape_at": 0},
    {"member": 1, "agent": "null", "outcome": "bound", "closest": -1e300, "escape_at": None},
]
NAMES = ["A, B", 'the "C"', "null"]


def batch(rows: list[dict[str, object]]) -> pa.RecordBatch:
    words = {"agent": (NAMES, pa.int16()), "outcome": (["bound", "none"], pa.int8())}
    arrays = []
    for field in SCHEMA:
        values = [row[field.name] for row in rows]
        if field.name in words:
            known, kind = words[field.name]
            codes = pa.array([None if v is None else known.index(v) for v in values], kind)  # type: ignore[arg-type]
            arrays.append(pa.DictionaryArray.from_arrays(codes, known))
        else:
            arrays.append(pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def written(form: str, *sizes: int) -> bytes:
    whole, batches, at = batch(ROWS), [], 0
    for size in sizes or (4,):
        batches.append(whole.slice(at, size))
        at += size
    return b"".join(TABLES[form](batches, SCHEMA))


@pytest.mark.parametrize("form", TABLES)
def test_equal_rows_give_equal_bytes_however_they_are_divided(form: str) -> None:
    assert written(form) == written(form, 1, 0, 2, 1)


def test_csv_reads_back_to_the_same_values_and_null_is_an_empty_cell() -> None:
    read = list(csv.reader(io.StringIO(written("csv").decode())))
    assert read[0] == SCHEMA.names
    for cells, row in zip(read[1:], ROWS, strict=True):
        assert cells[1:3] == [row["agent"], row["outcome"] or ""]
        for cell, name in zip(cells[3:], ("closest", "escape_at"), strict=True):
            assert (float(cell) if cell else None) == row[name]


def test_json_is_an_array_of_objects() -> None:
    assert json.loads(written("json")) == ROWS
    assert rows_of(batch(ROWS)) == ROWS


def test_arrow_and_parquet_hold_the_same_table() -> None:
    arrow = pa.ipc.open_file(written("arrow")).read_all()
    parquet = pq.read_table(io.BytesIO(written("parquet")))
    assert arrow.to_pylist() == parquet.to_pylist() == ROWS
    assert arrow.schema == SCHEMA


@pytest.mark.parametrize("form", TABLES)
def test_a_table_without_rows_is_a_file_all_the_same(form: str) -> None:
    empty = b"".join(TABLES[form]([], SCHEMA))
    assert b"".join(TABLES[form]([batch([])], SCHEMA)) == empty
    match form:
        case "json":
            assert json.loads(empty) == []
        case "csv":
            assert empty.decode().split() == [",".join(SCHEMA.names)]
        case "arrow":
            assert pa.ipc.open_file(empty).read_all().num_rows == 0
        case _:
            assert pq.read_table(io.BytesIO(empty)).num_rows == 0
