"""Crowds: many who ask for the same, for different things, slowly, or never stop listening."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import httpx
import psutil
import pytest

from frontend.storage.connection import command
from tests import invariants, redis_servers
from tests.asked import Asked, ask_for
from tests.crowd import answered, connection, crowd, get, health_s
from tests.deadlines import EVENTUALLY_S, LEASE_S, under_load
from tests.installation import Installation, at_work, installed
from tests.processes import eventually
from tests.redis_servers import free_port

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from tests.redis_servers import RedisServer

HEALTH_S: Final = 0.1
MAX_RUNS: Final = 2
MAX_WAITING: Final = 4
SHORT: Final = 2_000_000
REQUESTS: Final = 5_000
CLIENTS: Final = 50
SEEDS: Final = 200
STREAMS: Final = 1_000
HALF_SENT: Final = 200
DRIPPING: Final = 1_400  # more than there are threads
CHUNKED: Final = (
    b"POST /api/v1/propagations HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
)
HALVES: Final = {
    "nothing": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: local",
    "half a body": b"POST /api/v1/propagations HTTP/1.1\r\nHost: localhost\r\n"
    b'Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"steps":',
    "half a chunk": CHUNKED + b"\r\n" + b'ff\r\n{"steps":',
}


@pytest.fixture(scope="module")
def shared(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    with installed(
        redis_server.url,
        tmp_path_factory.mktemp("crowds"),
        PORTA_LEASE=f"{LEASE_S}s",
        PORTA_MAX_RUNS=str(MAX_RUNS),
        PORTA_MAX_WAITING=str(MAX_WAITING),
    ) as running:
        yield running


def many(installation: Installation, bodies: list[bytes]) -> Counter[int]:
    """Ask for these by turns, each client on a connection of its own; count the answers."""

    def one(mine: list[bytes]) -> list[int]:
        web = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=60)
        with contextlib.closing(web):
            return [post(web, body) for body in mine]

    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = clients.map(one, [bodies[number::CLIENTS] for number in range(CLIENTS)])
        return Counter(status for found in answers for status in found)


def post(web: http.client.HTTPConnection, body: bytes) -> int:
    web.request("POST", "/api/v1/propagations", body, {"Content-Type": "application/json"})
    with web.getresponse() as answer:
        answer.read()
        return answer.status


def test_five_thousand_requests_for_one_key_are_one_cluster(installation: Installation) -> None:
    before = set(installation.clusters())
    asked = Asked(installation, SHORT, seed=1)
    body = f'{{"steps": {asked.steps}, "seed": {asked.seed}}}'.encode()
    statuses = many(installation, [body] * REQUESTS)
    assert set(statuses) <= {200, 202}
    assert sum(statuses.values()) == REQUESTS
    asked.is_completed()
    assert len(set(installation.clusters()) - before) == 1
    assert asked.epoch == 1


def test_many_seeds_at_once_hold_few_clusters_in_the_order_of_their_coming(
    installation: Installation,
) -> None:
    bodies = [f'{{"steps": {SHORT}, "seed": {seed}}}'.encode() for seed in range(100, 100 + SEEDS)]
    statuses = many(installation, bodies)
    assert set(statuses) == {202, 429}
    assert MAX_WAITING <= statuses[202] <= MAX_WAITING + 2 * MAX_RUNS
    with contextlib.closing(installation.redis) as stored:
        most = 0
        while invariants.held_slots(stored):
            most = max(most, len(installation.clusters("pending,running")))
            assert len(command(stored, "ZRANGE", "run/active", 0, -1)) <= MAX_RUNS
        assert most <= MAX_RUNS
        accepted = [Asked(installation, SHORT, seed).record for seed in range(100, 100 + SEEDS)]
    runs = [record for record in accepted if record]
    assert len(runs) == statuses[202]
    assert {record["state"] for record in runs} == {"done"}
    by_coming = sorted(runs, key=lambda record: int(record["seq"]))
    started = [int(record["started"]) for record in by_coming]
    assert started == sorted(started)


def test_the_web_is_well_with_requests_that_are_half_sent(installation: Installation) -> None:
    web = psutil.Process(installation.processes["web"].pid).children()[0]
    threads = web.num_threads()
    with contextlib.ExitStack() as open_:
        clients = {}
        for half, sent in HALVES.items():  # together: each waits for its deadline, at most 30 s
            clients[half] = open_.enter_context(crowd(installation, sent, HALF_SENT))
            assert health_s(installation) < under_load(HEALTH_S), half
            assert web.num_threads() < threads + HALF_SENT / 4, f"{half}: they hold threads"
        closed = {half: answered(each, within_s=EVENTUALLY_S) for half, each in clients.items()}
    assert closed == dict.fromkeys(HALVES, HALF_SENT), "they are closed in the end"


def test_a_request_that_comes_in_pieces_is_answered(installation: Installation) -> None:
    whole = HALVES["half a body"].replace(b": 99", b": 14") + b" 500}"
    with connection(installation, b"") as client:
        for at in range(0, len(whole), 7):
            client.sendall(whole[at : at + 7])
            time.sleep(0.01)  # so that each is a segment of its own
        assert status_of_next(client) == httpx.codes.OK
        client.sendall(get("/healthz"))
        assert status_of_next(client) == httpx.codes.OK


def status_of_next(client: socket.socket) -> int:
    """Read a whole answer, whose head and body may come apart."""
    answer = http.client.HTTPResponse(client)
    answer.begin()
    answer.read()
    return answer.status


def test_the_web_is_well_with_readers_that_do_not_read(installation: Installation) -> None:
    ask_for(installation, seed=2, steps=SHORT).is_completed()
    path = f"{Asked(installation, SHORT, seed=2).path}/records?format=csv"
    with crowd(installation, get(path), HALF_SENT, buffer=4_096) as clients:
        assert answered(clients, within_s=EVENTUALLY_S) == HALF_SENT
        assert health_s(installation) < under_load(HEALTH_S)


@pytest.fixture
def web_alone(own_redis: RedisServer, tmp_path: Path) -> Iterator[Installation]:
    """A web with a run that waits for ever."""
    environ = {"REDIS_URL": own_redis.url, "DASK_SCHEDULER": f"127.0.0.1:{free_port()}"}
    with at_work(environ, tmp_path) as running:
        running.start_web()
        yield running


@pytest.mark.parametrize("head", [CHUNKED, CHUNKED + b"Expect: 100-continue\r\n"])
def test_the_web_is_well_with_bodies_that_come_byte_by_byte(
    web_alone: Installation, head: bytes
) -> None:
    web = psutil.Process(web_alone.processes["web"].pid).children()[0]
    with crowd(web_alone, head + b"\r\n", DRIPPING) as clients:
        threads = web.num_threads()
        for byte in (b"f", b"f", b"\r"):
            for client in clients:
                client.sendall(byte)
            assert health_s(web_alone) < under_load(HEALTH_S)
        assert web.num_threads() < threads + HALF_SENT / 4, "they hold threads"


def test_the_web_is_well_with_a_thousand_event_streams_and_keeps_no_thread_for_those_who_leave(
    web_alone: Installation,
) -> None:
    asked = Asked(web_alone, SHORT, seed=1)
    assert asked.again().status_code == httpx.codes.ACCEPTED
    with crowd(web_alone, get(f"{asked.path}/events"), STREAMS) as clients:
        assert answered(clients, within_s=EVENTUALLY_S) == STREAMS
        assert health_s(web_alone) < under_load(HEALTH_S)
        with crowd(web_alone, HALVES["half a head"], HALF_SENT):
            assert health_s(web_alone) < under_load(HEALTH_S)
    eventually(lambda: open_streams(web_alone) == 0)
    assert asked.record["state"] == "queued", "the run goes on without its readers"


def open_streams(installation: Installation) -> float:
    with installation.client() as client:
        lines = client.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("porta_event_streams"))
