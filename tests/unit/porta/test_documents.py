from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from porta.documents import plain, read_json
from porta.errors import ArgumentError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_read_also_with_a_mark_of_its_order_of_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"mu": 1.5}')
    assert read_json("scenario", path) == {"mu": 1.5}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"a": 1,', "is not valid JSON (line 1, column 9)"),
        (b'{"a": 1, "a": 2}', "the field 'a' is there twice"),
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b"\xff\xfe{", "is not UTF-8"),
        (b"[" * 100_000, "can't be read"),
        (b"1" * 10_000, "can't be read"),
        (b" " * (2**24 + 1), "more than 16,777,216 bytes"),
    ],
)
def test_a_file_that_is_not_exactly_json_is_refused_by_name(
    tmp_path: Path, data: bytes, sentence: str
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(ArgumentError) as refused:
        read_json("scenario", path)
    assert sentence in str(refused.value)
    assert str(path) in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", "a\0b"):
        with pytest.raises(ArgumentError):
            read_json("scenario", path)


def test_arrays_tuples_and_numbers_of_numpy_become_plain() -> None:
    given = {"a": (np.float64(1.5), np.int64(2)), "b": np.eye(2)}
    made = plain("scenario", given)
    assert made == {"a": [1.5, 2], "b": [[1.0, 0.0], [0.0, 1.0]]}
    assert type(made["a"][0]) is float


def test_what_holds_itself_is_refused() -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(ArgumentError, match="nested too deeply"):
        plain("scenario", ring)
