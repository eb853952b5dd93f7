"""One client can't take a web away with expensive reads: not its memory, not its cores.

Clients are told apart by their address; loopback has many.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import io
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
import psutil
import pyarrow.parquet
import pytest

from frontend.propagations.opener import BUDGET_BYTES
from frontend.settings import Settings
from sim.scenario import Trajectory
from tests.crowded import crowded
from tests.deadlines import within
from tests.installation import Installation, web_alone
from tests.pod_memory import web_memory_limit
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.redis_servers import RedisServer

API: Final = "/api/v1/propagations"
STEPS: Final = 1_000_000  # inline here, by the settings below: 1.6 million records
MANY: Final = int(os.environ.get("PORTA_TEST_READERS", "40"))
MEMORY: Final = Settings().read_memory  # the default
MARGIN: Final = 100 * 2**20  # of the allocator, and of what is being computed
GREEDY, MODEST = "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
def porta(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("web")
    with web_alone(redis_server.url, folder, PORTA_INLINE_WORK=str(STEPS)) as porta:
        with client_at(porta, "127.0.0.1") as client:  # opened, and compiled
            for query in ("format=parquet", "format=csv", "format=csv&max_points=100000"):
                client.get(f"{API}/{STEPS}/records?{query}&t1=1000")
            client.get(f"{API}/{STEPS}/records?format=csv&max_points=100")
        yield porta


def client_at(porta: Installation, address: str) -> httpx.Client:
    transport = httpx.HTTPTransport(local_address=address)
    url = f"http://127.0.0.1:{porta.port}"
    return httpx.Client(base_url=url, transport=transport, timeout=within(60))


@pytest.fixture(autouse=True)
def within_the_pods_limit(porta: Installation) -> Iterator[None]:
    """Whatever a test asks for: the web, at its defaults, stays within what the chart gives it."""
    reset_peaks(porta)
    yield
    assert sum(map(peak, web_processes(porta))) < web_memory_limit()


def web_processes(porta: Installation) -> list[psutil.Process]:
    first = psutil.Process(porta.processes["web"].pid)
    return [first, *first.children()]


def resident(porta: Installation) -> int:
    (_, worker) = web_processes(porta)
    return worker.memory_info().rss


def reset_peaks(porta: Installation) -> None:
    for process in web_processes(porta):
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # proc(5): resets VmHWM


def peak(process: psutil.Process) -> int:
    """The most bytes that it has held; what both hold together counts twice."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1_024


@contextlib.contextmanager
def slow_readers(
    porta: Installation, query: str, ids: Sequence[str] = (str(STEPS),) * MANY
) -> Iterator[list[socket.socket]]:
    """Readers that ask for a file of each propagation, and read nothing of it."""
    readers = []
    try:
        for one in ids:
            reader = socket.create_connection(("127.0.0.1", porta.port), source_address=(GREEDY, 0))
            readers.append(reader)
            reader.sendall(
                f"GET {API}/{one}/records?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            )
        yield readers
    finally:
        for reader in readers:
            reader.close()


def status_of(reader: socket.socket) -> int:
    reader.settimeout(within(30))
    return int(reader.recv(12, socket.MSG_WAITALL).split()[1])


def is_told_when_to_ask_again(refused: socket.socket) -> None:
    """The rest of the answer is a problem document with `Retry-After`."""
    answer = refused.recv(4_096).decode()
    assert "Retry-After: 5" in answer
    assert "application/problem+json" in answer


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_slow_readers_hold_a_bounded_memory_and_others_are_served(
    porta: Installation, form: str
) -> None:
    before = resident(porta)
    with slow_readers(porta, f"format={form}") as readers, client_at(porta, MODEST) as modest:
        statuses = [status_of(reader) for reader in readers]
        assert set(statuses) == {200, 503}
        is_told_when_to_ask_again(readers[statuses.index(503)])
        assert resident(porta) - before < MEMORY + MARGIN
        asked = time.monotonic()
        assert modest.get(f"{API}/500/records?format={form}").status_code == 200
        assert modest.get(f"{API}/{STEPS}/overview?pixels=777").status_code == 200
        assert time.monotonic() - asked < within(2)
        refused = modest.get("/healthz")
        assert refused.status_code == 200
    eventually(lambda: resident(porta) - before < MARGIN // 2, within_s=within(30))


def test_slow_readers_of_many_large_propagations_hold_a_bounded_memory(
    porta: Installation,
) -> None:
    scenario = crowded(1_000)
    with client_at(porta, GREEDY) as client:
        posted = client.post(API, json={"steps": 300, "scenario": scenario.to_json()})
    assert posted.status_code == 200
    before, digest = resident(porta), Trajectory(scenario).digest
    ids = [f"{300 + number}-{digest}" for number in range(MANY)]  # 41 MB each
    with slow_readers(porta, "format=csv", ids) as readers:
        assert {status_of(reader) for reader in readers} == {200, 503}
        assert resident(porta) - before < BUDGET_BYTES + MEMORY + 3 * MARGIN
    eventually(lambda: resident(porta) - before < BUDGET_BYTES + MARGIN, within_s=within(30))


def test_a_reader_that_stands_still_gives_way_to_another(porta: Installation) -> None:
    with slow_readers(porta, "format=csv") as readers, client_at(porta, MODEST) as modest:
        assert {status_of(reader) for reader in readers} == {200, 503}
        for _ in range(3):
            answer = modest.get(f"{API}/{STEPS}/records?format=parquet&t1=20000")
            if answer.status_code == 200:
                break
            time.sleep(int(answer.headers["Retry-After"]))
        assert answer.status_code == 200


def test_many_parquet_files_at_once_are_whole_or_refused(porta: Installation) -> None:
    before = resident(porta)

    def download(_number: int) -> bytes | None:
        with client_at(porta, GREEDY) as client:
            answer = client.get(f"{API}/{STEPS}/records?format=parquet&t1=10000")
            return answer.content if answer.status_code == 200 else None

    with concurrent.futures.ThreadPoolExecutor(MANY) as pool:
        pending = [pool.submit(download, number) for number in range(MANY)]
        most = 0
        while not all(one.done() for one in pending):
            most = max(most, resident(porta))
            time.sleep(0.05)
    files = {content for one in pending if (content := one.result()) is not None}
    (file,) = files
    assert pyarrow.parquet.read_table(io.BytesIO(file)).num_rows > 100_000
    assert most - before < MEMORY + MARGIN
    eventually(lambda: resident(porta) - before < MARGIN // 2, within_s=within(30))


def test_who_asks_for_little_is_served_while_another_asks_for_much(porta: Installation) -> None:
    def thin(number: int) -> int:
        with client_at(porta, GREEDY) as client:
            query = f"format=csv&max_points=300000&t0={number}"
            return client.get(f"{API}/{STEPS}/records?{query}").status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool, client_at(porta, MODEST) as modest:
        pending = [pool.submit(thin, number) for number in range(8)]
        served = 0
        while not all(one.done() for one in pending):
            asked = time.monotonic()
            query = f"format=csv&max_points=100&t1={100 + served}"
            assert modest.get(f"{API}/{STEPS}/records?{query}").status_code == 200
            assert modest.post(API, json={"steps": 3_000 + served}).status_code == 200
            assert time.monotonic() - asked < within(2)
            served += 1
        statuses = {one.result() for one in pending}
    assert served > 0
    assert 200 in statuses
    assert statuses <= {200, 503}
