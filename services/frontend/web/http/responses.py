"""The forms in which answers leave: JSON documents, streams of records, streams of events."""

from __future__ import annotations

import gzip
import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import orjson
from flask import Response, request

from frontend.web.http.compression import takes_gzip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "FRESH",
    "IMMUTABLE",
    "etag_of",
    "events_reply",
    "json_bytes",
    "json_reply",
    "packed_reply",
    "started",
    "stream_reply",
    "unchanged",
    "written_reply",
]

FRESH: Final = "no-store"
# Private, since with authentication not everybody may read it; immutable, since an id names bytes.
IMMUTABLE: Final = "private, max-age=31536000, immutable"


def json_reply(
    document: object, status: HTTPStatus = HTTPStatus.OK, *, cache: str = FRESH
) -> Response:
    """Answer with a JSON document."""
    return written_reply(json_bytes(document), status, cache=cache)


def json_bytes(document: object) -> bytes:
    """Write a JSON document."""
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def written_reply(
    document: bytes, status: HTTPStatus = HTTPStatus.OK, *, cache: str = FRESH
) -> Response:
    """Answer with a JSON document that is written already."""
    response = Response(document, status=status, content_type="application/json")
    response.headers["Cache-Control"] = cache
    return response


def packed_reply(packed: bytes, etag: str) -> Response:
    """Answer with an immutable JSON document that is kept compressed, as the client takes it."""
    if takes_gzip():
        response = written_reply(packed, cache=IMMUTABLE)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = written_reply(gzip.decompress(packed), cache=IMMUTABLE)
    response.set_etag(etag, weak=True)  # one representation, whichever its bytes
    return response


def stream_reply(chunks: Iterable[bytes], media_type: str, *, attachment: str | None) -> Response:
    """Answer with bytes as they are made; `attachment` is the name of the file they become."""
    response = Response(chunks, content_type=media_type)
    response.headers["Cache-Control"] = IMMUTABLE
    if attachment is not None:
        response.headers["Content-Disposition"] = f'attachment; filename="{attachment}"'
    return response


def started(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Make the first piece now, while an error can still have a status; the rest when read."""
    first = next(pieces, b"")
    return _resumed(first, pieces)


def _resumed(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest  # closing this one closes that


def etag_of(*parts: object) -> str:
    """Name a representation by all that determines its bytes."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def unchanged(etag: str) -> Response | None:
    """Answer 304 if the client has the representation already, else None."""
    told = request.environ.get("HTTP_IF_NONE_MATCH")
    usual = told in {f'"{etag}"', f'W/"{etag}"'}  # known without reading a list of them
    if told is None or not (usual or request.if_none_match.contains_weak(etag)):
        return None
    response = Response(status=HTTPStatus.NOT_MODIFIED)
    response.set_etag(etag)
    response.headers["Cache-Control"] = IMMUTABLE
    return response


def events_reply(events: Iterable[bytes]) -> Response:
    """Answer with server-sent events, which nothing on the way may hold back or change."""
    response = Response(events, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache, no-transform"
    response.headers["X-Accel-Buffering"] = "no"  # nginx and what follows its ways
    return response
