"""The forms of responses: JSON documents, streamed files, server-sent events, and 304."""

from __future__ import annotations

import gzip
import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import orjson
from flask import Response, request

from frontend.web.http.compression import takes_gzip

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from sim.export.metadata import Metadata

__all__ = [
    "FRESH",
    "IMMUTABLE",
    "REVALIDATED",
    "etag_of",
    "events_reply",
    "json_bytes",
    "json_reply",
    "metadata_reply",
    "packed_reply",
    "started",
    "stream_reply",
    "unchanged",
    "written_reply",
]

JSON: Final = "application/json"
FRESH: Final = "no-store"
# Private: a proxy may restrict who reads. Immutable: an id and a query determine every byte.
IMMUTABLE: Final = "private, max-age=31536000, immutable"
# Kept, but asked for by its entity tag each time: what another version of Porta writes differs.
REVALIDATED: Final = "private, no-cache"


def json_reply(
    document: object, status: HTTPStatus = HTTPStatus.OK, *, cache: str = FRESH
) -> Response:
    """Answer with a JSON document."""
    return written_reply(json_bytes(document), status, cache=cache)


def json_bytes(document: object) -> bytes:
    """Encode a JSON document."""
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def written_reply(
    document: bytes,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    cache: str = FRESH,
    media_type: str = JSON,
) -> Response:
    """Answer with a document that is encoded already, of JSON unless it says otherwise."""
    response = Response(document, status=status, content_type=media_type)
    response.headers["Cache-Control"] = cache
    return response


def metadata_reply(metadata: Metadata, columns: list[str]) -> Response:
    """Answer with what a file with these columns says of itself."""
    document = metadata.canonical(columns)
    etag = etag_of(document)
    response = unchanged(etag, cache=REVALIDATED)
    if response is None:
        response = written_reply(document, cache=REVALIDATED)
        response.set_etag(etag)
    return response


def packed_reply(packed: bytes, etag: str, media_type: str = JSON) -> Response:
    """Answer with an immutable document that is stored gzipped, unpacked if need be."""
    if takes_gzip():
        response = written_reply(packed, cache=IMMUTABLE, media_type=media_type)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = written_reply(gzip.decompress(packed), cache=IMMUTABLE, media_type=media_type)
    response.set_etag(etag, weak=True)  # the same for both encodings
    return response


def stream_reply(
    chunks: Iterable[bytes], media_type: str, *, attachment: str | None, cache: str = FRESH
) -> Response:
    """Answer with the chunks as they are made; a browser saves them as the file `attachment`."""
    response = Response(chunks, content_type=media_type)
    response.headers["Cache-Control"] = cache
    if attachment is not None:
        response.headers["Content-Disposition"] = f'attachment; filename="{attachment}"'
    return response


def started(pieces: Iterator[bytes]) -> Generator[bytes]:
    """Make the first piece now, while an error can still set the status; the rest when read."""
    first = next(pieces, b"")
    return _resumed(first, pieces)


def _resumed(first: bytes, rest: Iterator[bytes]) -> Generator[bytes]:
    yield first
    yield from rest  # closing this generator closes `rest`


def etag_of(*parts: object) -> str:
    """Return the entity tag of a response, from all that determines its bytes."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def unchanged(etag: str, *, cache: str = IMMUTABLE) -> Response | None:
    """Answer 304 if the client has the response with this entity tag, else return None."""
    given = request.environ.get("HTTP_IF_NONE_MATCH")
    is_alone = given in {f'"{etag}"', f'W/"{etag}"'}  # recognised without parsing a list
    if given is None or not (is_alone or request.if_none_match.contains_weak(etag)):
        return None
    response = Response(status=HTTPStatus.NOT_MODIFIED)
    response.set_etag(etag)
    response.headers["Cache-Control"] = cache
    return response


def events_reply(events: Iterable[bytes]) -> Response:
    """Answer with server-sent events, which no proxy may buffer or change."""
    response = Response(events, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache, no-transform"
    response.headers["X-Accel-Buffering"] = "no"  # for nginx, and proxies that follow it
    return response
