"""Chunked bodies (RFC 9112, section 7.1), decoded as their bytes arrive, and never waited for.

The body, the size lines and the trailer are bounded separately. Chunk extensions and trailer fields
are checked for their form, and dropped: nothing here uses them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from frontend.web.http.limits import BODY_LIMIT_BYTES, FIELD_LIMIT_BYTES, FIELDS_LIMIT
from frontend.web.server.refusals import malformed, too_large, too_many_chunks

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["decode"]

SIZE_LINE_LIMIT_BYTES: Final = 256  # a size of a few digits, and an extension that nobody sends
FRAMING_LIMIT_BYTES: Final = 262_144  # of all size lines: 43,000 chunks take the loop about 50 ms
CRLF: Final = b"\r\n"

_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")


def decode(
    unread: bytearray, body: bytearray, limit: int = BODY_LIMIT_BYTES
) -> Generator[None, None, None]:
    """Move a chunked body from `unread` to `body`; yields where more of it has to arrive.

    Raises Refused if it is malformed or too large. What follows the body stays in `unread`.
    """
    framing = 0
    while True:
        line = yield from _line(unread, SIZE_LINE_LIMIT_BYTES, "A chunk's size line")
        framing += len(line) + 2 * len(CRLF)
        size = _size_of(line)
        if size == 0:
            break
        if len(body) + size > limit:
            raise too_large()
        if framing > FRAMING_LIMIT_BYTES:
            raise too_many_chunks()
        yield from _chunk(unread, body, size)
    yield from _trailer(unread)


def _size_of(line: bytes) -> int:
    found = _SIZE.fullmatch(line)
    if found is None:
        raise malformed("A chunk of the body has no size in hexadecimal digits.")
    return int(found[1], 16)


def _chunk(unread: bytearray, body: bytearray, size: int) -> Generator[None, None, None]:
    end = len(body) + size
    while len(body) < end:
        piece = unread[: end - len(body)]
        del unread[: len(piece)]
        body += piece
        if len(body) < end:
            yield
    while len(unread) < len(CRLF):
        yield
    if not unread.startswith(CRLF):
        raise malformed("A chunk of the body is longer than its size says.")
    del unread[: len(CRLF)]


def _trailer(unread: bytearray) -> Generator[None, None, None]:
    for _ in range(FIELDS_LIMIT + 1):
        line = yield from _line(unread, FIELD_LIMIT_BYTES, "A trailer field")
        if not line:
            return
        if _TRAILER.fullmatch(line) is None:
            raise malformed("A trailer field of the body is malformed.")
    raise malformed(f"The body has more than {FIELDS_LIMIT} trailer fields.")


def _line(unread: bytearray, limit: int, what: str) -> Generator[None, None, bytes]:
    while (end := unread.find(CRLF, 0, limit + len(CRLF))) < 0:
        if len(unread) >= limit + len(CRLF):
            raise malformed(f"{what} is longer than {limit:,} bytes.")
        yield
    line = bytes(unread[:end])
    del unread[: end + len(CRLF)]
    return line
