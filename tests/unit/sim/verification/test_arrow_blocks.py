from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.verification.arrow_blocks import Block, dictionary_blocks, record_blocks

ROWS = 1_000
TABLE = pa.table(
    {
        "agent": pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(ROWS, np.int16)), ["Planet", "Satellite"]
        ),
        "x": np.zeros(ROWS),
    }
)


def written(**options: object) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, TABLE.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(TABLE, max_chunksize=400)
    return sink.getvalue()


PACKED = written(compression="zstd")


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_rows_and_bytes_are_those_that_a_reader_unpacks(compression: str) -> None:
    data = written(compression=compression)
    assert record_blocks(data) == [Block(400, 4_000), Block(400, 4_000), Block(200, 2_000)]
    (words,) = dictionary_blocks(data)
    assert words == Block(2, 3 * 4 + len("PlanetSatellite"))


def test_what_is_not_packed_takes_no_bytes() -> None:
    data = written()
    assert [block.unpacked for block in (*record_blocks(data), *dictionary_blocks(data))] == [0] * 4


@pytest.mark.parametrize("version", [pa.ipc.MetadataVersion.V4])
def test_a_form_in_which_bodies_could_be_packed_otherwise_is_refused(version: object) -> None:
    with pytest.raises(ValueError, match=r"before Arrow 1\.0"):
        record_blocks(written(metadata_version=version))


@given(st.integers(0, len(PACKED) - 1), st.binary(min_size=1, max_size=8))
def test_what_is_no_arrow_file_raises_nothing_else_than_value_error(at: int, new: bytes) -> None:
    data = PACKED[:at] + new + PACKED[at + len(new) :]
    for blocks in (record_blocks, dictionary_blocks):
        try:
            assert all(block.unpacked >= 0 for block in blocks(data))
        except ValueError as error:
            assert str(error)  # noqa: PT017 - or they are as they say


def test_an_end_that_is_missing_is_a_value_error() -> None:
    for size in (0, 6, 12, len(PACKED) // 2):
        with pytest.raises(ValueError, match="it points outside itself"):
            record_blocks(PACKED[:size])
