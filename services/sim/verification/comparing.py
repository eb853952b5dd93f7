"""Compares tables bit by bit: the first row and column that differ, with both values.

A zero differs from a negative zero, and a null from every number. Text is compared as text, in
whichever way a program has stored it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sim.verification.outcome import Difference

if TYPE_CHECKING:
    Booleans = np.ndarray[Any, np.dtype[np.bool_]]

__all__ = ["first_difference", "schema_difference"]


def schema_difference(expected: pa.Schema, stored: pa.Schema) -> Difference | None:
    """Return in which column two schemas differ, in name, place or type; None if in none."""
    if expected.names != stored.names:
        return Difference(
            where="the columns", stored=_listed(stored.names), recomputed=_listed(expected.names)
        )
    for mine, its in zip(expected, stored, strict=True):
        if _kind(mine.type) != _kind(its.type):
            return Difference(
                where=f"the type of column {mine.name}",
                stored=str(its.type),
                recomputed=str(mine.type),
            )
    return None


def first_difference(
    expected: pa.RecordBatch, stored: pa.RecordBatch, first_row: int
) -> Difference | None:
    """Return the first row in which two batches of equal schemas differ, and its first column.

    `first_row` is the number of their first row, from 0.
    """
    rows = min(expected.num_rows, stored.num_rows)
    found: tuple[int, str] | None = None
    for name in expected.schema.names:
        unequal = _unequal(expected.column(name)[:rows], stored.column(name)[:rows])
        at = int(unequal.argmax()) if unequal.size else 0
        if unequal.size and unequal[at] and (found is None or at < found[0]):
            found = at, name
    if found is None:
        return _length_difference(expected.num_rows, stored.num_rows, first_row)
    row, name = found
    return Difference(
        where=f"row {first_row + row:,}, column {name}",
        stored=_value(stored, name, row),
        recomputed=_value(expected, name, row),
    )


def _length_difference(expected: int, stored: int, first_row: int) -> Difference | None:
    if expected == stored:
        return None
    return Difference(
        where="the number of rows",
        stored=f"{first_row + stored:,}",
        recomputed=f"{first_row + expected:,}{' or more' * (expected > stored)}",
    )


def _kind(kind: pa.DataType) -> str:
    """Return what a column is of, however text is stored."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return "text" if is_text or pa.types.is_string_view(kind) else str(kind)


def _unequal(expected: pa.Array, stored: pa.Array) -> Booleans:
    """Return where two columns differ, bool[N]."""
    missing: Booleans = _missing(expected) != _missing(stored)
    are_texts = _kind(expected.type) == "text"
    values: Booleans = (
        np.asarray(_texts(expected) != _texts(stored), np.bool_)
        if are_texts
        else _bits(expected) != _bits(stored)
    )
    return np.logical_or(missing, values)


def _missing(column: pa.Array) -> Booleans:
    nulls: Booleans = column.is_null().to_numpy(zero_copy_only=False)
    return nulls


def _texts(column: pa.Array) -> np.ndarray[Any, np.dtype[np.object_]]:
    if pa.types.is_dictionary(column.type):  # whose values are not repeated: they may be long
        values = column.dictionary.to_pylist()
        each = np.array([*("" if one is None else one for one in values), ""], np.object_)
        indices = column.indices.cast(pa.int64()).fill_null(len(values))
        named: np.ndarray[Any, np.dtype[np.object_]] = each[indices.to_numpy(zero_copy_only=False)]
        return named
    texts: np.ndarray[Any, np.dtype[np.object_]] = (
        column.cast(pa.string()).fill_null("").to_numpy(zero_copy_only=False)
    )
    return texts


def _bits(column: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    zero = pa.scalar(0, column.type)
    numbers = column.fill_null(zero).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(numbers).view(np.int64)


def _value(batch: pa.RecordBatch, name: str, row: int) -> str:
    value = batch.column(name)[row].as_py()
    return "nothing" if value is None else repr(value) if isinstance(value, float) else str(value)


def _listed(names: list[str]) -> str:
    return ", ".join(names) if names else "none"
