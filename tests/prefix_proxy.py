"""A reverse proxy that shows a server under a path, as people run them: it removes the path."""

from __future__ import annotations

import contextlib
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE: Final = 65_536
HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding"})


class _Server(ThreadingHTTPServer):
    def __init__(self, upstream: int, prefix: str, asked: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.prefix = prefix
        self.asked = asked


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.0"  # each response ends with its connection

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_DELETE(self) -> None:
        self._pass_on()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Log nothing."""

    def _pass_on(self) -> None:
        self.server.asked.append(self.path)
        if not self.path.startswith(f"{self.server.prefix}/"):
            self.send_error(http.client.NOT_FOUND)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        sent |= {
            "X-Forwarded-Prefix": self.server.prefix,
            "X-Forwarded-For": self.client_address[0],
        }
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream)
        with contextlib.closing(upstream):
            upstream.request(self.command, self.path.removeprefix(self.server.prefix), body, sent)
            self._answer(upstream.getresponse())

    def _answer(self, response: http.client.HTTPResponse) -> None:
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # a reader of events has left
            while piece := response.read1(PIECE):
                self.wfile.write(piece)


@contextlib.contextmanager
def prefix_proxy(port: int, prefix: str, asked: list[str] | None = None) -> Iterator[str]:
    """Show the server at this port under a prefix; gives the URL with the prefix.

    The paths that it is asked for are added to `asked`.
    """
    server = _Server(port, prefix, [] if asked is None else asked)
    running = threading.Thread(target=server.serve_forever)
    running.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    finally:
        server.shutdown()
        running.join()
        server.server_close()
