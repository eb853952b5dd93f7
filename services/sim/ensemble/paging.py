"""Pages of the table of members: filtered, sorted and cut, batch by batch.

Guarantees:

- The order is total: ties are in the order of member and agent, and nulls stand last, whether the
  order rises or falls. So pages follow one another without gaps or repetitions, also where the
  batches are others from page to page.
- Memory is bounded by a batch and a page; in the table's own order no more batches are read than
  a page needs, and none before `first_member`.

A cursor names the last row of a page. It is text for the address of the next page; what it says is
checked.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from sim.ensemble.table import OUTCOMES
from sim.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    Booleans = np.ndarray[Any, np.dtype[np.bool_]]
    Numbers = np.ndarray[Any, np.dtype[Any]]

__all__ = [
    "FILTERED",
    "MAX_LIMIT",
    "Order",
    "Page",
    "chosen_rows",
    "first_member",
    "order_of",
    "page",
    "sort_values",
]

FILTERED: Final = ("outcome", "agent")
"""The columns by which rows can be chosen."""
MAX_LIMIT: Final = 10_000
"""The most rows of a page."""
_MAX_CURSOR: Final = 400  # characters


@dataclass(frozen=True, slots=True)
class Order:
    """The order of rows: by a column, rising or falling; "" is the table's own.

    >>> Order.read("-closest"), Order.read("")
    (Order(column='closest', falls=True), Order(column='', falls=False))
    """

    column: str = ""
    falls: bool = False

    @classmethod
    def read(cls, text: str) -> Order:
        """Read a column's name, with a minus before it where the order falls."""
        falls = text.startswith("-")
        return cls(text.removeprefix("-"), falls)

    def __str__(self) -> str:
        return f"-{self.column}" if self.falls else self.column


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its rows, and the cursor of the next; None for the last.

    `matching` is how many rows of the whole table were chosen; None where that was not counted,
    since not all batches were read.
    """

    rows: pa.RecordBatch
    cursor: str | None
    matching: int | None


def page(
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    *,
    where: Mapping[str, Collection[str]] | None = None,
    sort: str = "",
    limit: int = 100,
    cursor: str = "",
) -> Page:
    """Return the rows that follow the cursor, at most `limit`.

    `batches` have the columns of `schema` (`sim.ensemble.table`), in the order of members. `where`
    has for a column the values that are wanted. `sort` is a column, with a minus before it for a
    falling order. Agents are sorted in the scenario's order and outcomes in that of
    `sim.ensemble.table.OUTCOMES`. Batches of members before `first_member` may be left out. Raises
    RequestError for what is no column, a limit that is not from 1 to 10,000, and a cursor of
    another order.
    """
    order = order_of(schema, where or {}, sort)
    if not 1 <= limit <= MAX_LIMIT:
        raise RequestError("limit", f"must be from 1 to {MAX_LIMIT:,}.")
    after = _read_cursor(cursor, order) if cursor else None
    best, matching = pa.RecordBatch.from_pylist([], schema), 0
    for batch in batches:
        chosen = chosen_rows(batch, where or {})
        matching += chosen.num_rows
        candidates = chosen.filter(pa.array(_follows(chosen, order, after))) if after else chosen
        if best.num_rows > limit:  # most are behind the last of those that are kept
            candidates = candidates.filter(
                pa.array(~_follows(candidates, order, _last(best, order)))
            )
        if candidates.num_rows:
            best = _first(_joined([best, candidates]), order, limit + 1)
        if not order.column and best.num_rows > limit:
            return _page(best, order, limit, None)
    is_counted = order.column or after is None  # else batches may have been left out
    return _page(best, order, limit, matching if is_counted else None)


def first_member(
    schema: pa.Schema, where: Mapping[str, Collection[str]], *, sort: str, cursor: str
) -> int:
    """Return a member before which a page, as `page` reads it, has no rows; raises RequestError."""
    order = order_of(schema, where, sort)
    if order.column or not cursor:
        return 0
    _, _, member, _ = _read_cursor(cursor, order)
    return int(member)


def order_of(schema: pa.Schema, where: Mapping[str, Collection[str]], sort: str) -> Order:
    """Return the order that `sort` asks for, as `page` reads it; raises RequestError."""
    order = Order.read(sort)
    for column, values in where.items():
        if column == "outcome" and not set(values) <= set(OUTCOMES):
            raise RequestError("where", f"must be one of these outcomes: {_listed(OUTCOMES)}.")
        if column not in FILTERED:
            raise RequestError(
                "where", f"can't be by {column[:100]!r}, but by {_listed(FILTERED)}."
            )
    if str(order) and order.column not in schema.names:
        raise RequestError("sort", f"must be one of {_listed(schema.names)}; - before it: falling.")
    # The table's own order is that of members.
    return Order() if order == Order("member") else order


def _listed(names: Collection[str]) -> str:
    return ", ".join(names)


def chosen_rows(batch: pa.RecordBatch, where: Mapping[str, Collection[str]]) -> pa.RecordBatch:
    """Return the rows that have the values that are wanted; a null has none."""
    if not where:
        return batch
    wanted = np.ones(batch.num_rows, np.bool_)
    for column, values in where.items():
        array = batch.column(column)
        of_codes = np.array([name in values for name in array.dictionary.to_pylist()], np.bool_)
        codes = _codes(array)
        wanted &= np.append(of_codes, False)[codes]
    return batch.filter(pa.array(wanted))


def _codes(array: pa.DictionaryArray) -> Numbers:
    """Return the places of a column's values in its dictionary; -1 for null."""
    codes: Numbers = array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def sort_values(batch: pa.RecordBatch, order: Order) -> tuple[Numbers, Numbers]:
    """Return by what rows are sorted, rising, before ties: whether null, and the value."""
    missing = np.zeros(batch.num_rows, np.bool_)
    values: Numbers = np.zeros(batch.num_rows, np.int64)
    if order.column:
        array = batch.column(order.column)
        missing = array.is_null().to_numpy(zero_copy_only=False)
        if pa.types.is_dictionary(array.type):
            values = _codes(array)
        else:
            values = array.fill_null(0).to_numpy(zero_copy_only=False)
        values = np.where(missing, 0, -values if order.falls else values)
    return missing, values


