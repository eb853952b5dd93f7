"""A request on its way: bytes come in, and in the end a request that no thread has to wait for.

- It does no input or output. gunicorn's own parser reads the head, so there is one opinion about
  where a body begins and how it is framed.
- What no handler reads is not waited for: the body of anything but a POST, and one that announces
  more than a body may have. The connection is closed after the response.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Final

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import (
    InvalidRequestLine,
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
)
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

from frontend.web.http.limits import HEAD_LIMIT_BYTES, LINE_LIMIT_BYTES, body_limit
from frontend.web.server import chunks
from frontend.web.server.refusals import without_host

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Arrival"]

READ_BY_HANDLERS: Final = frozenset({"POST"})  # the methods whose body a route of ours reads
HTTP_1_1: Final = (1, 1)  # from which on a request names its host (RFC 9112, section 3.2)
_HEAD_END: Final = re.compile(rb"\r\n\r\n|(?<!\r)\n")  # gunicorn refuses a line that ends with LF
_END_LENGTH: Final = 4


class Arrival:
    """One request of a connection, from its first byte to its last."""

    def __init__(self, cfg: Any, peer: Any, number: int) -> None:  # noqa: ANN401 - gunicorn is not annotated
        self.has_head = False
        self.wants_continue = False
        """Whether the client waits for `100 Continue` before it sends the body."""
        self._parsing = (cfg, peer, number)
        self._unread = bytearray()
        self._body: bytes | bytearray = b""
        self._steps = self._read()

    @property
    def held(self) -> int:
        """The bytes that it keeps in memory."""
        return len(self._unread) + len(self._body)

    @property
    def rest(self) -> bytes:
        """What has arrived after the request: the beginning of the next one."""
        return bytes(self._unread)

    def receive(self, data: bytes) -> Request | None:
        """Take what has arrived; return the request once it is whole.

        Raises Refused, or an error of gunicorn's parser, for a request that can't be answered.
        """
        self._unread += data
        try:
            next(self._steps)
        except StopIteration as end:
            request: Request = end.value
            return request
        return None

    def _read(self) -> Generator[None, None, Request]:
        request = self._parsed((yield from self._head()))
        self.has_head = True
        yield from self._read_body(request)
        body = self._body = bytes(self._body)
        request.body = io.BytesIO(body)
        request._expected_100_continue = False  # noqa: SLF001 - gunicorn would send it again
        return request

    def _head(self) -> Generator[None, None, bytes]:
        searched = 0
        while (found := _HEAD_END.search(self._unread, searched)) is None:
            self._check_unfinished()
            searched = max(0, len(self._unread) - _END_LENGTH + 1)
            yield
        if found.end() > HEAD_LIMIT_BYTES:
            raise LimitRequestHeaders("head")
        return self._take(found.end())

    def _check_unfinished(self) -> None:
        size = len(self._unread)
        # From 1: an empty line before the request line is allowed (RFC 9112, section 2.2).
        if size > LINE_LIMIT_BYTES and self._unread.find(b"\r\n", 1, LINE_LIMIT_BYTES + 4) < 0:
            raise LimitRequestLine(size, LINE_LIMIT_BYTES)
        if size > HEAD_LIMIT_BYTES:
            raise LimitRequestHeaders("head")

    def _parsed(self, head: bytes) -> Request:
        cfg, peer, number = self._parsing
        try:
            request = Request(cfg, IterUnreader([head]), peer, number)
        except NoMoreData:  # it ended before gunicorn's parser expected that
            raise InvalidRequestLine("incomplete") from None
        has_host = any(name == "HOST" for name, _ in request.headers)  # gunicorn refuses several
        if not has_host and request.version >= HTTP_1_1:
            raise without_host()
        return request

    def _read_body(self, request: Any) -> Generator[None, None, None]:  # noqa: ANN401 - gunicorn is not annotated
        reader = request.body.reader
        limit = body_limit(request.path)
        is_chunked = isinstance(reader, ChunkedReader)
        length = 0 if is_chunked else reader.length
        if not is_chunked and length <= min(len(self._unread), limit):
            self._body = self._take(length)
        elif request.method not in READ_BY_HANDLERS or length > limit:
            request.force_close()
        else:
            self.wants_continue = request._expected_100_continue  # noqa: SLF001 - there is no other name for it
            yield from self._chunks(limit) if is_chunked else self._until(length)

    def _chunks(self, limit: int) -> Generator[None, None, None]:
        body = self._body = bytearray()
        yield from chunks.decode(self._unread, body, limit)

    def _until(self, length: int) -> Generator[None, None, None]:
        while len(self._unread) < length:
            yield
        self._body = self._take(length)

    def _take(self, count: int) -> bytes:
        with memoryview(self._unread) as unread:
            taken = bytes(unread[:count])
        del self._unread[:count]
        return taken
