"""Claims about costs: they are told without anything being started."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from frontend.bootstrap import Services, build_services
from frontend.propagations.cost import Cost, cost_of
from frontend.settings import Settings
from sim.cost_model import work
from sim.scenario import NANO, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from collections.abc import Iterator

LITTLE = PropagationRequest(500)
MUCH = PropagationRequest(50_000_000)
ENSEMBLE = PropagationRequest(100_000, Trajectory(seed=1), 10_000)


@pytest.fixture
def services(redis_url: str) -> Iterator[Services]:
    with contextlib.closing(build_services(Settings(redis_url=redis_url))) as made:
        yield made


def cost(services: Services, request: PropagationRequest) -> Cost:
    return cost_of(services.propagations, services.settings, request)


def test_what_is_little_is_told_to_be_answered_at_once(services: Services) -> None:
    told = cost(services, LITTLE)
    assert told.at_once
    assert not told.stored
    assert (told.id, told.workers, told.work) == ("500", 0, work(500, NANO))
    assert 0 <= told.core_seconds <= told.seconds < 0.1


@pytest.mark.parametrize("request_", [MUCH, ENSEMBLE])
def test_what_takes_a_cluster_says_how_many_workers_for_how_long(
    services: Services, request_: PropagationRequest
) -> None:
    told = cost(services, request_)
    assert not told.at_once
    assert told.id == request_.id
    assert told.members == request_.members
    assert told.work == work(request_.steps, NANO, request_.members)
    assert 1 <= told.workers <= services.settings.max_workers
    assert told.seconds > 1
    assert told.core_seconds <= told.seconds * told.workers


def test_nothing_is_started_or_stored(services: Services) -> None:
    for request in (LITTLE, MUCH, ENSEMBLE):
        cost(services, request)
    assert services.propagations.under_way() == services.propagations.recent() == []


def test_what_is_stored_costs_nothing_more(services: Services) -> None:
    services.propagations.start(LITTLE)
    told = cost(services, LITTLE)
    assert (told.stored, told.at_once) == (True, True)
    assert told.seconds == told.core_seconds == told.workers == 0
