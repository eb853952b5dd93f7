"""Compression of responses for clients that accept gzip.

It applies to text that is complete in memory and large enough. A stream is never compressed, since
that would delay its first bytes: events must not wait, and records are smaller as Parquet.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

from flask import Flask, request

if TYPE_CHECKING:
    from flask import Response

__all__ = ["compress", "register", "takes_gzip"]

MIN_BYTES: Final = 1_024  # less fits into one packet anyway
LEVEL: Final = 4  # about 100 MB/s of JSON; level 9 is 5 % smaller and 5 times slower
USUAL: Final = frozenset(  # of browsers and wrk: recognised without parsing the header
    {"gzip", "gzip, deflate", "gzip, deflate, br", "gzip, deflate, br, zstd"}
)
MEDIA_TYPES: Final = frozenset(
    {
        "application/json",
        "application/problem+json",
        "image/svg+xml",
        "text/css",
        "text/html",
        "text/javascript",
        "text/plain",
    }
)


def register(app: Flask) -> None:
    """Make `app` compress its responses."""
    app.after_request(_compressed)


def compress(data: bytes, level: int = LEVEL) -> bytes:
    """Compress as gzip. Equal data give equal bytes, since no time is written into them."""
    return gzip.compress(data, level, mtime=0)


def takes_gzip() -> bool:
    """Whether the client of this request accepts gzip."""
    accepted = request.environ.get("HTTP_ACCEPT_ENCODING", "")
    return accepted in USUAL or request.accept_encodings.quality("gzip") > 0


def _compressed(response: Response) -> Response:
    if response.mimetype not in MEDIA_TYPES or response.is_streamed:
        return response
    response.headers.add("Vary", "Accept-Encoding")  # no other text varies
    if not _is_large_enough(response) or not takes_gzip():
        return response
    response.set_data(compress(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    etag, weak = response.get_etag()
    if etag is not None and not weak:
        response.set_etag(etag, weak=True)  # the same representation, other bytes
    return response


def _is_large_enough(response: Response) -> bool:
    length = response.calculate_content_length()
    return length is not None and length >= MIN_BYTES and "Content-Encoding" not in response.headers
