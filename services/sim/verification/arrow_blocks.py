"""The blocks of an Arrow file: how many rows each has, and into how many bytes it unpacks.

It is read from the file's footer and from the head of each block, and nothing is unpacked: a reader
allocates what these say. They are flatbuffers, of which a few fields are read here, since pyarrow
shows none of them before it has unpacked a block. A forged file takes time and memory as its size,
and no more: its blocks are together no longer than it, and the head of each is read within itself.

https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format, with format/File.fbs and
format/Message.fbs; https://flatbuffers.dev/internals/ has how a table lies in memory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator

__all__ = ["FOOTER_BYTES", "Block", "dictionary_blocks", "record_blocks"]

Data: TypeAlias = "bytes | mmap.mmap"

FOOTER_BYTES: Final = 2**28
"""Of the footer of a file at most: that of 20,000 row groups of Parquet has 40 MB."""
_DICTIONARIES: Final = 2  # fields of the footer
_RECORD_BATCHES: Final = 3
_VERSION: Final = 0  # fields of a message
_HEADER_TYPE: Final = 1
_HEADER: Final = 2
_LENGTH: Final = 0  # fields of a record batch
_BUFFERS: Final = 2
_COMPRESSION: Final = 3
_DATA: Final = 1  # a field of a dictionary batch: a record batch
_DICTIONARY_BATCH: Final = 2  # a type of header
_V5: Final = 4  # a version: since Arrow 1.0; before it, a body could be packed in another way
_BLOCK: Final = struct.Struct("<qi4xq")  # where it is, the bytes of its head, and of its body
_BUFFER: Final = struct.Struct("<qq")  # where it is in the body, and its bytes
_CONTINUED: Final = 0xFFFFFFFF  # before the length of a head, but not in files of old
_TAIL: Final = 10  # bytes: the length of the footer, and the magic word
_OUTSIDE: Final = "it points outside itself"
_PREFIX: Final = 8  # bytes before a buffer that is packed: the length that it unpacks to


@dataclass(frozen=True, slots=True)
class Block:
    """A record batch or a dictionary: its rows, and the bytes that it unpacks to.

    0 where it is not packed: it is then read in its place.
    """

    rows: int
    unpacked: int


class _Table:
    """A table of a flatbuffer, at a place of its bytes; ValueError for what is not within them."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    @classmethod
    def root(cls, data: bytes, start: int) -> _Table:
        return cls(data, start + _number("<I", data, start))

    def field(self, number: int) -> int | None:
        """Return where a field is; None where it is left out."""
        fields = self._at - _number("<i", self._data, self._at)
        place = 4 + 2 * number
        if place >= _number("<H", self._data, fields):
            return None
        offset = _number("<H", self._data, fields + place)
        return self._at + offset if offset else None

    def table(self, number: int) -> _Table:
        at = self._needed(number)
        return _Table(self._data, at + _number("<I", self._data, at))

    def number(self, form: str, number: int) -> int:
        """Return a number; 0 where it is left out."""
        at = self.field(number)
        return 0 if at is None else _number(form, self._data, at)

    def structs(self, number: int, of: struct.Struct) -> Iterator[tuple[int, ...]]:
        """Return the items of a vector, one by one; none where it is left out."""
        at = self.field(number)
        if at is None:
            return iter(())
        start = at + _number("<I", self._data, at)
        size = of.size * _number("<I", self._data, start)
        vector = memoryview(self._data)[start + 4 : start + 4 + size]
        if len(vector) != size:
            raise ValueError(_OUTSIDE)
        return of.iter_unpack(vector)

    def _needed(self, number: int) -> int:
        at = self.field(number)
        if at is None:
            raise ValueError("a part of it is missing")
        return at


def record_blocks(file: Data) -> list[Block]:
    """Return the record batches of a file, in order; raises ValueError where it is none."""
    return _blocks(file, _RECORD_BATCHES)


def dictionary_blocks(file: Data) -> list[Block]:
    """Return the dictionaries of a file; raises ValueError where it is none."""
    return _blocks(file, _DICTIONARIES)


def _blocks(file: Data, field: int) -> list[Block]:
    end = len(file) - _TAIL
    length = _number("<i", file, end)
    if FOOTER_BYTES < length <= end:
        raise ValueError(f"it has a footer of {length:,} bytes")
    footer = _Table.root(_part(file, end - length, length), 0)
    left, blocks = len(file), []
    for at, head, body in footer.structs(field, _BLOCK):
        left -= head + body
        if min(head, body) < 0 or left < 0:
            raise ValueError("its blocks are longer than the file")
        blocks.append(_block(file, at, head))
    return blocks


def _block(file: Data, at: int, head: int) -> Block:
    known = _part(file, at, head)
    message = _Table.root(known, 8 if _number("<I", known, 0) == _CONTINUED else 4)
    if message.number("<h", _VERSION) < _V5:
        raise ValueError("it is of a form from before Arrow 1.0")
    batch = message.table(_HEADER)
    if message.number("<B", _HEADER_TYPE) == _DICTIONARY_BATCH:
        batch = batch.table(_DATA)
    unpacked = 0
    if batch.field(_COMPRESSION) is not None:
        for place, length in batch.structs(_BUFFERS, _BUFFER):
            if length >= _PREFIX:
                unpacked += max(0, _number("<q", file, at + head + place))  # -1: it is as it is
    return Block(batch.number("<q", _LENGTH), unpacked)


def _part(file: Data, at: int, size: int) -> bytes:
    """Return a part of a file; raises ValueError where it is not within it."""
    if min(at, size) < 0 or at + size > len(file):
        raise ValueError(_OUTSIDE)
    return file[at : at + size]


def _number(form: str, data: Data, at: int) -> int:
    if at < 0:
        raise ValueError(_OUTSIDE)
    try:
        (number,) = struct.unpack_from(form, data, at)
    except struct.error:
        raise ValueError(_OUTSIDE) from None
    return int(number)
