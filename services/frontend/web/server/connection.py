"""A connection of the web server, in one of its phases: until when it may wait, and for what."""

from __future__ import annotations

import enum
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from gunicorn.workers.gthread import TConn

from frontend.web.server.arrival import Arrival

if TYPE_CHECKING:
    import socket

    from gunicorn.http.message import Request

__all__ = ["Connection", "Phase"]

HEAD_S: Final = 10  # from the first byte of a head to its last: a kilobyte, on any line
REQUEST_S: Final = 30  # from the first byte of all to the last: 1 MB at 270 kbit/s
LINGER_S: Final = 2  # for the client to read a last response: what gunicorn allows, too
LINGER_BYTES: Final = 1_000_000  # read and dropped meanwhile; a close with unread bytes is a reset


class Phase(enum.Enum):
    """What a connection in the main loop waits for."""

    IDLE = enum.auto()  # the first byte of a request
    HEAD = enum.auto()
    BODY = enum.auto()
    LINGERING = enum.auto()  # the client's end of a connection that has ended on this side


ARRIVING: Final = frozenset({Phase.HEAD, Phase.BODY})  # of a request that has begun


class _Parsed:
    """What gunicorn's worker takes for the parser of a connection: the request is there already."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def __next__(self) -> Request:
        return self._request

    def finish_body(self, deadline: float | None = None) -> bool:  # noqa: ARG002 - gunicorn's signature
        """Return whether the body was read, which it was before the request was passed on."""
        return True


class Connection(TConn):  # type: ignore[misc] # gunicorn is not annotated
    """A connection whose requests are read by the main loop, one after the other."""

    def __init__(self, cfg: Any, client: socket.socket, peer: Any, server: Any) -> None:  # noqa: ANN401 - gunicorn is not annotated
        super().__init__(cfg, client, peer, server)
        self.initialized = self.data_ready = True  # no thread has to read
        self.held = 0
        """The bytes for which it was counted."""
        self.parser: _Parsed | None = None
        self.arrival = Arrival(cfg, peer, number=1)
        self._requests = 1
        self._drained = 0
        self._begin(Phase.IDLE, HEAD_S)

    def expect_request(self, idle_s: float) -> bytes:
        """Wait for the next request; return what has arrived of it with the one before."""
        rest = self.arrival.rest
        self._requests += 1
        self._forget_request()
        self._begin(Phase.IDLE, idle_s)
        return rest

    def linger(self) -> None:
        """Wait for the client to close the connection."""
        self._forget_request()
        self._begin(Phase.LINGERING, LINGER_S)

    def receive(self, data: bytes) -> Request | None:
        """Take what has arrived; return the request once it is whole. Raises as Arrival does."""
        if self.phase is Phase.IDLE:
            self._begin(Phase.HEAD, HEAD_S)
        request = self.arrival.receive(data)
        if request is not None:
            self.parser = _Parsed(request)
        elif self.phase is Phase.HEAD and self.arrival.has_head:
            self._begin(Phase.BODY, self._since + REQUEST_S - monotonic())
        return request

    def drain(self, data: bytes) -> bool:
        """Drop what arrives after the last response; return whether there may be more of it."""
        self._drained += len(data)
        return self._drained <= LINGER_BYTES

    @property
    def allowed_s(self) -> int:
        """How long the request may take that has not arrived."""
        return HEAD_S if self.phase is Phase.HEAD else REQUEST_S

    def _forget_request(self) -> None:
        self.parser = None
        self.arrival = Arrival(self.cfg, self.client, self._requests)

    def _begin(self, phase: Phase, seconds: float) -> None:
        now = monotonic()
        if phase is not Phase.BODY:  # which is of the same request as the head before it
            self._since = now
        self.phase = phase
        self.deadline = now + seconds
        self.precedence = (phase in ARRIVING, self._since)
        """Where the connections run out, the one where this is smallest is closed."""
