from __future__ import annotations

import math

import pyarrow as pa
import pytest

from sim.verification.comparing import first_difference, schema_difference

SCHEMA = pa.schema([("n", pa.int64()), ("x", pa.float64()), ("name", pa.string())])


def batch(*rows: tuple[object, ...]) -> pa.RecordBatch:
    columns = [pa.array(column, field.type) for column, field in zip(zip(*rows), SCHEMA)]  # noqa: B905
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


SAME = batch((1, 1.5, "a"), (2, None, "b"), (3, -math.inf, "c"))


def test_equal_rows_have_no_difference_however_their_text_is_stored() -> None:
    names = SAME.column("name").dictionary_encode()
    stored = SAME.set_column(2, "name", names)
    assert schema_difference(SAME.schema, stored.schema) is None
    assert first_difference(SAME, stored, 0) is None


@pytest.mark.parametrize(
    ("row", "where", "stored", "recomputed"),
    [
        ((1, math.nextafter(1.5, 2), "a"), "row 10, column x", "1.5000000000000002", "1.5"),
        ((9, 2.5, "a"), "row 10, column n", "9", "1"),
        ((1, None, "a"), "row 10, column x", "nothing", "1.5"),
        ((1, 1.5, "A"), "row 10, column name", "A", "a"),
    ],
)
def test_the_first_row_and_its_first_column_that_differ_are_named(
    row: tuple[object, ...], where: str, stored: str, recomputed: str
) -> None:
    found = first_difference(SAME, batch(row, (0, 0.0, "z"), (3, -math.inf, "c")), 10)
    assert found is not None
    assert (found.where, found.stored, found.recomputed) == (where, stored, recomputed)


def test_a_zero_is_not_a_negative_zero() -> None:
    found = first_difference(batch((1, 0.0, "a")), batch((1, -0.0, "a")), 0)
    assert found is not None
    assert (found.stored, found.recomputed) == ("-0.0", "0.0")


@pytest.mark.parametrize(("rows", "stored"), [(2, "12"), (4, "14")])
def test_rows_that_are_missing_or_too_many_are_told(rows: int, stored: str) -> None:
    its = pa.Table.from_batches([SAME, SAME]).combine_chunks().to_batches()[0].slice(0, rows)
    found = first_difference(SAME, its, 10)
    assert found is not None
    assert (found.where, found.stored) == ("the number of rows", stored)


def test_columns_of_another_name_or_type_are_named() -> None:
    renamed = SAME.rename_columns(["n", "y", "name"])
    cast = SAME.set_column(1, "x", SAME.column("x").cast(pa.float32()))
    found = [schema_difference(SAME.schema, other.schema) for other in (renamed, cast)]
    assert [one and one.where for one in found] == ["the columns", "the type of column x"]


def test_text_of_a_dictionary_is_compared_by_its_values_and_nulls() -> None:
    def named(indices: list[int | None], *names: str) -> pa.RecordBatch:
        column = pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), pa.array(names))
        return pa.record_batch({"name": column})

    mine = named([0, 1, None, 0], "a", "b")
    assert first_difference(mine, named([1, 0, None, 1], "b", "a"), 0) is None
    for other, row in ((named([0, 1, 1, 0], "a", "b"), 2), (named([0, 1, None, 0], "a", "c"), 1)):
        found = first_difference(mine, other, 0)
        assert found is not None
        assert found.where == f"row {row}, column name"
