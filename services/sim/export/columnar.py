"""Arrow and Parquet files, written as a stream.

Guarantees:

- Both are complete files (the Arrow one in the IPC file format), although they are written to a
  stream that cannot seek.
- A Parquet file's row groups have 32,768 rows, with minima and maxima of all columns, so that
  readers can skip row groups outside a window of time.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, Protocol

import pyarrow as pa
import pyarrow.parquet

from sim.export.rebatch import rebatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed import ReadableBuffer

__all__ = ["write_arrow", "write_parquet"]

_ROWS: Final = 32_768  # with 65,536 a file is 0.2 % smaller, and its writer needs 20 MB more
# Row groups. What lies free between their buffers grows to 40 MB in every second process; to give
# it back after each group takes a sixth of the time, after eight a twentieth.
_BETWEEN_RELEASES: Final = 8


class _StreamBuffer(io.RawIOBase):
    """A file whose contents can be taken while it is being written."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: ReadableBuffer) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._position += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """Return the bytes written since the last call."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


class _Writer(Protocol):
    def write_batch(self, batch: pa.RecordBatch) -> None: ...
    def close(self) -> None: ...


def write_arrow(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[bytes]:
    """Yield an Arrow IPC file (Feather version 2), uncompressed."""
    drain = _StreamBuffer()
    return _write(rebatch(batches, _ROWS), drain, pa.ipc.new_file(drain, schema))


def write_parquet(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[bytes]:
    """Yield a Parquet file: zstd over doubles split into streams of their bytes."""
    drain = _StreamBuffer()
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    writer = pyarrow.parquet.ParquetWriter(
        drain,
        schema,
        compression="zstd",
        use_dictionary=words,
        use_byte_stream_split=[
            name for name in schema.names if name not in words
        ],  # Parquet's encoding 9: 13 % smaller, no slower
    )
    return _write(_releasing(rebatch(batches, _ROWS)), drain, writer)


def _releasing(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the batches; now and then give what Arrow has freed back to the system."""
    for count, batch in enumerate(batches, 1):
        yield batch
        if count % _BETWEEN_RELEASES == 0:
            pa.default_memory_pool().release_unused()


def _write(
    batches: Iterator[pa.RecordBatch], drain: _StreamBuffer, writer: _Writer
) -> Iterator[bytes]:
    """Yield the bytes of each batch, and of the end of the file."""
    for batch in batches:
        writer.write_batch(batch)
        yield drain.take()
    writer.close()
    yield drain.take()
