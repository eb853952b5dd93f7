"""data.js, JSON and CSV: numbers formatted in bulk, interleaved with constant text.

Guarantees:

- Every number is the shortest text that reads back to the same double, and has a point or an
  exponent (`1.0`, `-0.0`, `1e+22`), so that no reader takes it for an integer and loses a sign.
- data.js is JavaScript and, except for `data = ` and `-Infinity`, JSON. No name in it can end a
  script element.

No Python object is created per record: orjson formats doubles at 18 ns each, and a compiled loop
interleaves them, together in two thirds of the time of pyarrow.csv (docs/adr/0030).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson

from sim.export.loops import interleave
from sim.export.rebatch import rebatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa

__all__ = ["CSV", "DATA_JS", "JSON", "Style", "csv_cell", "script_safe", "write_text"]

_ROWS: Final = 8192  # 1.8 MB of data.js: small enough for a cache, and for a thousand agents' start
_SEPARATOR: Final = ",\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A text format.

    `opening(columns)` is how a file begins, with the names of the columns of numbers.
    `fragments(name, columns)` are the texts before, between and after the numbers of an agent's
    record; `initial(rows, columns)` writes the rows with t0 = -inf. Both begin with `separator`,
    which is omitted before the first record. Where t1 is `repeated` it is written twice: as the end
    of the range, and as the time of the state.
    """

    opening: Callable[[Sequence[str]], str]
    closing: str
    separator: str
    repeated: bool
    fragments: Callable[[str, Sequence[str]], Sequence[str]]
    initial: Callable[[pa.RecordBatch, Sequence[str]], str]


def write_text(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, style: Style
) -> Iterator[bytes]:
    """Yield a text file, its opening with the first piece and its closing with the last."""
    columns = schema.names[1:]
    yield style.opening(columns).encode()
    surplus = len(style.separator)
    for piece in _pieces(rebatch(batches, _ROWS), style, columns):
        yield piece[surplus:]
        surplus = 0
    yield style.closing.encode()


def _pieces(
    batches: Iterator[pa.RecordBatch], style: Style, columns: Sequence[str]
) -> Iterator[bytes]:
    """Yield all records as text; only the first batch can hold rows with t0 = -inf."""
    first = next(batches, None)
    if first is None:
        return
    formatter = _RecordFormatter(style, columns, first.column("agent").dictionary.to_pylist())
    initial_rows = int(np.count_nonzero(np.isneginf(first.column("t0"))))
    if initial_rows:
        yield style.initial(first.slice(0, initial_rows), columns).encode()
    if first.num_rows > initial_rows:
        yield formatter.format(first.slice(initial_rows))
    for batch in batches:
        yield formatter.format(batch)


class _RecordFormatter:
    """The fragments of all agents, laid out for the compiled loop."""

    def __init__(self, style: Style, columns: Sequence[str], names: list[str]) -> None:
        fragments = [[part.encode() for part in style.fragments(name, columns)] for name in names]
        lengths = np.array([[len(part) for part in parts] for parts in fragments])
        ends = np.cumsum(lengths.ravel()).reshape(lengths.shape)
        self._columns = ["t0", "t1", *columns[1:]] if style.repeated else columns
        self._fragments = np.frombuffer(b"".join(b"".join(parts) for parts in fragments), np.uint8)
        self._bounds = np.column_stack([ends[:, 0] - lengths[:, 0], ends])
        self._longest = int(lengths.sum(axis=1).max())

    def format(self, batch: pa.RecordBatch) -> bytes:
        """Return the text of a batch; all its numbers are finite."""
        agents = batch.column("agent").indices.to_numpy()
        table = np.column_stack([batch.column(name).to_numpy() for name in self._columns])
        numbers = np.frombuffer(
            orjson.dumps(table.ravel(), option=orjson.OPT_SERIALIZE_NUMPY), np.uint8
        )
        out = np.empty(numbers.size + self._longest * agents.size, np.uint8)
        written = interleave(numbers, agents, self._fragments, self._bounds, out)
        return out[:written].tobytes()


def script_safe(name: str) -> str:
    r"""Return a string literal of ASCII, for JSON and for a script inside a page.

    >>> print(script_safe("</script>"))
    "\u003c/script>"
    """
    return json.dumps(name).replace("<", "\\u003c")


def _state_keys(columns: Sequence[str]) -> dict[str, str]:
    """Return the JSON names of a state's numbers, each with its column: the time is t1."""
    return {"time": "t1"} | {name: name for name in columns if name not in ("t0", "t1")}


def _nested_fragments(name: str, columns: Sequence[str]) -> list[str]:
    keys = [f'"{key}": ' for key in _state_keys(columns)]
    opening = f", {{{script_safe(name)}: {{{keys[0]}"
    return [_SEPARATOR + "[", ", ", opening, *(f", {key}" for key in keys[1:]), "}}]"]


def _nested_initial(batch: pa.RecordBatch, columns: Sequence[str], beginning: str) -> str:
    """Return one record with the states of all agents, whose range has no beginning."""
    keys = _state_keys(columns).items()
    states = ", ".join(
        f"{script_safe(row['agent'])}: " + json.dumps({key: row[column] for key, column in keys})
        for row in batch.to_pylist()
    )
    return f"{_SEPARATOR}[{beginning}, 0, {{{states}}}]"


def csv_cell(name: str) -> str:
    """Return a name as a cell of RFC 4180: in quotes where that is necessary."""
    if any(character in name for character in '",\r\n'):
        return '"' + name.replace('"', '""') + '"'
    return name


def _csv_fragments(name: str, columns: Sequence[str]) -> list[str]:
    return [f"{csv_cell(name)},", *("," for _ in columns[1:]), "\n"]


def _csv_initial(batch: pa.RecordBatch, columns: Sequence[str]) -> str:
    return "".join(
        ",".join([csv_cell(row["agent"]), *(repr(row[name]) for name in columns)]) + "\n"
        for row in batch.to_pylist()
    )


def _nested(opening: str, beginning: str) -> Style:
    return Style(
        opening=lambda _: opening,
        closing="]\n",
        separator=_SEPARATOR,
        repeated=True,
        fragments=_nested_fragments,
        initial=lambda batch, columns: _nested_initial(batch, columns, beginning),
    )


DATA_JS: Final = _nested("data = [", repr(-math.inf).replace("inf", "Infinity"))
"""The file format of the original simulation: a script that sets `data`."""

JSON: Final = _nested("[", "null")
"""The same array, with null for the infinity that JSON lacks (RFC 8259, section 6)."""

CSV: Final = Style(
    opening=lambda columns: ",".join(["agent", *columns]) + "\n",
    closing="",
    separator="",
    repeated=False,
    fragments=_csv_fragments,
    initial=_csv_initial,
)
"""A header and one line per row; the t0 of initial rows is `-inf`."""
