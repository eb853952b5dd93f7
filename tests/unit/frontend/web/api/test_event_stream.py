from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pytest

from frontend.bootstrap import build_services
from frontend.domain.resource import API_ROOT
from frontend.settings import Settings
from frontend.web.api.event_stream import event_stream, event_stream_of_several
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

    from frontend.bootstrap import Services
    from frontend.domain.run import Lease

LARGE = PropagationRequest(200_000)


class Told(NamedTuple):
    id: str | None
    name: str
    data: dict[str, Any]


def parsed(pieces: Iterator[bytes]) -> Iterator[Told]:
    """Read events as a browser does; what has no data is passed over."""
    for piece in pieces:
        fields = dict(line.split(": ", 1) for line in piece.decode().splitlines() if line)
        if "data" in fields:
            yield Told(fields.get("id"), fields["event"], orjson.loads(fields["data"]))


def follow(services: Services, last_id: str | None = None) -> Iterator[Told]:
    resource = services.propagations.find(LARGE)
    assert resource is not None
    return parsed(event_stream(services, LARGE, resource, last_id))


def owned(services: Services) -> Lease:
    services.propagations.start(LARGE)
    acquired = services.runs.acquire(LARGE.trajectory.digest, "token", "runner")
    assert acquired.lease is not None
    return acquired.lease


def test_a_reader_begins_with_the_run_as_it_is(services: Services) -> None:
    services.propagations.start(LARGE)
    event = next(follow(services))
    assert event.name == "status"
    assert event.data["status"] == "queued"
    assert event.data["progress"]["position"] == 1


def test_a_reader_hears_each_step_with_the_whole_resource(services: Services) -> None:
    lease = owned(services)
    events = follow(services)
    next(events)
    services.runs.progress(
        lease, stage="starting", wanted=2, workers=0, cluster={"name": "c", "dashboard": None}
    )
    services.runs.progress(lease, stage="propagating", done=65_536, rate=1e6)
    starting, running = next(events), next(events)
    assert starting.data["cluster"]["workers"] == 2
    assert (running.data["status"], running.data["progress"]["done"]) == ("running", 65_536)
    assert set(running.data) == set(starting.data)


def test_a_reader_who_comes_back_hears_what_it_missed(services: Services) -> None:
    lease = owned(services)
    events = follow(services)
    next(events)
    services.runs.progress(lease, stage="propagating", done=1)
    heard = next(events)
    services.runs.progress(lease, done=2)
    services.runs.progress(lease, done=3)
    missed = follow(services, heard.id)
    assert [next(missed).data["progress"]["done"] for _ in range(2)] == [2, 3]


@pytest.mark.parametrize("last_id", ["1-1", "nonsense", "9" * 50, ""])
def test_a_reader_whose_past_is_gone_gets_the_run_as_it_is(
    services: Services, last_id: str
) -> None:
    services.propagations.start(LARGE)
    assert next(follow(services, last_id)).name == "status"


def test_the_stream_ends_after_the_cancellation(services: Services) -> None:
    services.propagations.start(LARGE)
    events = follow(services)
    next(events)
    services.propagations.remove(LARGE)
    *_, last = events
    assert (last.name, last.data["status"]) == ("done", "cancelled")


def test_the_stream_of_a_result_is_one_event(web: FlaskClient) -> None:
    web.post(API_ROOT, json={"steps": 500})
    answer = web.get(f"{API_ROOT}/500/events")
    (event,) = parsed(iter([answer.data]))
    assert (event.name, event.data["status"]) == ("done", "complete")


def test_nothing_on_the_way_holds_events_back(web: FlaskClient) -> None:
    web.post(API_ROOT, json={"steps": 500})
    headers = web.get(f"{API_ROOT}/500/events", headers={"Accept-Encoding": "gzip"}).headers
    assert headers["Content-Type"].startswith("text/event-stream")
    assert headers["Cache-Control"] == "no-cache, no-transform"
    assert headers["X-Accel-Buffering"] == "no"
    assert "Content-Encoding" not in headers


def test_the_stream_ends_when_the_server_does(services: Services) -> None:
    services.propagations.start(LARGE)
    events = follow(services)
    next(events)
    services.hub.close()
    assert list(events) == []


def test_without_redis_there_is_an_error_before_the_first_event(services: Services) -> None:
    resource = services.propagations.start(LARGE)
    away = build_services(Settings(redis_url="redis://127.0.0.1:1"))
    with pytest.raises(Exception, match="storage"):
        next(event_stream(away, LARGE, resource, None))


OTHER = PropagationRequest(300_000, Trajectory(seed=5))


def follow_all(services: Services, *wanted: PropagationRequest) -> Iterator[Told]:
    found = {one.id: services.propagations.find(one) for one in wanted}
    pairs = {one.id: None if (had := found[one.id]) is None else (one, had) for one in wanted}
    return parsed(event_stream_of_several(services, pairs))


def test_one_stream_tells_of_several_runs_each_by_its_id(services: Services) -> None:
    lease = owned(services)
    services.propagations.start(OTHER)
    events = follow_all(services, LARGE, OTHER)
    first = {event.data["id"]: event for event in (next(events), next(events))}
    assert first[LARGE.id].data["resource"]["status"] == "starting"
    assert first[OTHER.id].data["resource"]["status"] == "queued"
    services.runs.progress(lease, stage="propagating", done=65_536, rate=1e6)
    event = next(events)
    assert (event.name, event.data["id"]) == ("status", LARGE.id)
    assert event.data["resource"]["progress"]["done"] == 65_536


def test_one_stream_ends_when_nothing_is_left_to_follow(services: Services) -> None:
    services.propagations.start(LARGE)
    services.propagations.start(OTHER)
    events = follow_all(services, LARGE, OTHER)
    _ = next(events), next(events)
    for one in (LARGE, OTHER):
        services.propagations.remove(one)
    *_, last = ended = list(events)
    assert {event.data["id"] for event in ended if event.name == "done"} == {LARGE.id, OTHER.id}
    assert last.data["resource"]["status"] == "cancelled"


def test_what_is_over_and_what_nobody_asked_for_is_told_at_once(web: FlaskClient) -> None:
    web.post(API_ROOT, json={"steps": 500})
    answer = web.get("/api/v1/events?ids=500,7,q-0123456789abcdef")
    events = list(parsed(iter(answer.data.split(b"\n\n"))))
    assert [(event.name, event.data["id"]) for event in events] == [
        ("done", "500"),
        ("gone", "7"),
        ("gone", "q-0123456789abcdef"),
    ]
    assert events[0].data["resource"]["status"] == "complete"


@pytest.mark.parametrize("ids", ["", "500%0a", ",".join(str(n) for n in range(1, 34)), "A"])
def test_a_stream_of_several_takes_ids_and_so_many(web: FlaskClient, ids: str) -> None:
    answer = web.get(f"/api/v1/events?ids={ids}")
    assert answer.status_code == 400
    assert "ids" in answer.get_json()["detail"]


def test_every_event_says_when_this_id_was_asked_for(services: Services) -> None:
    lease = owned(services)
    services.propagations.start(PropagationRequest(900_000))
    resource = services.propagations.find(PropagationRequest(900_000))
    assert resource is not None
    events = parsed(event_stream(services, PropagationRequest(900_000), resource, None))
    first = next(events)
    services.runs.progress(lease, stage="propagating", done=65_536)
    later = next(events)
    assert later.data["timings"]["asked_at"] == first.data["timings"]["asked_at"]
    assert first.data["timings"]["asked_at"] == resource.timings.asked_at
