"""Claims about `GET /api/v1/propagations`: pages, links, tags, and how often it asks Redis."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from frontend.domain.resource import API_ROOT
from frontend.propagations.listing import CALLS
from frontend.storage import keys
from tests.guarded import Guarded, bearer

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis
    from flask.testing import FlaskClient


def page(web: FlaskClient, query: str = "") -> dict[str, Any]:
    answer = web.get(f"{API_ROOT}?{query}")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.get_json()
    return document


def steps_of(document: dict[str, Any]) -> list[int]:
    return [row["steps"] for row in document["propagations"]]


def test_nothing_is_an_empty_page(web: FlaskClient) -> None:
    assert page(web) == {"propagations": [], "links": {"self": f"{API_ROOT}", "next": None}}


def test_links_lead_from_page_to_page_with_the_same_conditions(
    web: FlaskClient, redis_client: redis.Redis
) -> None:
    for steps in range(1, 8):
        web.post(API_ROOT, json={"steps": steps})
        redis_client.zadd(keys.RECENT, {str(steps): steps})
    first = page(web, "limit=3&max_steps=6")
    assert steps_of(first) == [6, 5, 4]
    second = web.get(first["links"]["next"]).get_json()
    assert steps_of(second) == [3, 2, 1]
    assert second["links"]["self"] == first["links"]["next"]
    assert (
        second["links"]["next"] is None
        or steps_of(web.get(second["links"]["next"]).get_json()) == []
    )


def test_an_entry_leads_to_its_resource_and_its_page(web: FlaskClient) -> None:
    resource = web.post(API_ROOT, json={"steps": 500, "seed": 3}).get_json()
    row = page(web)["propagations"][0]
    assert {name: row[name] for name in ("id", "steps", "seed", "members", "status")} == {
        name: resource[name] for name in ("id", "steps", "seed", "members", "status")
    }
    assert row["records"] == resource["statistics"]["records"]
    assert row["links"] == {name: resource["links"][name] for name in ("self", "page")}


def test_under_a_prefix_links_begin_with_it(web: FlaskClient) -> None:
    web.post(API_ROOT, json={"steps": 500})
    web.post(API_ROOT, json={"steps": 501})
    document = web.get(
        f"{API_ROOT}?limit=1", environ_overrides={"SCRIPT_NAME": "/porta"}
    ).get_json()
    assert document["links"]["next"].startswith(f"/porta{API_ROOT}?limit=1&cursor=")
    assert document["propagations"][0]["links"]["self"].startswith("/porta/api/")


def test_a_preset_is_found_by_its_name(web: FlaskClient) -> None:
    scenario = next(
        one["scenario"] for one in web.get("/api/v1/presets").get_json() if one["name"] == "binary"
    )
    web.post(API_ROOT, json={"steps": 10, "scenario": scenario})
    web.post(API_ROOT, json={"steps": 20})
    assert steps_of(page(web, "preset=binary")) == [10]
    assert steps_of(page(web, "preset=nano")) == [20]
    assert steps_of(page(web, "preset=circular")) == []


def test_what_has_not_changed_is_304_and_what_has_is_not(web: FlaskClient) -> None:
    web.post(API_ROOT, json={"steps": 500})
    answer = web.get(API_ROOT)
    assert "no-cache" in answer.headers["Cache-Control"]
    condition = {"If-None-Match": answer.headers["ETag"]}
    unchanged = web.get(API_ROOT, headers=condition)
    assert (unchanged.status_code, unchanged.headers["Cache-Control"]) == (304, "private, no-cache")
    web.post(API_ROOT, json={"steps": 501})
    assert web.get(API_ROOT, headers=condition).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "status=failed",
        "model=kepler",
        "preset=mars",
        "digest=xyz",
        "min_steps=5&max_steps=4",
        "min_members=3&max_members=2",
        "preset=binary&digest=default",
        "cursor=1",
        "sort=id",
        "limit=1&limit=2",
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(web: FlaskClient, query: str) -> None:
    answer = web.get(f"{API_ROOT}?{query}")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert answer.get_json()["detail"].endswith(".")


def test_with_tokens_it_is_read_without_one_as_results_are(guarded: Guarded) -> None:
    web = guarded.app.test_client()
    web.post(API_ROOT, json={"steps": 500}, headers=bearer(guarded.ada))
    assert steps_of(page(web)) == [500]
    assert web.post(API_ROOT, json={"steps": 501}).status_code == 401


def calls(client: redis.Redis, action: Callable[[], object]) -> int:
    """Count the commands that clients send while `action` runs."""
    begin, end = secrets.token_hex(8), secrets.token_hex(8)
    with client.monitor() as monitor, client.client() as other:  # type: ignore[no-untyped-call] # redis-py's own gap
        other.echo(begin)
        action()
        other.echo(end)
        seen: list[dict[str, str]] = []
        while not seen or end not in seen[-1]["command"]:
            seen.append(monitor.next_command())
    first = next(place for place, command in enumerate(seen) if begin in command["command"])
    return sum(one["client_type"] != "lua" for one in seen[first + 1 : -1])


def test_a_page_takes_the_same_calls_however_many_there_are(
    web: FlaskClient, redis_client: redis.Redis
) -> None:
    def fill(first: int, last: int) -> None:
        for steps in range(first, last):
            assert web.post(API_ROOT, json={"steps": steps}).status_code == 200

    fill(1, 4)
    page(web)
    few = calls(redis_client, lambda: page(web))
    fill(4, 130)
    assert calls(redis_client, lambda: page(web)) == few
    looked_through = calls(redis_client, lambda: page(web, "model=nbody&limit=100"))
    assert few < looked_through <= CALLS
