"""Claims about what principals start and remove."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from frontend.domain.resource import Status
from frontend.errors import NotFound, QuotaExceeded
from frontend.web import commands
from sim import NANO, PropagationRequest, Trajectory
from tests.guarded import bearer

if TYPE_CHECKING:
    import redis

    from tests.guarded import Guarded


def test_what_is_refused_leaves_no_run_behind(guarded: Guarded) -> None:
    with guarded.app.test_request_context("/", headers=bearer(guarded.bob)):
        for seed in range(2):
            commands.start(PropagationRequest(200_000, Trajectory(seed=seed)))
        with pytest.raises(QuotaExceeded):
            commands.start(PropagationRequest(200_000, Trajectory(seed=2)))
    assert len(guarded.services.runs.under_way()) == 2


def test_what_is_there_is_given_at_no_cost(guarded: Guarded) -> None:
    with guarded.app.test_request_context("/", headers=bearer(guarded.bob)):
        for steps in (500, 501, 502):
            assert commands.start(PropagationRequest(steps)).status is Status.COMPLETE


def failing() -> dict[str, object]:
    """A scenario whose trajectory ends within a few iterations."""
    scenario: dict[str, Any] = NANO.to_json()
    scenario["agents"][0]["vx"] = 1e307
    return scenario


def crowd() -> dict[str, object]:
    """A scenario whose small results are too bulky to be stored."""
    planet, satellite = NANO.agents
    many = (replace(satellite, name=f"Satellite {i}") for i in range(20))
    return replace(NANO, agents=(planet, *many)).to_json()


@pytest.mark.parametrize("scenario", [failing(), crowd()], ids=["failing", "crowd"])
def test_a_look_at_what_is_never_stored_writes_nothing_and_is_free(
    guarded: Guarded, redis_client: redis.Redis, scenario: dict[str, object]
) -> None:
    client, headers = guarded.client(), bearer(guarded.bob)
    body = {"steps": 18, "seed": 7, "scenario": scenario}
    page = client.post("/api/v1/propagations", json=body, headers=headers).get_json()["links"][
        "page"
    ]
    before = redis_client.dbsize()
    redis_client.config_set("maxmemory", 1)
    try:
        assert [client.get(page, headers=headers).status_code for _ in range(3)] == [200] * 3
    finally:
        redis_client.config_set("maxmemory", 0)
    assert redis_client.dbsize() == before


def test_what_nobody_asked_for_cannot_be_removed(guarded: Guarded) -> None:
    with (
        guarded.app.test_request_context("/", headers=bearer(guarded.bob)),
        pytest.raises(NotFound, match="501"),
    ):
        commands.remove(PropagationRequest(501))
