"""Files that are written piece by piece, each in a turn of its own (docs/adr/0053), or kept.

- An error before the first piece still has a status. A file that the client has already is a 304;
  it asks each time, since another version of Porta writes other bytes.
- A HEAD has the status of a GET: where nothing is kept, the file begins, and ends there.
- A HEAD and a Range are answered from a file that is whole: one that is kept, or is written into
  the folder of exports first (docs/adr/0099). What is too large for it has no ranges, and says so:
  `Accept-Ranges: none`; a GET of it is streamed from its beginning.
"""

from __future__ import annotations

from contextlib import ExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from flask import Response, request

from frontend.errors import PreconditionFailed
from frontend.results.kept_file import CHUNK_BYTES
from frontend.web.context import services
from frontend.web.http.backpressure import SENT_BYTES, Reader, hang_up, limit_buffer
from frontend.web.http.byte_range import wanted_range
from frontend.web.http.responses import REVALIDATED, started, stream_reply, unchanged
from sim.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from frontend.results.kept_file import KeptFile

__all__ = ["file_reply", "in_turns", "writers_of"]

BY_PYARROW: Final = frozenset({"arrow", "parquet"})  # formats whose bytes are made by it


def writers_of(form: str) -> tuple[str, ...]:
    """Return the versions that the bytes of a file in a format depend on, for its entity tag."""
    return (VERSION, pa.__version__) if form in BY_PYARROW else (VERSION,)


def file_reply(
    media_type: str,
    etag: str,
    attachment: str | None,
    write: Callable[[Reader], Generator[bytes]],
    *,
    least_bytes: int = 0,
    cache: str = REVALIDATED,
) -> Response:
    """Answer with a file or a part of it, or that the client has it.

    `attachment` names the file for a browser to save; it has about `least_bytes` at least. `write`
    is given the client, for whom the response has not begun while the file is kept. Raises what
    `write` does, PreconditionFailed (`If-Match`), RangeNotSatisfiable, and BrokenPipeError once
    the client has left.
    """
    if _is_read() and "If-Match" in request.headers and not request.if_match.contains(etag):
        raise PreconditionFailed
    response = unchanged(etag, cache=cache)
    if response is not None:
        return response
    needs_whole = request.method == "HEAD" or wanted_range(request, etag) is not None
    may_keep = _is_read() and services().exports.may_keep(etag, least_bytes)
    kept = _kept(etag, write, needs_whole=needs_whole) if may_keep else None
    if kept is None:
        reader = Reader(request.environ.get("gunicorn.socket"))
        pieces = write(reader)
        reader.has_begun = True
        sent = _ended(pieces) if request.method == "HEAD" else pieces
        response = stream_reply(sent, media_type, attachment=attachment, cache=cache)
    else:
        response = _of_kept(kept, etag, media_type, attachment, cache)
    has_ranges = kept is not None or (may_keep and not needs_whole)
    response.headers["Accept-Ranges"] = "bytes" if has_ranges else "none"
    response.set_etag(etag)
    return response


def in_turns(write: Callable[[], Iterator[bytes]], held_bytes: int) -> Generator[bytes]:
    """Write a file that holds so many bytes meanwhile, beginning now; raises Busy.

    `write` is called once there is a place for all that it holds.
    """
    client = request.environ.get("gunicorn.socket")
    limit_buffer(client)
    return started(
        services().admission.stream(write, held_bytes=held_bytes, disconnect=hang_up(client))
    )


def _is_read() -> bool:
    """Whether the request is for what an address names; a POST is for what its body names."""
    return request.method in {"GET", "HEAD"}


def _kept(
    etag: str, write: Callable[[Reader], Generator[bytes]], *, needs_whole: bool
) -> KeptFile | None:
    """Return the whole file if there is one, or has to be; None where the answer is a stream."""
    exports = services().exports
    kept = exports.find(etag)
    if kept is not None or not needs_whole:
        return kept
    reader = Reader(request.environ.get("gunicorn.socket"))
    return exports.keep(etag, lambda: reader.while_read(write(reader)))


def _ended(pieces: Generator[bytes]) -> Iterator[bytes]:
    """End a file that has begun: it was to show its errors, which are those of a GET."""
    next(pieces, None)  # else its end would not reach what makes it
    pieces.close()
    return iter(())


def _of_kept(
    kept: KeptFile, etag: str, media_type: str, attachment: str | None, cache: str
) -> Response:
    """Answer with a kept file, or with the range that is wanted; raises RangeNotSatisfiable."""
    with ExitStack() as closing:
        closing.callback(kept.close)
        wanted = wanted_range(request, etag)
        first, last = (0, kept.size - 1) if wanted is None else wanted.of(kept.size)
        pieces: Iterator[bytes] = iter(())
        if request.method != "HEAD":
            held_bytes = min(last + 1 - first, CHUNK_BYTES + SENT_BYTES)
            pieces = in_turns(lambda: kept.pieces(first, last), held_bytes)
            closing.pop_all()  # the pieces close it
    response = stream_reply(pieces, media_type, attachment=attachment, cache=cache)
    response.headers["Content-Length"] = str(last + 1 - first)
    if wanted is not None:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response.headers["Content-Range"] = f"bytes {first}-{last}/{kept.size}"
    return response
