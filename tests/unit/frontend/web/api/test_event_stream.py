from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pytest

from frontend.bootstrap import build_services
from frontend.domain.resource import API_ROOT
from frontend.settings import Settings
from frontend.web.api.event_stream import event_stream
from sim.scenario import PropagationRequest

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
