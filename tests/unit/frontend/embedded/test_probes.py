from __future__ import annotations

import http.server
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from frontend.embedded.probes import Answer, get, redis_answers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _Unready(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"no runner"
        self.send_response(200 if self.path == "/healthz" else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        pass


@contextmanager
def web_server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Unready) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_an_answer_has_its_status_and_its_words() -> None:
    with web_server() as address:
        assert get(address, "/healthz") == Answer(200, "no runner")
        unready = get(address, "/readyz")
        assert unready == Answer(503, "no runner")
        assert unready is not None
        assert not unready.ok


def test_nobody_there_is_no_answer() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert get(f"127.0.0.1:{bound.getsockname()[1]}", "/") is None


def test_silence_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert get(f"127.0.0.1:{silent.getsockname()[1]}", "/") is None


def test_no_socket_is_no_redis(tmp_path: Path) -> None:
    assert not redis_answers(tmp_path / "redis.sock")
