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

__all__ = ["compress", "register"]

WORTH_BYTES: Final = 1_024  # about one packet: less is not sooner there
LEVEL: Final = 4  # about 100 MB/s of JSON; level 9 is 5 % smaller and 5 times slower
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


def _compressed(response: Response) -> Response:
    if response.mimetype not in MEDIA_TYPES or response.is_streamed:
        return response
    response.vary.add("Accept-Encoding")
    if not _wanted(response):
        return response
    response.set_data(compress(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    etag, weak = response.get_etag()
    if etag is not None and not weak:
        response.set_etag(etag, weak=True)  # the same representation, other bytes
    return response


def _wanted(response: Response) -> bool:
    length = response.calculate_content_length()
    return (
        "Content-Encoding" not in response.headers
        and length is not None
        and length >= WORTH_BYTES
        and request.accept_encodings.quality("gzip") > 0
    )
