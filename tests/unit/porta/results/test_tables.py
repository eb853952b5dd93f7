from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from porta.errors import LimitError
from porta.results.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = pa.schema([("x", pa.int64())])
BATCH = pa.record_batch([[1, 2, 3]], schema=SCHEMA)


def test_batches_are_joined_also_none() -> None:
    assert table_of(SCHEMA, [BATCH, BATCH], instead="-").column("x").to_pylist() == [1, 2, 3] * 2
    assert table_of(SCHEMA, [], instead="-").schema == SCHEMA


def test_too_many_rows_are_refused_when_they_are_too_many() -> None:
    made = []

    def endless() -> Iterator[pa.RecordBatch]:
        while True:
            made.append(BATCH)
            yield BATCH

    with pytest.raises(LimitError, match=r"more than 7 rows.*; ask for less"):
        table_of(SCHEMA, endless(), instead="ask for less", most=7)
    assert len(made) == 3


def test_too_many_rows_that_are_expected_are_refused_before_the_first() -> None:
    with pytest.raises(LimitError, match="would have 8 rows"):
        table_of(SCHEMA, iter(()), instead="-", expected=8, most=7)
