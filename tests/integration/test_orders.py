"""Orders on the real stack: a run finds out after how many steps they end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from playwright.sync_api import expect

from tests import deadlines, redis_servers
from tests.installation import Installation, ask, installed
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.redis_servers import RedisServer

LATE: Final = (
    4_000_000.0  # some 92,000,000 steps: seconds on a cluster, long enough to be disturbed
)
ALIVE: Final = "pending,running,stopping"


@pytest.fixture(scope="module")
def installation(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    folder = tmp_path_factory.mktemp("porta")
    with installed(redis_server.url, folder, PORTA_LEASE=f"{deadlines.LEASE_S}s") as running:
        yield running


@pytest.fixture
def client(installation: Installation) -> Iterator[httpx.Client]:
    with installation.client() as client:
        yield client


def resource(client: httpx.Client, location: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(location).raise_for_status().json()
    return found


def begun(client: httpx.Client, **body: object) -> str:
    location: str = client.post("/api/v1/propagations", json=body).headers["Location"]
    eventually(lambda: resource(client, location)["progress"]["done"] > 0)
    return location


def is_over(client: httpx.Client, location: str) -> bool:
    return resource(client, location)["status"] in {"complete", "failed", "cancelled"}


def earliest_clock(document: dict[str, Any]) -> float:
    return float(min(state["time"] for state in document["statistics"]["end"].values()))


def test_a_time_is_found_by_a_run_also_after_its_runner_was_killed(
    installation: Installation, client: httpx.Client
) -> None:
    location = begun(client, until=LATE, seed=11)
    assert location.startswith("/api/v1/propagations/q-")
    assert resource(client, location)["steps"] is None
    installation.processes["runner"].kill()
    installation.processes.pop("runner").wait()
    assert not is_over(client, location)
    installation.start_runner()
    eventually(lambda: is_over(client, location))
    order = resource(client, location)
    assert (order["status"], order["stopped"]) == ("complete", True)
    answer = resource(client, order["links"]["propagation"])
    assert answer["status"] == "complete"
    assert answer["steps"] == order["steps"]
    assert answer["timings"]["reused_steps"] > 0
    assert earliest_clock(answer) >= LATE
    assert earliest_clock(ask(client, steps=order["steps"] - 1, seed=11)) < LATE
    repeated = client.post("/api/v1/propagations", json={"until": LATE, "seed": 11})
    assert (repeated.status_code, repeated.json()["id"]) == (200, answer["id"])
    eventually(lambda: not installation.clusters(ALIVE))


def test_an_escape_ends_its_run_long_before_the_steps(
    installation: Installation, client: httpx.Client
) -> None:
    body = {"steps": 100_000_000, "seed": 12, "stop": {"agent": "Satellite", "escape": True}}
    location = client.post("/api/v1/propagations", json=body).headers["Location"]
    eventually(lambda: is_over(client, location))
    order = resource(client, location)
    assert order["stopped"]
    escaped_at = order["statistics"]["statistics"]["Satellite"]["unbound_from"]
    assert escaped_at is not None
    assert escaped_at + 1_000 <= order["steps"]
    digest = order["links"]["propagation"].rpartition("-")[2]
    with installation.redis as stored:
        assert stored.llen(f"trajectory/{digest}/chain") <= 3
        eventually(lambda: stored.hget(f"run/{digest}", "state") == b"done")
    eventually(lambda: not installation.clusters(ALIVE))


def test_an_order_that_is_cancelled_ends_and_leaves_no_cluster(
    installation: Installation, client: httpx.Client
) -> None:
    location = begun(client, until=LATE, seed=13)
    assert client.delete(location).status_code == httpx.codes.NO_CONTENT
    assert resource(client, location)["status"] == "cancelled"
    eventually(lambda: not installation.clusters(ALIVE))
    again = client.post("/api/v1/propagations", json={"until": LATE, "seed": 13})
    assert again.headers["Location"] == location
    eventually(lambda: is_over(client, location))
    assert resource(client, location)["status"] == "complete"


def test_the_page_of_an_order_becomes_that_of_its_propagation_by_itself(
    installation: Installation, page: Page
) -> None:
    page.goto(f"{installation.url}/propagate?until=50000&seed=14")
    expect(page.locator("main[data-status=complete]")).to_be_visible(
        timeout=1_000 * deadlines.EVENTUALLY_S
    )
    expect(page).not_to_have_url(re.compile("/propagate/q-"))
    expect(page.locator("h1")).to_contain_text("steps")
