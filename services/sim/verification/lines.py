"""Files of text, line by line: which line a row is on, and what is different in it.

Every record is a line of its own, but the initial ones: in JSON and data.js they share the first.
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Final

from sim.verification.outcome import Difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.export import Format

__all__ = ["Lines", "different_line", "first_different_line", "lines_of", "places"]

_BLOCK: Final = 2**20
_LONGEST: Final = 2**24  # bytes of a line: the initial records of a thousand agents have 200 kB
_OPENINGS: Final = {"js": b"data = [", "json": b"["}
_CLOSING: Final = b"]"
_WORD: Final = re.compile(rb"[^][{}\",: \n]+")
_KEY: Final = re.compile(rb'"((?:[^"\\]|\\.)*)": ?[^"]*$')


def places(form: Format, first: int, rows: int, initial: int) -> range:
    """Return the numbers of the lines, from 0, on which these rows are; `initial` share the first.

    >>> from sim.export import FORMATS
    >>> places(FORMATS["csv"], 2, 3, 2), places(FORMATS["json"], 2, 3, 2)
    (range(3, 6), range(1, 4))
    """
    if form.name not in _OPENINGS:
        return range(first + 1, first + 1 + rows)  # after the header
    shared = max(0, initial - 1)
    start = max(0, first - shared)
    return range(start, max(start + 1, first + rows - shared))


def lines_of(form: Format, data: bytes) -> list[bytes]:
    """Return the lines of rows in a whole file, without what stands around and between them."""
    lines = data.rstrip(b"\n").split(b"\n")
    if form.name not in _OPENINGS:
        return lines[1:]
    return [
        _bare(form, line, is_first=at == 0, is_last=at == len(lines) - 1)
        for at, line in enumerate(lines)
    ]


def _bare(form: Format, line: bytes, *, is_first: bool, is_last: bool) -> bytes:
    opening = _OPENINGS[form.name] if is_first else b""
    return line.removeprefix(opening).removesuffix(_CLOSING if is_last else b",")


class Lines:
    """The lines of a file, read forwards once."""

    def __init__(self, file: IO[bytes], form: Format) -> None:
        self._file = file
        self._form = form
        self._next = 0

    def at(self, numbers: range) -> list[bytes]:
        """Return these lines, as `lines_of` does; fewer where the file ends before."""
        self._skip(numbers.start - self._next)
        found = list(self._read(len(numbers)))
        self._next = numbers.stop
        if self._form.name not in _OPENINGS:
            return found
        is_last = not self._file.peek(1) if hasattr(self._file, "peek") else False
        return [
            _bare(
                self._form,
                line,
                is_first=number == 0,
                is_last=is_last and number - numbers.start == len(found) - 1,
            )
            for number, line in zip(numbers, found, strict=False)
        ]

    def _read(self, count: int) -> Iterator[bytes]:
        for _ in range(count):
            line = self._file.readline(_LONGEST)
            if not line:
                return
            yield line.removesuffix(b"\n")

    def _skip(self, lines: int) -> None:
        while lines > 0:
            block = self._file.read(_BLOCK)
            if not block:
                return
            found = block.count(b"\n")
            if found < lines:
                lines -= found
                continue
            at = -1
            for _ in range(lines):
                at = block.index(b"\n", at + 1)
            self._file.seek(at + 1 - len(block), 1)
            return


def different_line(
    expected: Sequence[bytes], stored: Sequence[bytes], first: int, header: Sequence[str]
) -> Difference | None:
    """Return what is different in the first line that is; `first` is the number of the first line.

    `header` are the columns of CSV; the keys of JSON are in its lines.
    """
    for at, line in enumerate(expected):
        its = stored[at] if at < len(stored) else b""
        if line != its:
            return _difference(line, its, first + at, header)
    return None


def _difference(expected: bytes, stored: bytes, number: int, header: Sequence[str]) -> Difference:
    at = next(
        (i for i, (a, b) in enumerate(zip(expected, stored, strict=False)) if a != b),
        min(len(expected), len(stored)),
    )
    column = _column(expected, at, header)
    return Difference(
        where=f"line {number + 1:,}{f', column {column}' if column else ''}",
        stored=_word(stored, at),
        recomputed=_word(expected, at),
    )


def _column(line: bytes, at: int, header: Sequence[str]) -> str:
    if header:
        place = line[:at].count(b",")
        return header[place] if place < len(header) else ""
    key = _KEY.search(line[: at + 1])
    return key[1].decode(errors="replace") if key else ""


def _word(line: bytes, at: int) -> str:
    """Return the number or name of a line that a place is in, or the place's surroundings."""
    for word in _WORD.finditer(line):
        if word.start() <= at < word.end():
            return word[0].decode(errors="replace")
    return line[max(0, at - 10) : at + 30].decode(errors="replace") or "nothing"


def first_different_line(
    pieces: Iterator[bytes], file: IO[bytes], header: Sequence[str]
) -> Difference | None:
    """Return what is different in the first line of a file that is not as in these pieces."""
    for number, line in enumerate(_split(pieces)):
        stored = file.readline(_LONGEST)
        if stored != line:
            return _difference(line, stored, number, header)
    if file.read(1):
        return Difference(where="the end", stored="further lines", recomputed="nothing")
    return None


def _split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest
