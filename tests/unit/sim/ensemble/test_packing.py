from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.ensemble.packing import canonical_bytes, digest_of, pack, unpack
from sim.errors import IntegrityError

DTYPES = {"small": "u4", "large": "u8", "signed": "i8", "numbers": "f8"}


def arrays_of(rows: list[tuple[int, int, int, float]]) -> dict[str, np.ndarray]:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 4
    return {
        name: np.array(column, dtype)
        for (name, dtype), column in zip(DTYPES.items(), columns, strict=True)
    }


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**32 - 1),
            st.integers(0, 2**64 - 1),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(),
        )
    )
)
def test_arrays_come_back_bit_for_bit(rows: list[tuple[int, int, int, float]]) -> None:
    arrays = arrays_of(rows)
    header, found = unpack(pack(canonical_bytes("test", {"n": 1}, arrays)), "test", DTYPES, 2**20)
    assert header == {"n": 1}
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].tobytes() == array.tobytes()
        assert found[name].flags.writeable


def test_canonical_bytes_depend_on_values_only() -> None:
    array = np.arange(20, dtype=np.uint64)
    others = (array.astype(">u8"), np.arange(40, dtype=np.uint64)[::2] // np.uint64(2))
    one = canonical_bytes("test", {"b": 1, "a": 2}, {"x": array})
    for other in others:
        assert canonical_bytes("test", {"a": 2, "b": 1}, {"x": other}) == one
    assert digest_of(one) == digest_of(bytes(one))


def test_small_counts_take_few_bytes() -> None:
    counts = np.random.default_rng(0).poisson(3.0, 100_000).astype(np.uint64)
    assert len(pack(canonical_bytes("test", {}, {"x": counts}))) < 45_000  # of 800,000


@pytest.fixture
def packed() -> bytes:
    return pack(canonical_bytes("test", {}, {"x": np.arange(1_000, dtype=np.uint32)}))


@pytest.mark.parametrize(
    ("kind", "dtypes", "most"),
    [
        ("other", {"x": "u4"}, 10_000),
        ("test", {"y": "u4"}, 10_000),
        ("test", {"x": "i8"}, 10_000),
        ("test", {}, 10_000),
        ("test", {"x": "u4", "y": "u4"}, 10_000),
        ("test", {"x": "u4"}, 1_000),
    ],
)
def test_bytes_of_something_else_or_too_many_are_refused(
    packed: bytes, kind: str, dtypes: dict[str, str], most: int
) -> None:
    with pytest.raises(IntegrityError):
        unpack(packed, kind, dtypes, most)


def test_no_more_memory_is_taken_than_allowed() -> None:
    zeros = pack(canonical_bytes("test", {}, {"x": np.zeros(10**6, np.uint64)}))
    assert len(zeros) < 200  # planes of zeros are left out, so a count alone could ask for memory
    with pytest.raises(IntegrityError, match="size of x"):
        unpack(zeros, "test", {"x": "u8"}, 10**6)


@pytest.mark.parametrize("size", [0, 1, 5, 12, 40])
def test_truncated_and_lengthened_bytes_are_refused(packed: bytes, size: int) -> None:
    with pytest.raises(IntegrityError):
        unpack(packed[:size], "test", {"x": "u4"}, 10_000)
    told = packed[:8] + (10_000).to_bytes(8, "little") + packed[16:]
    with pytest.raises(IntegrityError):
        unpack(told, "test", {"x": "u4"}, 10_000)


def test_a_canonical_form_with_a_rest_is_refused() -> None:
    canonical = canonical_bytes("test", {}, {"x": np.arange(9, dtype=np.uint32)})
    with pytest.raises(IntegrityError, match="more bytes"):
        unpack(pack(canonical + b"1"), "test", {"x": "u4"}, 10_000)
