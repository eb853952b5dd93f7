"""`Range` and `If-Range` of a request (RFC 9110, sections 13.1.5 and 14): which bytes are wanted.

- One range is answered, of bytes. Several, another unit, and what is no range are ignored, as the
  RFC allows: the answer is the whole file.
- `If-Range` holds with the strong entity tag alone: a date is never that of a file here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from frontend.errors import RangeNotSatisfiable

if TYPE_CHECKING:
    from flask import Request

__all__ = ["ByteRange", "wanted_range"]

# At most 18 digits: what is longer is no length of a file, and no 64-bit number.
_ONE: Final = re.compile(
    r"bytes=[ \t]*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))[ \t]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """One range as it was asked for: from `first` on, or with `first` None the last `count`."""

    first: int | None
    last: int | None = None
    count: int = 0

    def of(self, size: int) -> tuple[int, int]:
        """Return its first and last byte in a file of so many bytes; raises RangeNotSatisfiable."""
        if self.first is None:
            first, last = max(0, size - self.count), size - 1
        else:
            first, last = self.first, size - 1 if self.last is None else min(self.last, size - 1)
        if first > last:
            raise RangeNotSatisfiable(size)
        return first, last


def wanted_range(request: Request, etag: str) -> ByteRange | None:
    """Return the range that a GET asks for; None where it is to have the whole file."""
    text = request.headers.get("Range")
    if text is None or request.method != "GET":
        return None
    if request.headers.get("If-Range", f'"{etag}"') != f'"{etag}"':
        return None
    match = _ONE.fullmatch(text)
    if match is None:
        return None
    first, last, count = match.groups()
    if first is None:
        return ByteRange(None, count=int(count))
    if last and int(last) < int(first):
        return None  # no range at all
    return ByteRange(int(first), int(last) if last else None)
