"""The HTTP interface over a real connection: what a test client inside the process can't see."""

from __future__ import annotations

import gzip
import socket
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.deadlines import ANSWER_S
from tests.installation import Installation, web_alone
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer

API: Final = "/api/v1/propagations"
LARGE: Final = 1_000_000  # inline here, by the settings below
GROWTH_BYTES: Final = 150 * 2**20


@pytest.fixture(scope="module")
def porta(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("web")
    with web_alone(redis_server.url, folder, PORTA_INLINE_WORK=str(LARGE)) as porta:
        yield porta


@pytest.fixture
def web(porta: Installation) -> Iterator[httpx.Client]:
    with porta.client() as client:
        yield client


def test_what_is_asked_for_is_answered_with_its_place(web: httpx.Client) -> None:
    answer = web.post(API, json={"steps": 500})
    assert answer.status_code == 200
    assert web.get(answer.headers["Location"]).json() == answer.json()


def test_text_arrives_compressed_and_the_same(web: httpx.Client) -> None:
    path = "/propagate/500"
    web.get(path)
    plain = web.get(path, headers={"Accept-Encoding": "identity"})
    packed = web.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2
    assert packed.text == plain.text


def test_the_largest_file_of_a_page_is_loaded_once(web: httpx.Client) -> None:
    page = web.get("/propagate/500").text
    path = next(part for part in page.split('"') if part.endswith("plotly.min.js"))
    with web.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert b"plotly.js" in gzip.decompress(b"".join(answer.iter_raw()))[:200]


def test_records_are_streamed_in_constant_memory(porta: Installation, web: httpx.Client) -> None:
    worker = psutil.Process(porta.processes["web"].pid).children()[0]
    web.get(f"{API}/{LARGE}/records", params={"max_points": 100})  # opened, and compiled
    before = worker.memory_info().rss
    received = 0
    with web.stream("GET", f"/propagate/{LARGE}/data.js") as answer:
        assert "Content-Length" not in answer.headers
        for piece in answer.iter_raw():
            received += len(piece)
    assert received > 200_000_000
    assert worker.memory_info().rss - before < GROWTH_BYTES


def test_a_reader_who_leaves_in_the_middle_harms_nobody(web: httpx.Client) -> None:
    for _ in range(5):
        with web.stream("GET", f"/propagate/{LARGE}/data.js") as answer:
            next(answer.iter_raw())
    assert web.get("/healthz").status_code == httpx.codes.OK


def test_a_question_for_the_headers_has_no_body(web: httpx.Client) -> None:
    for path in ("/", "/propagate/500", "/propagate/500/data.js", f"{API}/500/records"):
        answer = web.head(path)
        assert (answer.status_code, answer.content) == (200, b""), path


@pytest.mark.parametrize(
    "target",
    [
        "/propagate/" + "9" * 3_000,
        "/propagate/%00",
        "/propagate/%ff%fe",
        "/propagate/..%2f..%2fetc%2fpasswd",
        "/propagate/500/../../healthz/x",
        "//propagate/500x",
        "/propagate/500?seed=%ff",
        "/propagate/500?seed=1&seed=2",
        f"{API}/500/records?t0=1e999",
        f"{API}/%F0%9F%9B%B0",
        "/assets/x/..%2fapp.py",
    ],
)
def test_whatever_the_address_it_is_the_askers_mistake(porta: Installation, target: str) -> None:
    assert 400 <= raw(porta, f"GET {target} HTTP/1.1") < 500


@pytest.mark.parametrize(
    ("line", "headers", "body"),
    [
        (f"POST {API} HTTP/1.1", "Content-Type: application/json\r\nContent-Length: 2", b"{]"),
        (f"POST {API} HTTP/1.1", "Content-Type: application/json\r\nContent-Length: 0", b""),
        (f"POST {API} HTTP/1.1", "Content-Length: 99999999", b""),
        (f"BREW {API} HTTP/1.1", "", b""),
        ("GET /propagate/500 HTTP/1.1", "Cookie: " + "x" * 20_000, b""),
    ],
)
def test_whatever_the_request_it_is_the_askers_mistake(
    porta: Installation, line: str, headers: str, body: bytes
) -> None:
    assert 400 <= raw(porta, line, headers, body) < 500


def raw(porta: Installation, line: str, headers: str = "", body: bytes = b"") -> int:
    """Send a request as it is written here, and give the status."""
    at = urlsplit(porta.url)
    head = "\r\n".join(filter(None, (line, f"Host: {at.netloc}", "Connection: close", headers)))
    with socket.create_connection((at.hostname, at.port), timeout=ANSWER_S) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        status = connection.makefile("rb").readline().split()[1]
    return int(status)


def test_a_reader_of_events_who_leaves_is_let_go_at_the_next_event(
    porta: Installation, web: httpx.Client
) -> None:
    worker = psutil.Process(porta.processes["web"].pid).children()[0]
    longer = iter(range(2 * LARGE, 2 * LARGE + 100))

    def readers() -> list[object]:
        """Make an event for all, by asking for more of the same; list whom the web talks to."""
        web.post(API, json={"steps": next(longer)})
        return [one.raddr for one in worker.net_connections()]

    readers()
    with porta.client() as reader, reader.stream("GET", f"{API}/{2 * LARGE}/events") as events:
        lines = events.iter_lines()  # kept, since the stream ends with it
        assert next(lines)
        address = events.extensions["network_stream"].get_extra_info("client_addr")
        assert address in readers()
    eventually(lambda: address not in readers())
