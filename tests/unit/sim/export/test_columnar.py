from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
import pytest

from sim.export import FORMATS, export
from tests.nano_records import SCHEMA
from tests.unit.sim.export.samples import initial, many

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(name: str, data: bytes) -> pa.Table:
    if name == "arrow":
        return pa.ipc.open_file(data).read_all()
    return pyarrow.parquet.read_table(io.BytesIO(data))


@pytest.mark.parametrize("name", ["arrow", "parquet"])
@pytest.mark.parametrize("rows", [0, 1, 65_536, 140_000])
def test_records_read_back_bit_for_bit(name: str, rows: int) -> None:
    batches = [initial(["Planet", "Satellite"]), many(rows)]
    table = read(name, b"".join(export(batches, FORMATS[name], SCHEMA)))
    assert table.schema.equals(SCHEMA)
    expected = pa.Table.from_batches(batches)
    assert table.num_rows == rows + 2
    for column in SCHEMA.names:
        ours, theirs = table.column(column), expected.column(column)
        assert ours.to_numpy().tobytes() == theirs.to_numpy().tobytes() or column == "agent"
        assert ours.cast(theirs.type).equals(theirs)


@pytest.mark.parametrize("name", ["arrow", "parquet"])
def test_nothing_is_still_a_whole_file(name: str) -> None:
    table = read(name, b"".join(export([], FORMATS[name], SCHEMA)))
    assert table.schema.equals(SCHEMA)
    assert table.num_rows == 0


@pytest.mark.parametrize("name", ["arrow", "parquet"])
def test_bytes_do_not_depend_on_how_records_are_batched(name: str) -> None:
    whole = many(140_000)
    cut = [whole.slice(at, 33_333) for at in range(0, 140_000, 33_333)]
    assert b"".join(export([whole], FORMATS[name], SCHEMA)) == b"".join(
        export(cut, FORMATS[name], SCHEMA)
    )


@pytest.mark.parametrize("name", ["arrow", "parquet"])
def test_a_file_comes_in_pieces_while_its_records_do(name: str) -> None:
    batch = many(200_000)
    seen: list[int] = []

    def endless() -> Iterator[pa.RecordBatch]:
        for i in range(1_000):
            seen.append(i)
            yield batch

    pieces = export(endless(), FORMATS[name], SCHEMA)
    for _ in range(5):
        next(pieces)
    assert len(seen) < 10


def test_readers_can_skip_row_groups_by_time() -> None:
    data = b"".join(export([many(300_000)], FORMATS["parquet"], SCHEMA))
    metadata = pyarrow.parquet.read_metadata(io.BytesIO(data))
    assert metadata.num_row_groups == 10
    assert metadata.row_group(1).column(2).statistics.has_min_max
