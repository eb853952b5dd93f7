"""Claims about servers that do not answer as a Porta does; a running one is in test_porta.py."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

import porta
from porta.execution.api_client import ApiClient, NotThere
from porta.execution.server import Server
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PROBLEM: Final = "application/problem+json"
Answer: TypeAlias = tuple[int, str, bytes, dict[str, str]]
EMPTY: Final[Answer] = (200, "application/json", b"{}", {})


def problem(status: int, detail: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, PROBLEM, json.dumps({"status": status, "detail": detail}).encode(), named


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[str, list[Any]]]:
    """Run a server that gives these answers, one after the other; yield its address and headers."""
    left, seen = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers))
            status, kind, body, headers = left.pop(0)
            self.send_response(status)
            for name, value in {"Content-Type": kind, **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


def get(url: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - of Server
    with ApiClient(Server(url, **options)) as client:
        return client.get("/500")


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (problem(400, "steps is missing."), porta.ArgumentError, "steps is missing"),
        (problem(404, "It was not asked for."), NotThere, "not asked for"),
        (problem(401, "A token is required."), porta.ExecutionError, "PORTA_TOKEN"),
        (problem(403, "You may only look."), porta.ExecutionError, "only look"),
        (problem(429, "Too many.", Retry_After="3600"), porta.ExecutionError, "Too many"),
        ((200, "text/html", b"<p>Hello", {}), porta.ExecutionError, "not as a Porta does"),
        ((404, "text/html", b"<p>Hello", {}), porta.ExecutionError, "HTTP 404"),
        ((302, "text/html", b"", {"Location": "/"}), porta.ExecutionError, "HTTP 302"),
        ((200, "application/json", b"[1]", {}), porta.ExecutionError, "not as a Porta does"),
        ((200, "application/json", b'{"e":NaN}', {}), porta.ExecutionError, "not as a Porta does"),
        ((200, "application/json", b'{"e":1e999}', {}), porta.ExecutionError, "not as a Porta"),
    ],
)
def test_what_goes_wrong_is_a_sentence(answer: Answer, kind: type[Exception], words: str) -> None:
    with answering(answer) as (url, _), pytest.raises(kind, match=words):
        get(url)


def test_an_event_that_is_no_json_is_a_sentence() -> None:
    stream: Answer = (200, "text/event-stream", b'data: {"e": NaN}\n\n', {})
    with (
        answering(stream) as (url, _),
        ApiClient(Server(url)) as client,
        pytest.raises(porta.ExecutionError, match="not as a Porta does"),
    ):
        list(client.events("/500"))


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    busy = problem(503, "The server is busy.", Retry_After="0")
    with answering(busy, busy, EMPTY) as (url, seen):
        assert get(url) == {}
    assert len(seen) == 3


def test_a_token_is_sent_as_a_bearer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTA_TOKEN", raising=False)
    with answering(EMPTY, EMPTY) as (url, seen):
        get(url)
        get(url, token="abc")  # noqa: S106
    assert "Authorization" not in seen[0]
    assert seen[1]["Authorization"] == "Bearer abc"


def test_a_server_that_is_not_there_is_a_sentence_with_its_address() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(porta.ExecutionError, match=f"No Porta can be reached at {url}"):
        get(url)


def test_an_address_that_no_client_takes_is_a_sentence() -> None:
    with pytest.raises(porta.ArgumentError, match="is no address"):
        get("http://porta.example\x7f")
