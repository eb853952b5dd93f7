from __future__ import annotations

import io
import mmap
import struct
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.verification.arrow_blocks import (
    FOOTER_BYTES,
    Block,
    dictionary_blocks,
    record_blocks,
)

if TYPE_CHECKING:
    from pathlib import Path

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


BLOCK = struct.Struct(
    "<qi4xq"
)  # of the footer: where a block is, and the bytes of its head and body
TAIL = struct.Struct("<i6s")


def blocks_of(data: bytes) -> tuple[int, list[tuple[int, int, int]]]:
    """Return where the footer refers to the record batches, and what it says of them."""
    (length, _), u32 = TAIL.unpack(data[-TAIL.size :]), struct.Struct("<I")
    start = len(data) - TAIL.size - length
    table = start + u32.unpack_from(data, start)[0]
    fields = table - struct.unpack_from("<i", data, table)[0]
    at = table + struct.unpack_from("<H", data, fields + 4 + 2 * 3)[0]
    vector = at + u32.unpack_from(data, at)[0]
    count = u32.unpack_from(data, vector)[0]
    return at, [BLOCK.unpack_from(data, vector + 4 + BLOCK.size * i) for i in range(count)]


def with_blocks(data: bytes, blocks: list[tuple[int, int, int]]) -> bytes:
    """Return an Arrow file whose footer says that these are its record batches."""
    at, _ = blocks_of(data)
    length, magic = TAIL.unpack(data[-TAIL.size :])
    rest = data[: -TAIL.size]
    patched = rest[:at] + struct.pack("<I", len(rest) - at) + rest[at + 4 :]
    vector = struct.pack("<I", len(blocks)) + b"".join(BLOCK.pack(*block) for block in blocks)
    return patched + vector + TAIL.pack(length + len(vector), magic)


def test_a_footer_that_has_the_same_block_often_is_refused() -> None:
    _, blocks = blocks_of(PACKED)
    assert record_blocks(with_blocks(PACKED, blocks)) == record_blocks(PACKED)
    for at, head, body in blocks:
        for lengths in ((head, body), (head, 0), (0, body)):
            many = with_blocks(PACKED, [(at, *lengths)] * 20_000)
            with pytest.raises(ValueError, match=r"longer than the file|points outside itself"):
                record_blocks(many)


def test_blocks_of_lengths_that_can_not_be_are_refused() -> None:
    _, [(at, head, body), *others] = blocks_of(PACKED)
    for block in ((at, -head, body), (at, head, -body), (-at, head, body), (at, head, 2**62)):
        with pytest.raises(ValueError, match=r"longer than the file|points outside itself"):
            record_blocks(with_blocks(PACKED, [block, *others]))


def test_the_head_of_a_block_is_read_within_itself() -> None:
    _, [(at, head, body), *others] = blocks_of(PACKED)
    with pytest.raises(ValueError, match="points outside itself"):
        record_blocks(with_blocks(PACKED, [(at, head // 2, body), *others]))


def test_a_footer_that_is_larger_than_any_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "holes.arrow"
    with path.open("w+b") as file:
        file.seek(FOOTER_BYTES + 1)
        file.write(TAIL.pack(FOOTER_BYTES + 1, b"ARROW1"))
        file.flush()
        with (
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            pytest.raises(ValueError, match=r"a footer of 268,435,457 bytes"),
        ):
            record_blocks(mapped)
