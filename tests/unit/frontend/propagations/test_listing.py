"""Claims about the listing: what is on it, in which order, by pages, and what a page may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from frontend.domain.resource import Status
from frontend.errors import BadRequest
from frontend.propagations import listing
from frontend.propagations.listing import DEFAULT_DIGEST, Entry, Wanted
from frontend.storage import keys
from sim.order import Order, Until
from sim.presets import preset
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    import redis

    from frontend.bootstrap import Services

LONG: Final = 200_000  # takes a run, and there is no runner
BINARY: Final = Trajectory(preset("binary").scenario)
RESULTS: Final = (
    PropagationRequest(500),
    PropagationRequest(400, Trajectory(seed=7)),
    PropagationRequest(300, BINARY),
    PropagationRequest(200, members=3),
    PropagationRequest(100),
)


@pytest.fixture
def filled(services: Services, redis_client: redis.Redis) -> Services:
    """An installation with five results, the last one published last, and three runs."""
    for place, request in enumerate(RESULTS):
        services.propagations.start(request)
        redis_client.zadd(keys.RECENT, {request.id: 1_000 + place})
    services.propagations.start(PropagationRequest(LONG))
    services.propagations.start(PropagationRequest(LONG, Trajectory(seed=1)))
    services.propagations.start(Order(LONG, Trajectory(seed=2), condition=Until(1e6)))
    return services


def whole(services: Services, limit: int = 100, **conditions: Any) -> list[Entry]:  # noqa: ANN401 - any condition
    """Follow the pages to the last one; return all entries."""
    entries, cursor = services.propagations.listing.page(Wanted(**conditions), limit)
    while cursor is not None:
        more, cursor = services.propagations.listing.page(Wanted(**conditions), limit, cursor)
        entries += more
    return entries


def ids(entries: list[Entry]) -> list[str]:
    return [entry.id for entry in entries]


def test_what_is_under_way_comes_first_then_results_the_newest_first(filled: Services) -> None:
    entries = whole(filled)
    assert [entry.status.is_over for entry in entries] == [False] * 3 + [True] * 5
    assert ids(entries[3:]) == [request.id for request in reversed(RESULTS)]
    assert {entry.id.startswith("q-") for entry in entries[:3]} == {True, False}
    times = [entry.at_ms for entry in entries[:3]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7])
def test_pages_of_any_size_have_every_entry_once_and_in_the_same_order(
    filled: Services, limit: int
) -> None:
    assert whole(filled, limit) == whole(filled)


def test_an_entry_says_what_it_is(filled: Services) -> None:
    entry = whole(filled, status=Status.COMPLETE, model="nbody")[0]
    assert (entry.id, entry.steps, entry.members) == (RESULTS[2].id, 300, 1)
    assert (entry.model, entry.status, entry.records) == ("nbody", Status.COMPLETE, 602)
    assert entry.finished_at is not None


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"status": Status.COMPLETE}, [4, 3, 2, 1, 0]),
        ({"status": Status.RUNNING}, []),
        ({"model": "nbody"}, [2]),
        ({"min_members": 2}, [3]),
        ({"status": Status.COMPLETE, "max_members": 1, "model": "nano"}, [4, 1, 0]),
        ({"max_steps": 300, "min_steps": 200}, [3, 2]),
        ({"digest": RESULTS[1].id.partition("-")[2]}, [1]),
        ({"digest": DEFAULT_DIGEST, "max_steps": 1_000}, [4, 0]),
    ],
)
def test_conditions_leave_only_what_meets_them(
    filled: Services, conditions: dict[str, Any], expected: list[int]
) -> None:
    for limit in (2, 100):
        found = ids(whole(filled, limit, **conditions))
        assert found == [RESULTS[place].id for place in expected]


def test_what_waits_is_chosen_by_its_status_model_and_steps(filled: Services) -> None:
    assert len(whole(filled, status=Status.QUEUED)) == 3
    assert len(whole(filled, status=Status.QUEUED, model="nbody")) == 0
    assert len(whole(filled, min_steps=LONG)) == 2  # the steps of the order are not known yet


def test_what_is_published_or_removed_between_two_pages_neither_repeats_nor_hides_another(
    filled: Services, redis_client: redis.Redis
) -> None:
    wanted = Wanted(status=Status.COMPLETE)
    first, cursor = filled.propagations.listing.page(wanted, 2)
    assert ids(first) == [RESULTS[4].id, RESULTS[3].id]
    filled.propagations.remove(RESULTS[3])
    newest = PropagationRequest(50)
    filled.propagations.start(newest)
    rest, _ = filled.propagations.listing.page(wanted, 100, cursor)
    assert ids(rest) == [RESULTS[2].id, RESULTS[1].id, RESULTS[0].id]
    redis_client.zadd(keys.RECENT, {request.id: 7 for request in RESULTS})
    assert sorted(ids(whole(filled, 1, status=Status.COMPLETE))) == sorted(
        one.id for one in (*RESULTS[:3], RESULTS[4], newest)
    )


def test_a_result_that_is_gone_or_damaged_is_left_out(
    filled: Services, redis_client: redis.Redis
) -> None:
    redis_client.delete(keys.manifest(RESULTS[0].id))
    redis_client.set(keys.manifest(RESULTS[1].id), b"{}")
    found = ids(whole(filled, 1, status=Status.COMPLETE))
    assert found == [RESULTS[place].id for place in (4, 3, 2)]
    assert redis_client.zscore(keys.RECENT, RESULTS[0].id) is None


@pytest.mark.parametrize(("name", "value"), [("READ", 2), ("READ_BYTES", 1), ("SCANNED", 2)])
def test_a_page_that_has_reached_its_bound_goes_on_on_the_next(
    filled: Services, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    monkeypatch.setattr(listing, name, value)
    page, cursor = filled.propagations.listing.page(Wanted(model="nbody", min_steps=1), 100)
    assert (page, cursor is not None) == ([], True)
    assert ids(whole(filled, model="nbody")) == [RESULTS[2].id]
    assert len(whole(filled)) == 8


@pytest.mark.parametrize("cursor", ["", "x", "r1", "r1.\u0661", "r1.500; DEL", f"r{'9' * 40}.500"])
def test_a_cursor_that_was_made_up_is_refused(services: Services, cursor: str) -> None:
    with pytest.raises(BadRequest, match="follow links"):
        services.propagations.listing.page(Wanted(), 10, cursor)
