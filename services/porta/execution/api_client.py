"""A client of a running Porta's HTTP interface: documents, streams and events.

Guarantees:

- What goes wrong is a PortaError with a sentence: the server's own, where it gives one (RFC 9457).
- A server that is busy is asked again after as long as it says, for a minute at most.
- Documents are bounded in size, and strict JSON, without NaN; streams are read piece by piece.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from http import HTTPStatus
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

import httpx
import orjson

from porta.errors import ArgumentError, ExecutionError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from types import TracebackType

    from porta.execution.server import Server

__all__ = ["PATIENCE_S", "ApiClient", "NotThere", "Unreachable"]

ROOT: Final = "/api/v1/propagations"
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)  # s; events have a heartbeat every few seconds
PATIENCE_S: Final = 60.0  # with a server that is busy, or does not answer for the moment
MOST_BYTES: Final = 2**28  # of a document: a summary of 16 agents takes some megabytes
PAUSE_S: Final = 1.0  # before a server is asked again that does not say when
_BUSY: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_INVALID: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_NOT_ALLOWED: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

Document = dict[str, Any]


class NotThere(ExecutionError):
    """The server has no such thing, or not any more; its sentence says why."""


class Unreachable(ExecutionError):
    """The server does not answer, or stopped doing so."""


class ApiClient:
    """An open connection to a server; a context manager."""

    def __init__(self, server: Server) -> None:
        self._server = server
        try:
            httpx.URL(server.url)
        except httpx.InvalidURL as error:
            raise ArgumentError("on", f"{server.url!r} is no address: {error}.") from None
        token = server.bearer
        self._http = httpx.Client(
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            trust_env=not server.is_here,  # a proxy does not reach this machine's own ports
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def start(self, body: Mapping[str, object]) -> Document:
        """Request a propagation; return its resource."""
        return self._document("POST", "", json=body)

    def get(self, path: str, **query: str | int) -> Document:
        """Return a JSON document; `path` is below the propagations, such as `/500`."""
        return self._document("GET", path, params=query)

    def pieces(self, path: str, **query: str | int) -> Generator[bytes]:
        """Yield the bytes of a file as they come."""
        with self._answer("GET", path, params=query) as answer, self._transport_errors():
            yield from answer.iter_bytes()

    def events(self, path: str) -> Iterator[Document]:
        """Yield the resource of each event until the stream ends, which it may do at any time."""
        with (
            suppress(httpx.TransportError),  # so it ends
            self._answer("GET", f"{path}/events") as answer,
        ):
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    document = _document(line.removeprefix("data: ").encode())
                    if document is None:
                        raise self._stranger(answer)
                    yield document

    def pause(self) -> None:
        """Leave the server alone for a moment."""
        sleep(PAUSE_S)

    def _document(self, method: str, path: str, **options: Any) -> Document:  # noqa: ANN401 - httpx's own
        with self._answer(method, path, **options) as answer, self._transport_errors():
            document = _document(_bounded(answer))
            if document is None:
                raise self._stranger(answer)
            return document

    @contextmanager
    def _answer(self, method: str, path: str, **options: Any) -> Iterator[httpx.Response]:  # noqa: ANN401 - httpx's own
        """Yield a successful response whose body is not read yet; wait for a busy server."""
        give_up_at = monotonic() + PATIENCE_S
        request = self._http.build_request(method, f"{self._server.url}{ROOT}{path}", **options)
        while True:
            with self._transport_errors():
                answer = self._http.send(request, stream=True)
            try:
                if answer.is_success:
                    yield answer
                    return
                pause_s = _retry_after(answer)
                if answer.status_code not in _BUSY or monotonic() + pause_s > give_up_at:
                    self._refuse(answer)
            finally:
                answer.close()
            sleep(pause_s)

    def _refuse(self, answer: httpx.Response) -> NoReturn:
        """Raise what an unsuccessful response says."""
        with self._transport_errors():
            detail = _detail(_bounded(answer))
        if detail is None:
            raise self._stranger(answer)
        if answer.status_code in _INVALID:
            raise ArgumentError("request", detail)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise NotThere(detail)
        if answer.status_code in _NOT_ALLOWED:
            detail += f" {self._server.token_advice}"
        raise ExecutionError(detail)

    def _stranger(self, answer: httpx.Response) -> ExecutionError:
        return ExecutionError(
            f"{self._server.url} answers, but not as a Porta does (HTTP {answer.status_code}): give"
            " the address of its first page, such as http://127.0.0.1:8080."
        )

    @contextmanager
    def _transport_errors(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            raise Unreachable(
                f"No Porta can be reached at {self._server.url} ({error}): is it running, and is "
                "that its address? `porta serve` prints it."
            ) from error
        except httpx.HTTPError as error:
            raise Unreachable(
                f"The Porta at {self._server.url} stopped answering "
                f"({str(error) or type(error).__name__}). What it computes goes on: ask again."
            ) from error


def _bounded(answer: httpx.Response) -> bytes:
    """Return the body of a response; raises ExecutionError for a larger one than any can be."""
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise ExecutionError(f"{answer.url} answers with more than {MOST_BYTES:,} bytes.")
    return bytes(body)


def _document(text: bytes) -> Document | None:
    """Return an object of JSON, in which each number is finite; None for anything else."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _detail(body: bytes) -> str | None:
    """Return the sentence of a problem document; None for anything else."""
    detail = (_document(body) or {}).get("detail")
    return detail if isinstance(detail, str) else None


def _retry_after(answer: httpx.Response) -> float:
    """Return for how many seconds a server wants to be left alone."""
    given = answer.headers.get("Retry-After", "")
    return float(given) if given.isascii() and given.isdigit() else PAUSE_S
