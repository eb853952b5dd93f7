"""Compresses finished answers for clients that take gzip.

Only what is text, whole in memory and worth it: never a stream, since compressing one would hold
its beginning back (records say their size better with Parquet; events must not wait).
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

from flask import Flask, request

if TYPE_CHECKING:
    from flask import Response

__all__ = ["compress", "register", "takes_gzip"]

WORTH_BYTES: Final = 1_024  # about one packet: less is not sooner there
LEVEL: Final = 4  # about 100 MB/s of JSON; level 9 is 5 % smaller and 5 times slower
USUAL: Final = frozenset(  # what browsers and wrk say, known without reading it each time
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
    """Let `app` compress what it answers."""
    app.after_request(_compressed)


def compress(data: bytes, level: int = LEVEL) -> bytes:
    """Compress; equal data give equal bytes, since no time is written into them."""
    return gzip.compress(data, level, mtime=0)


def takes_gzip() -> bool:
    """Whether the client takes gzip."""
    told = request.environ.get("HTTP_ACCEPT_ENCODING", "")
    return told in USUAL or request.accept_encodings.quality("gzip") > 0


def _compressed(response: Response) -> Response:
    if response.mimetype not in MEDIA_TYPES or response.is_streamed:
        return response
    response.headers.add("Vary", "Accept-Encoding")  # nothing else that is text varies
    if not _is_worth_it(response) or not takes_gzip():
        return response
    response.set_data(compress(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    etag, weak = response.get_etag()
    if etag is not None and not weak:
        response.set_etag(etag, weak=True)  # the same representation, other bytes
    return response


def _is_worth_it(response: Response) -> bool:
    length = response.calculate_content_length()
    return (
        length is not None and length >= WORTH_BYTES and "Content-Encoding" not in response.headers
    )