def _keys(batch: pa.RecordBatch, order: Order) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return by what rows are sorted, rising: whether null, the value, member and agent."""
    missing, values = sort_values(batch, order)
    member = batch.column("member").to_numpy(zero_copy_only=False)
    return missing, values, member, _codes(batch.column("agent"))


def _follows(batch: pa.RecordBatch, order: Order, after: tuple[Any, ...]) -> Booleans:
    """Return which rows are behind the one that a cursor names, bool[N]."""
    follows = np.zeros(batch.num_rows, np.bool_)
    level = np.ones(batch.num_rows, np.bool_)
    for keys, key in zip(_keys(batch, order), after, strict=True):
        follows |= level & (keys > key)
        level &= keys == key
    return follows


def _first(batch: pa.RecordBatch, order: Order, count: int) -> pa.RecordBatch:
    """Return the first rows of an order, sorted."""
    if not order.column:
        return batch.slice(0, count)
    missing, values, member, agent = _keys(batch, order)
    at = np.lexsort((agent, member, values, missing))[:count]
    return batch.take(pa.array(at))


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    filled = [batch for batch in batches if batch.num_rows]
    return filled[0] if len(filled) == 1 else pa.concat_batches(filled)


def _page(best: pa.RecordBatch, order: Order, limit: int, matching: int | None) -> Page:
    rows = best.slice(0, limit)
    goes_on = best.num_rows > limit
    return Page(rows, _cursor_of(rows, order) if goes_on else None, matching)


def _last(rows: pa.RecordBatch, order: Order) -> tuple[Any, ...]:
    """Return the key of the last of some rows."""
    return tuple(key.tolist()[0] for key in _keys(rows.slice(rows.num_rows - 1), order))


def _cursor_of(rows: pa.RecordBatch, order: Order) -> str:
    text = json.dumps([str(order), *_last(rows, order)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, order: Order) -> tuple[Any, ...]:
    """Return the key of the row that a cursor names; raises RequestError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        read = json.loads(
            base64.b64decode(padded[: _MAX_CURSOR + 4], altchars=b"-_", validate=True)
        )
    except (binascii.Error, ValueError, RecursionError):
        raise RequestError("cursor", _NO_CURSOR) from None
    match read:
        case [str(of), bool(missing), int() | float() as value, int(member), int(agent)]:
            numbers = (value, member, agent)
        case _:
            raise RequestError("cursor", _NO_CURSOR)
    if len(cursor) > _MAX_CURSOR or any(_is_odd(number) for number in numbers):
        raise RequestError("cursor", _NO_CURSOR)
    if of != str(order):
        raise RequestError("cursor", "belongs to another order; leave it out for the first page.")
    return missing, *numbers


def _is_odd(number: float) -> bool:
    """Whether a number is none of a key."""
    if isinstance(number, float):
        return not math.isfinite(number)
    return isinstance(number, bool) or not -(2**63) < number < 2**63


_NO_CURSOR: Final = "is none that a page has given; leave it out for the first page."
