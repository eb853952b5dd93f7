from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.array_file import ArrayFileError, array_file, read_array_file

ARRAYS = {
    "numbers": np.array([[0.0, -0.0], [np.nan, np.inf]]),
    "counts": np.arange(3, dtype=np.int64),
    "nothing": np.empty((0, 4)),
}


def test_header_and_arrays_read_back_with_the_same_bits() -> None:
    header, flat = read_array_file(array_file({"first": 3}, ARRAYS))
    assert header == {"first": 3}
    assert flat.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert flat[name].dtype == array.dtype
        assert flat[name].tobytes() == array.tobytes()


def test_the_file_is_arrows() -> None:
    with pa.ipc.open_file(array_file({}, ARRAYS)) as reader:
        assert reader.schema.names == list(ARRAYS)
        assert reader.get_batch(0).num_rows == 1


@given(st.binary(max_size=500))
def test_other_bytes_are_an_error(noise: bytes) -> None:
    with pytest.raises(ArrayFileError):
        read_array_file(noise)


def test_an_arrow_file_without_the_header_is_an_error() -> None:
    sink = pa.BufferOutputStream()
    batch = pa.record_batch({"numbers": pa.array([[1.0]])})
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    with pytest.raises(ArrayFileError):
        read_array_file(sink.getvalue().to_pybytes())
