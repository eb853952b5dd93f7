"""Orders over HTTP: those that are answered at once, those that take a run, and bad ones."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from frontend.bootstrap import build_services
from frontend.domain.order_record import OrderRecord
from frontend.domain.resource import API_ROOT
from frontend.errors import LeaseLost
from frontend.runner.growing_trajectory import GrowingTrajectory
from frontend.runner.lease_keeper import LeaseKeeper
from frontend.runner.run_executor import RunExecutor
from frontend.settings import Settings
from frontend.web.app import create_app
from sim.cluster import SchedulerBackend
from sim.engine import Propagation, initial_checkpoint, pass_over
from sim.engine.watch import Watch
from sim.scenario import NANO, Trajectory, read_scenario
from tests.run_protocol import lapse

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

LONG: dict[str, Any] = {"until": 12_000.0}
ESCAPE: dict[str, Any] = {"steps": 1_000_000, "stop": {"agent": "Satellite", "escape": True}}
NO_SCHEDULER = SchedulerBackend("127.0.0.1:1", start_s=0.2)


def run(services: Services, trajectory: Trajectory, intervals: int) -> None:
    """Do what a runner does, with a cluster that has stored so many intervals already."""
    acquired = services.runs.acquire(trajectory.digest, "a token", "me")
    assert acquired.lease is not None
    growing = GrowingTrajectory(trajectory, [], [])
    for _ in range(intervals):
        stretch = pass_over(trajectory, growing.tail, 1)
        data = stretch.to_bytes()
        entry = growing.entry(stretch, data)
        services.runs.put(
            acquired.lease,
            position=len(growing.chain),
            previous=growing.head,
            entry=entry,
            data=data,
        )
        growing.append(stretch, entry)
    keeper = LeaseKeeper(services.runs, acquired.lease, acquired)
    executor = RunExecutor(services, NO_SCHEDULER, keeper, growing, name="me", installation="one")
    asyncio.run(executor.execute())


def test_a_small_order_is_answered_at_once_with_the_propagation(web: FlaskClient) -> None:
    reply = web.post(API_ROOT, json={"until": 100.0})
    document = reply.get_json()
    assert reply.status_code == 200
    assert document["id"] == str(document["steps"])
    assert reply.headers["Location"] == f"{API_ROOT}/{document['id']}"
    assert document["stopped"] is True
    assert document["order"]["until"] == 100.0
    assert document["links"]["propagation"] == document["links"]["self"]
    ends = document["statistics"]["end"]
    assert min(state["time"] for state in ends.values()) >= 100.0
    before = Propagation.open(Trajectory(), document["steps"] - 1).end
    assert min(state.time for state in before.values()) < 100.0


def test_a_stop_that_is_not_met_gives_the_propagation_of_its_steps(web: FlaskClient) -> None:
    body = {"steps": 500, "stop": {"agent": "Satellite", "within": 1e-9}, "seed": 7}
    document = web.post(API_ROOT, json=body).get_json()
    assert (document["steps"], document["stopped"]) == (500, False)
    assert document["id"] == f"500-{Trajectory(seed=7).digest}"


def test_an_order_that_takes_a_run_has_an_id_of_its_own(web: FlaskClient) -> None:
    reply = web.post(API_ROOT, json=LONG)
    document = reply.get_json()
    assert reply.status_code == 202
    assert document["id"].startswith("q-")
    assert reply.headers["Location"] == f"{API_ROOT}/{document['id']}"
    assert (document["steps"], document["status"]) == (None, "queued")
    assert "propagation" not in document["links"]
    assert web.get(document["links"]["self"]).get_json() == document
    again = web.post(API_ROOT, json=LONG).get_json()
    assert again["id"] == document["id"]
    assert web.get(document["links"]["records"]).status_code == 404


@pytest.mark.parametrize("body", [LONG, ESCAPE], ids=["until", "escape"])
def test_a_run_ends_an_order_with_the_propagation_that_it_came_to(
    web: FlaskClient, services: Services, body: dict[str, Any]
) -> None:
    order = web.post(API_ROOT, json={**body, "seed": 5}).get_json()
    run(services, Trajectory(seed=5), 6)
    document = web.get(order["links"]["self"]).get_json()
    assert (document["id"], document["status"]) == (order["id"], "complete")
    assert document["stopped"] is True
    answer = web.get(document["links"]["propagation"]).get_json()
    assert answer["status"] == "complete"
    assert answer["id"] == f"{document['steps']}-{Trajectory(seed=5).digest}"
    assert document["statistics"] == answer["statistics"]
    run_state = services.runs.state(Trajectory(seed=5).digest)
    assert run_state is not None
    assert run_state.state == "done"
    assert not run_state.orders
    records = web.get(f"{document['links']['records']}?format=csv&t1=1")
    assert records.data == web.get(f"{answer['links']['records']}?format=csv&t1=1").data
    at_once = web.post(API_ROOT, json={**body, "seed": 5})
    assert (at_once.status_code, at_once.get_json()["id"]) == (200, answer["id"])


def test_a_run_goes_on_for_those_who_asked_for_more(web: FlaskClient, services: Services) -> None:
    order = web.post(API_ROOT, json={**LONG, "seed": 5}).get_json()
    more = web.post(API_ROOT, json={"steps": 390_000, "seed": 5}).get_json()
    run(services, Trajectory(seed=5), 6)
    assert web.get(order["links"]["self"]).get_json()["status"] == "complete"
    assert web.get(more["links"]["self"]).get_json()["status"] == "complete"


def test_an_order_can_be_cancelled_and_asked_for_again(
    web: FlaskClient, services: Services
) -> None:
    order = web.post(API_ROOT, json=LONG).get_json()
    assert web.delete(order["links"]["self"]).status_code == 204
    assert web.get(order["links"]["self"]).get_json()["status"] == "cancelled"
    again = web.post(API_ROOT, json=LONG)
    assert (again.status_code, again.get_json()["status"]) == (202, "queued")
    assert [one.id for one in services.propagations.under_way()] == [order["id"]]


def test_an_answered_order_that_is_deleted_leaves_its_answer(
    web: FlaskClient, services: Services
) -> None:
    order = web.post(API_ROOT, json={**LONG, "seed": 5}).get_json()
    run(services, Trajectory(seed=5), 6)
    answer = web.get(order["links"]["self"]).get_json()["links"]["propagation"]
    assert web.delete(order["links"]["self"]).status_code == 204
    assert web.get(order["links"]["self"]).status_code == 404
    assert web.get(answer).get_json()["status"] == "complete"


def test_an_order_of_a_trajectory_that_ends_before_fails_as_a_run_does(web: FlaskClient) -> None:
    scenario: dict[str, Any] = NANO.to_json()
    place = {"x": 0.0, "y": 0.1, "vx": 0.1, "vy": 0.0}  # that of the planet
    scenario["agents"][1] |= place
    reply = web.post(API_ROOT, json={"until": 10.0, "scenario": scenario})
    document = reply.get_json()
    assert (reply.status_code, document["status"]) == (200, "failed")
    assert document["error"]["final"] is True
    assert "Planet" in document["error"]["agents"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"until": 0}, "until must be a finite number above 0"),
        ({"until": -5.0}, "until must be a finite number above 0"),
        ({"until": "5"}, "until must be a number"),
        ({"until": True}, "until must be a number"),
        ({"until": 5, "steps": 7}, "until takes the place of steps"),
        ({"until": 5, "stop": ESCAPE["stop"]}, "until takes the place of steps and stop"),
        ({"until": 5, "members": 2}, "members"),
        ({"until": 1e300}, "ask for an earlier time"),
        ({"until": 1e8}, "takes at least 1e+09 steps of this scenario, more than the 100,000,000"),
        ({"stop": ESCAPE["stop"]}, "steps is missing"),
        ({**ESCAPE, "members": 2}, "Leave members out"),
        ({"steps": 5, "stop": {"agent": "Moon", "escape": True}}, "name of an agent"),
        ({"steps": 5, "stop": {"agent": "Planet", "escape": True}}, "has a primary"),
        ({"steps": 5, "stop": {"agent": "Satellite", "within": -1}}, "above 0"),
        (
            {"steps": 5, "stop": {"agent": "Satellite", "within": 1, "escape": True}},
            "either escape or within",
        ),
        ({"steps": 10**9, "stop": ESCAPE["stop"]}, "the largest allowed is 100,000,000"),
        ({"until": [1]}, "until must be a number"),
        ({"steps": 5, "stop": 5}, "stop must be"),
    ],
    ids=str,
)
def test_a_bad_order_is_refused_with_a_sentence_and_starts_nothing(
    web: FlaskClient, services: Services, body: dict[str, Any], sentence: str
) -> None:
    reply = web.post(API_ROOT, json=body)
    assert reply.status_code == 400
    assert sentence in reply.get_json()["detail"]
    assert services.propagations.under_way() == []


@pytest.mark.parametrize("path", ["", "/records", "/overview", "/events"])
def test_an_unknown_order_is_not_found_with_a_sentence(web: FlaskClient, path: str) -> None:
    reply = web.get(f"{API_ROOT}/q-0123456789abcdef{path}")
    assert reply.status_code == 404
    assert "Ask for it again" in reply.get_json()["detail"]


def test_the_events_of_an_order_end_with_its_answer(web: FlaskClient, services: Services) -> None:
    order = web.post(API_ROOT, json={**LONG, "seed": 5}).get_json()
    with web.get(order["links"]["events"], buffered=False) as stream:
        pieces = stream.iter_encoded()
        assert b"event: status" in b"".join(next(pieces) for _ in range(2))
        run(services, Trajectory(seed=5), 6)
        text = b"".join(pieces).decode()
    last = text.strip().split("\n\n")[-1]
    assert "event: done" in last
    assert f'"id":"{order["id"]}"' in last
    assert '"status":"complete"' in last


def test_a_time_that_the_allowed_steps_do_not_reach_fails_with_a_sentence(redis_url: str) -> None:
    settings = Settings(redis_url=redis_url, max_steps=100_000, inline_work=10_000)
    with contextlib.closing(build_services(settings)) as services:
        web = create_app(services=services).test_client()
        order = web.post(API_ROOT, json={"until": 9_000.0, "seed": 5}).get_json()
        assert order["status"] == "queued"
        run(services, Trajectory(seed=5), 2)
        failed = web.get(order["links"]["self"]).get_json()
        assert failed["status"] == "failed"
        assert (
            "within 100,000 steps, the most that are allowed for this scenario"
            in failed["error"]["detail"]
        )
        state = services.runs.state(Trajectory(seed=5).digest)
        assert state is not None
        assert state.state == "done"
        again = web.post(API_ROOT, json={"until": 9_000.0, "seed": 5})
        assert (again.status_code, again.get_json()["detail"]) == (400, failed["error"]["detail"])
    with contextlib.closing(
        build_services(Settings(redis_url=redis_url, inline_work=10_000))
    ) as more:
        asked = (
            create_app(services=more)
            .test_client()
            .post(API_ROOT, json={"until": 9_000.0, "seed": 5})
        )
        assert (asked.status_code, asked.get_json()["status"]) == (202, "queued")


def test_an_order_whose_runner_is_lost_between_its_steps_and_its_end_is_settled_by_the_next(
    web: FlaskClient, services: Services
) -> None:
    trajectory = Trajectory(seed=5)
    document = web.post(API_ROOT, json={**LONG, "seed": 5}).get_json()
    order = services.propagations.order(document["id"])
    watch = Watch(trajectory, order.condition)
    watch.go_on(initial_checkpoint(trajectory.scenario), 400_000)
    acquired = services.runs.acquire(trajectory.digest, "the first", "one")
    assert acquired.lease is not None
    record = OrderRecord.of(order, steps=watch.steps, stopped=True)
    assert services.runs.settle(acquired.lease, order, record) == "wanted"
    between = web.get(document["links"]["self"]).get_json()
    assert (between["steps"], between["status"]) == (watch.steps, "starting")
    lapse(services.client, trajectory.digest)
    with pytest.raises(LeaseLost):
        services.runs.settle(acquired.lease, order, record)
    run(services, trajectory, 6)
    assert web.get(document["links"]["self"]).get_json()["status"] == "complete"


def pair(integrator: str) -> dict[str, Any]:
    """Two points of `nbody`, on an ellipse."""
    agents = [
        {"name": "Star", "mu": 1, "x": 0, "y": 0, "vx": 0, "vy": 0},
        {"name": "Planet", "mu": 0, "x": 1, "y": 0, "vx": 0, "vy": 1.2},
    ]
    return {"model": "nbody", "integrator": integrator, "dt": 0.01, "agents": agents}


@pytest.mark.parametrize(
    ("time", "steps"), [(0.07, 7), (0.030000000000000002, 4), (40_000.0, 4_000_000)]
)
def test_a_time_of_a_fixed_step_gives_the_propagation_without_an_order(
    web: FlaskClient, time: float, steps: int
) -> None:
    body = {"until": time, "scenario": pair("leapfrog")}
    reply = web.post(API_ROOT, json=body)
    document = reply.get_json()
    is_inline = steps < 1_000
    assert reply.status_code == (200 if is_inline else 202)
    assert document["status"] == ("complete" if is_inline else "queued")
    assert document["steps"] == steps
    assert document["id"] == f"{steps}-{read_trajectory(body).digest}"
    assert "order" not in document
    if is_inline:
        assert document["statistics"]["end"]["Planet"]["time"] == steps * 0.01 >= time


def test_a_time_of_chosen_steps_is_an_order(web: FlaskClient) -> None:
    """The inline work answers it at once; beyond that it has an id of its own."""
    body = {"until": 5.0, "scenario": pair("gauss-radau-15")}
    near = web.post(API_ROOT, json=body)
    document = near.get_json()
    steps = Propagation.open(read_trajectory(body), until=5.0).steps
    assert (near.status_code, document["steps"], document["stopped"]) == (200, steps, True)
    assert document["id"] == f"{steps}-{read_trajectory(body).digest}"
    assert document["order"]["until"] == 5.0
    far = web.post(API_ROOT, json={**body, "until": 1e7})
    document = far.get_json()
    assert (far.status_code, document["steps"], document["status"]) == (202, None, "queued")
    assert document["id"].startswith("q-")


def read_trajectory(body: dict[str, Any]) -> Trajectory:
    return Trajectory(read_scenario(body["scenario"]))
