"""Named arrays and a JSON header as bytes: an Arrow IPC file, never a pickle.

Guarantees: arrays read back with the same bits. Reading any other bytes raises ArrayFileError, or
returns arrays that the reader has to check: the format has no checksum of its own.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import orjson
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

__all__ = ["ArrayFileError", "array_file", "read_array_file"]

_HEADER: Final = b"stretch"  # the key of the schema's metadata in files that exist


class ArrayFileError(ValueError):
    """Bytes that are not an array file."""


def array_file(header: Mapping[str, object], arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """Return the arrays, flattened, as one row of an Arrow IPC file with zstd."""
    columns = {
        name: pa.LargeListArray.from_arrays([0, array.size], pa.array(array.ravel()))
        for name, array in arrays.items()
    }
    schema = pa.schema([(name, column.type) for name, column in columns.items()])
    schema = schema.with_metadata({_HEADER: orjson.dumps(header)})
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(sink, schema, options=options) as writer:
        writer.write_batch(pa.record_batch(list(columns.values()), schema=schema))
    return sink.getvalue()


def read_array_file(data: bytes) -> tuple[Any, dict[str, np.ndarray[Any, Any]]]:
    """Return the header, as parsed JSON, and the flat arrays; raises ArrayFileError."""
    try:
        with pa.ipc.open_file(pa.BufferReader(data)) as reader:
            header = orjson.loads((reader.schema.metadata or {})[_HEADER])
            batch = reader.get_batch(0)
            batch.validate(full=True)
            return header, {name: _flat(batch, name) for name in batch.schema.names}
    except (
        OSError,
        pa.ArrowException,
        orjson.JSONDecodeError,
        KeyError,
        IndexError,
        TypeError,
        ValueError,
    ) as error:
        raise ArrayFileError("the bytes are not an array file") from error


def _flat(batch: pa.RecordBatch, name: str) -> np.ndarray[Any, Any]:
    values: np.ndarray[Any, Any] = batch.column(name).flatten().to_numpy(zero_copy_only=True)
    return values
