"""Claims about files that are none of ours, or no longer: each is a sentence, quickly."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet
import pytest

from sim import Propagation, Trajectory
from sim.errors import DamagedError, VerificationError
from sim.export.metadata import KEY, sidecar_path
from sim.verification import verify
from tests.unit.sim.verification.samples import ALL, SAMPLE
from tests.written_files import records_file

if TYPE_CHECKING:
    from pathlib import Path

    from sim.verification import Verification

SHORT = Propagation.open(Trajectory(), 500)


@pytest.mark.parametrize("form", ["parquet", "arrow"])
@pytest.mark.parametrize("part", [0.01, 0.5, 0.999])
def test_a_truncated_file_is_damaged(tmp_path: Path, form: str, part: float) -> None:
    path = records_file(tmp_path / f"orbit.{form}", SHORT)
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    with pytest.raises(DamagedError, match="is not a whole"):
        verify(path, ALL)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("orbit.parquet", b"no table at all", "no Parquet file"),
        ("orbit.parquet", b"PAR1", "its end is missing"),
        ("orbit.parquet", b"PAR1" + b"x" * 100 + struct.pack("<I", 2**31) + b"PAR1", "end is miss"),
        ("orbit.parquet", b"PAR1" + b"x" * 100 + struct.pack("<I", 50) + b"PAR1", "not a whole"),
        ("orbit.arrow", b"ARROW1\0\0" + b"\xff" * 64 + b"ARROW1", "not a whole Arrow file"),
        ("orbit.csv", b"a,b\n1,2\n", r"orbit\.csv\.meta\.json is missing beside it"),
        ("orbit", b"", "its suffix is of no text"),
    ],
)
def test_what_is_no_file_of_porta_is_refused_with_a_sentence(
    tmp_path: Path, name: str, data: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(VerificationError, match=sentence):
        verify(path, ALL)


def test_a_table_that_says_nothing_of_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs.parquet"
    pyarrow.parquet.write_table(pa.table({"x": [1.0]}), path)
    with pytest.raises(VerificationError, match="Porta did not write it"):
        verify(path, ALL)


@pytest.mark.parametrize("metadata", [b"{", b"[]", b"{}", b"null", b"[" * 10_000])
def test_metadata_that_is_no_metadata_is_refused(tmp_path: Path, metadata: bytes) -> None:
    path = tmp_path / "theirs.parquet"
    table = pa.table({"x": [1.0]}).replace_schema_metadata({b"porta": metadata})
    pyarrow.parquet.write_table(table, path)
    with pytest.raises(VerificationError, match=r"not JSON|does not write"):
        verify(path, ALL)


def written_again(path: Path, agents: pa.Array, **options: object) -> None:
    """Write the file with other agents, as plain text, as many rows as they are."""
    schema = pyarrow.parquet.read_schema(path)
    columns = dict.fromkeys(schema.names, np.zeros(len(agents))) | {"agent": agents}
    other = pa.table(columns)
    with pyarrow.parquet.ParquetWriter(path, other.schema, store_schema=False, **options) as writer:
        writer.write_table(other)
        writer.add_key_value_metadata({KEY: schema.metadata[KEY]})


def peak_growth(path: Path) -> tuple[Verification, int]:
    """Verify; return also by how many bytes pyarrow held more than it did at its most before."""
    before = pa.default_memory_pool().max_memory()
    return verify(path, ALL), pa.default_memory_pool().max_memory() - before


def test_long_text_that_each_row_repeats_is_read_once(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.parquet", SHORT)
    agents = pa.DictionaryArray.from_arrays(pa.array([0] * 8_192), pa.array(["x" * 60_000]))
    written_again(path, agents)
    assert path.stat().st_size < 100_000
    found, growth = peak_growth(path)  # 490 MB, if each row had its own
    assert found.differences[0].where == "row 0, column agent"
    assert growth < 2**25


def test_a_column_that_unpacks_to_far_more_than_its_rows_need_is_damage(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.parquet", SHORT)
    agents = pa.array(["x" * 20_000] * 1_000)
    written_again(path, agents, use_dictionary=False, compression="zstd")
    found, growth = peak_growth(path)
    assert "column agent of row group 0 has 1,000 values in 20,0" in found.differences[0].stored
    assert growth < 2**23


def packed_again(path: Path, table: pa.Table, rows: int = 30_000) -> None:
    """Write an Arrow file of a table, packed, that says what the one at this path says."""
    with pa.ipc.open_file(path) as file:
        metadata = file.schema.metadata
    told = table.replace_schema_metadata(metadata)
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with (
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_file(sink, told.schema, options=options) as writer,
    ):
        writer.write_table(told, max_chunksize=rows)


def test_an_arrow_file_that_another_program_has_packed_still_holds_its_values(
    tmp_path: Path,
) -> None:
    path = records_file(tmp_path / "orbit.arrow", SHORT)
    packed_again(path, pa.ipc.open_file(path).read_all(), rows=100)
    assert verify(path, SAMPLE).ok
    (found,) = verify(path, ALL).differences
    assert found.where.endswith(", outside the values")


def test_a_batch_of_arrow_that_unpacks_to_far_more_than_a_file_has_is_damage(
    tmp_path: Path,
) -> None:
    path = records_file(tmp_path / "orbit.arrow", SHORT)
    with pa.ipc.open_file(path) as file:
        schema = file.schema
    zeros = pa.array(np.zeros(5_000_000))
    agents = pa.DictionaryArray.from_arrays(pa.array(np.zeros(5_000_000, np.int16)), ["Planet"])
    columns = [agents if name == "agent" else zeros for name in schema.names]
    packed_again(path, pa.Table.from_arrays(columns, names=schema.names), rows=5_000_000)
    assert path.stat().st_size < 2**20
    found, growth = peak_growth(path)
    assert "record batch 0 unpacks to 290,000,000 bytes" in found.differences[0].stored
    assert growth < 2**23


def test_dictionaries_of_arrow_that_unpack_to_far_more_than_words_are_refused(
    tmp_path: Path,
) -> None:
    path = records_file(tmp_path / "orbit.arrow", SHORT)
    agents = pa.DictionaryArray.from_arrays(pa.array([0], pa.int16()), ["x" * (2**28 + 1)])
    packed_again(path, pa.table({"agent": agents}))
    before = pa.default_memory_pool().max_memory()
    with pytest.raises(VerificationError, match="has dictionaries that unpack to 268,435,"):
        verify(path, ALL)
    assert pa.default_memory_pool().max_memory() == before


@pytest.mark.parametrize(
    "column",
    [pa.array([[1.0] * 10]), pa.array([b"x" * 10], pa.binary(10)), pa.array([{"x": 1.0}])],
    ids=lambda column: str(column.type),
)
def test_columns_of_rows_of_any_size_are_refused(tmp_path: Path, column: pa.Array) -> None:
    path = records_file(tmp_path / "orbit.parquet", SHORT)
    metadata = pyarrow.parquet.read_schema(path).metadata
    pyarrow.parquet.write_table(pa.table({"t": column}).replace_schema_metadata(metadata), path)
    with pytest.raises(VerificationError, match="neither of numbers nor of text"):
        verify(path, ALL)


def test_text_that_is_none_is_damage(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.parquet", SHORT)
    agents = pa.array([b"\xff"] * 805).cast(pa.string(), safe=False)
    written_again(path, agents)
    found = verify(path, ALL).differences[0]
    assert found.where == "a part of the file"


def test_a_folder_that_porta_has_not_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="no folder that Porta has exported"):
        verify(tmp_path, ALL)


@pytest.mark.parametrize(
    "place",
    ["seal", "file", "file.bytes", "file.sha256", "id", "columns.x.unit", "model.name", "request"],
)
def test_a_sidecar_that_is_nested_deeply_anywhere_is_refused(tmp_path: Path, place: str) -> None:
    path = records_file(tmp_path / "orbit.csv", SHORT)
    document = orjson.loads(sidecar_path(path).read_bytes())
    *names, last = place.split(".")
    within = document
    for name in names:
        within = within[name]
    within[last] = "@"
    nested = b"[" * 1_000 + b"]" * 1_000
    sidecar_path(path).write_bytes(orjson.dumps(document).replace(b'"@"', nested))
    with pytest.raises(VerificationError, match="nested more deeply than Porta writes"):
        verify(path, ALL)
