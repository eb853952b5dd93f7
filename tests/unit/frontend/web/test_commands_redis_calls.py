"""Claims about how often a request calls Redis, as MONITOR shows it, without scripts' own calls."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import pytest

from frontend.bootstrap import build_services
from frontend.observability import process_metrics
from frontend.settings import Settings
from frontend.web.app import create_app
from sim.presets import NAMES
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

KNOWN: Final = 3
NEW_RUN: Final = 5
FIRST_PAGE: Final = 7
API: Final = "/api/v1/propagations"


def calls(client: redis.Redis, action: Callable[[], object]) -> list[str]:
    """The commands that clients send while `action` runs."""
    begin, end = secrets.token_hex(8), secrets.token_hex(8)
    with client.monitor() as monitor, client.client() as other:  # type: ignore[no-untyped-call] # redis-py's own gap
        other.echo(begin)
        action()
        other.echo(end)
        seen: list[dict[str, str]] = []
        while not seen or end not in seen[-1]["command"]:
            seen.append(monitor.next_command())
    first = next(place for place, command in enumerate(seen) if begin in command["command"])
    return [one["command"] for one in seen[first + 1 : -1] if one["client_type"] != "lua"]


@pytest.fixture
def fresh(redis_url: str) -> FlaskClient:
    """A web process that has not read anything yet."""
    web = create_app(
        services=build_services(Settings(redis_url=redis_url, inline_work=10_000))
    ).test_client()
    web.get("/readyz")  # connect, and let redis-py load the scripts
    web.get("/propagate/99999999")
    return web


def remember(services: Services, request: PropagationRequest) -> None:
    """Let the id of a request be resolved."""
    services.store.remember(request)


@pytest.mark.parametrize("seed", [0, 7])
def test_a_known_result_takes_three_calls_at_most(
    services: Services, fresh: FlaskClient, redis_client: redis.Redis, seed: int
) -> None:
    resource = services.propagations.start(PropagationRequest(500, Trajectory(seed=seed)))
    for path in (resource.links.page, resource.links.self):
        assert len(calls(redis_client, lambda: fresh.get(path))) <= KNOWN  # noqa: B023 - called now


@pytest.mark.parametrize("seed", [0, 7])
def test_the_page_of_a_new_run_takes_five_calls_at_most(
    services: Services, fresh: FlaskClient, redis_client: redis.Redis, seed: int
) -> None:
    request = PropagationRequest(200_000, Trajectory(seed=seed))
    remember(services, request)
    sent = calls(redis_client, lambda: fresh.get(f"/propagate/{request.id}"))
    assert len(sent) <= NEW_RUN, sent
    assert services.runs.state(request.trajectory.digest) is not None


def test_a_new_run_from_the_api_takes_five_calls_at_most(
    fresh: FlaskClient, redis_client: redis.Redis
) -> None:
    body = {"steps": 200_000, "seed": 9}
    assert len(calls(redis_client, lambda: fresh.post(API, json=body))) <= NEW_RUN


def test_one_page_of_a_new_run_is_one_miss(fresh: FlaskClient) -> None:
    def misses() -> float:
        value = process_metrics.all_processes().get_sample_value(
            "porta_result_lookups_total", {"outcome": "miss"}
        )
        return value or 0

    before = misses()
    fresh.get("/propagate/300000")
    assert misses() == before + 1


def test_the_first_page_takes_as_many_calls_however_many_runs_wait(
    services: Services, redis_client: redis.Redis
) -> None:
    settings = Settings(redis_url=services.settings.redis_url, inline_work=10_000)
    taken = []
    for waiting in (10, 40, 100):
        for seed in range(1, waiting + 1):
            services.runs.enqueue(PropagationRequest(200_000, Trajectory(seed=seed)))
        create_app(services=build_services(settings)).test_client().get("/")  # loads scripts
        own = build_services(settings)
        own.client.ping()  # connects
        web = create_app(services=own).test_client()
        page: list[str] = []
        sent = calls(redis_client, lambda: page.append(web.get("/").text))  # noqa: B023 - called now
        assert page[0].count('href="/propagate/200000-') == waiting
        taken.append(len(sent))
    assert taken == [taken[0]] * 3
    assert taken[0] <= FIRST_PAGE


def test_the_first_page_takes_as_many_calls_however_many_runs_are_recent(
    services: Services, redis_client: redis.Redis
) -> None:
    settings = Settings(redis_url=services.settings.redis_url, inline_work=10_000)
    taken = []
    for finished in (1, 8, 20):
        for seed in range(1, finished + 1):
            services.propagations.start(PropagationRequest(50, Trajectory(seed=seed)))
        own = build_services(settings)
        own.client.ping()  # connects
        web = create_app(services=own).test_client()
        page: list[str] = []
        sent = calls(redis_client, lambda: page.append(web.get("/").text))  # noqa: B023 - called now
        assert page[0].count("/picture.png?theme=light") == finished + len(NAMES)
        taken.append(len(sent))
    assert taken == [taken[0]] * 3
    assert taken[0] <= FIRST_PAGE


def test_a_picture_that_was_drawn_takes_one_call(
    services: Services, fresh: FlaskClient, redis_client: redis.Redis
) -> None:
    services.propagations.start(PropagationRequest(500))
    path = "/propagate/500/picture.png"
    first = calls(redis_client, lambda: fresh.get(path))
    assert len(calls(redis_client, lambda: fresh.get(path))) == 1
    assert len(first) <= KNOWN
