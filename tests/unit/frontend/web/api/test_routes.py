from __future__ import annotations

import contextlib
import io
import math
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from frontend.admission import fair_gate
from frontend.domain.resource import API_ROOT, Status
from sim.engine import SHOWN_AGENTS
from sim.reference import simulate
from sim.scenario import NANO, Dispersion, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from frontend.bootstrap import Services

LARGE = PropagationRequest(200_000)
COLUMNS = ["agent", "t0", "t1", "timeStep", "x", "y", "vx", "vy"]


def ask(web: FlaskClient, **body: object) -> TestResponse:
    return web.post(API_ROOT, json=body)


def test_a_count_that_json_writes_as_a_decimal_is_the_same_propagation(web: FlaskClient) -> None:
    assert ask(web, steps=500.0).get_json()["id"] == ask(web, steps=500).get_json()["id"] == "500"


def records(web: FlaskClient, query: str = "", steps: int = 500) -> TestResponse:
    return web.get(f"{API_ROOT}/{steps}/records?{query}")


def a_problem(answer: TestResponse, status: int) -> str:
    """Check that it is one, and return its sentence."""
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    document: dict[str, Any] = answer.get_json()
    assert document["status"] == status
    sentence: str = document["detail"]
    return sentence


# Asking.


def test_what_is_little_work_is_complete_at_once(web: FlaskClient) -> None:
    answer = ask(web, steps=500)
    assert answer.status_code == 200
    assert answer.headers["Location"] == f"{API_ROOT}/500"
    assert answer.get_json()["status"] == "complete"
    assert answer.get_json()["statistics"]["records"] == len(simulate(NANO, 0, 500))


def test_what_takes_a_run_is_accepted(web: FlaskClient) -> None:
    answer = ask(web, steps=200_000)
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"{API_ROOT}/200000"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.get_json()["status"] == "queued"
    assert answer.get_json()["progress"]["position"] == 1


def test_asking_twice_is_asking_once(web: FlaskClient, services: Services) -> None:
    assert ask(web, steps=200_000).status_code == ask(web, steps=200_000).status_code == 202
    assert len(services.runs.under_way()) == 1


def test_another_seed_or_scenario_is_another_propagation(web: FlaskClient) -> None:
    seeded = ask(web, steps=500, seed=7).get_json()["id"]
    other = ask(web, steps=500, scenario=NANO.to_json() | {"epsilon": 0.002}).get_json()["id"]
    assert seeded == f"500-{Trajectory(seed=7).digest}"
    assert len({"500", seeded, other}) == 3
    assert web.get(f"{API_ROOT}/{other}").status_code == 200


@pytest.mark.parametrize("member", [1, 2**53 - 1])
def test_a_member_is_a_propagation_of_its_own(web: FlaskClient, member: int) -> None:
    body = {"steps": 500, "seed": 7, "member": member}
    resource = ask(web, **body).get_json()
    assert resource["id"] == f"500-{Trajectory(seed=7, member=member).digest}"
    assert (resource["seed"], resource["member"], resource["members"]) == (7, member, 1)
    rows = web.get(f"{API_ROOT}/{resource['id']}/records?format=csv").text.splitlines()
    assert len(rows) - 1 == len(simulate(NANO, 7, 500, member)) == resource["statistics"]["records"]
    query = f"{API_ROOT}/500?seed=7&member={member}"
    assert web.get(query).get_json() == resource
    assert ask(web, **body, members=1).get_json()["id"] == resource["id"]


def test_a_member_of_a_dispersion_is_found_again_by_its_id(web: FlaskClient) -> None:
    spread = [{"agent": "Satellite", "sigma": {"x": 1e-3}, "frame": "inertial"}]
    body = {"steps": 500, "seed": 7, "member": 3, "dispersion": spread}
    resource = ask(web, **body).get_json()
    trajectory = Trajectory(NANO, 7, 3, Dispersion.from_json(spread, NANO))
    assert resource["id"] == f"500-{trajectory.digest}"
    rows = web.get(f"{API_ROOT}/{resource['id']}/records").get_json()
    reference = simulate(trajectory.dispersed, 7, 500, 3)
    assert rows[0][2]["Satellite"]["x"] == reference[1].state.x != 0.0
    assert rows[-1][2] == {NANO.names[reference[-1].agent]: reference[-1].state.to_json()}
    again = ask(web, **body | {"dispersion": [{"agent": "Satellite", "sigma": {"x": 0.001}}]})
    assert again.get_json() == resource
    assert ask(web, steps=500, seed=7, dispersion=[]).get_json()["id"] != resource["id"]


def test_member_0_is_the_seed_itself(web: FlaskClient) -> None:
    assert ask(web, steps=500, member=0).get_json()["id"] == "500"
    plain = ask(web, steps=500, seed=7).get_json()
    assert plain["member"] == 0
    assert ask(web, steps=500, seed=7, member=0).get_json() == plain
    for path in ("", "/records", "/overview"):
        beside = web.get(f"{API_ROOT}/{plain['id']}{path}?member=0")
        assert beside.data == web.get(f"{API_ROOT}/{plain['id']}{path}").data
        assert beside.status_code == 200


def test_a_member_beside_an_ensemble_or_a_member_is_400_with_a_sentence(web: FlaskClient) -> None:
    assert "leave out one" in a_problem(ask(web, steps=500, member=0, members=2), 400)
    assert "leave out one" in a_problem(web.get(f"{API_ROOT}/500?member=1&members=2"), 400)
    seeded = ask(web, steps=500, seed=7).get_json()["id"]
    member = ask(web, steps=500, seed=7, member=3).get_json()["id"]
    for path in ("", "/records", "/overview", "/events"):
        for query in ("member=0", "member=3", "member=4"):
            detail = a_problem(web.get(f"{API_ROOT}/{member}{path}?{query}"), 400)
            assert "is member 3 of its seed already" in detail
        assert "no member 1" in a_problem(web.get(f"{API_ROOT}/{seeded}{path}?member=1"), 400)
        assert "plain digits" in a_problem(web.get(f"{API_ROOT}/{seeded}{path}?member=1e3"), 400)


def test_the_default_scenario_written_out_is_the_default_scenario(web: FlaskClient) -> None:
    assert ask(web, steps=500, seed=0, members=1, scenario=NANO.to_json()).get_json()["id"] == "500"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"steps": 0},
        {"steps": -1},
        {"steps": 10**18},
        {"steps": 10**30},
        {"steps": True},
        {"steps": 1.5},
        {"steps": "5"},
        {"steps": None},
        {"steps": 1e300},
        {"steps": "1e3"},
        {"steps": "1,000"},
        {"steps": 500, "sed": 1},
        {"steps": 500, "seed": -1},
        {"steps": 500, "seed": 2**53},
        {"steps": 500, "member": -1},
        {"steps": 500, "member": 2**53},
        {"steps": 500, "member": 0.5},
        {"steps": 500, "member": "1"},
        {"steps": 500, "member": None},
        {"steps": 500, "member": 1, "members": 2},
        {"steps": 500, "members": 0},
        {"steps": 500, "members": 1_000_001},
        {"steps": 500, "members": "2"},
        {"steps": 500, "agents": ["Satellite"]},
        {"steps": 500, "members": 2, "agents": ["Planet"]},
        {"steps": 500, "dispersion": 3},
        {"steps": 500, "dispersion": [{"agent": "Moon", "sigma": {"x": 1}}]},
        {"steps": 500, "scenario": {}},
        {"steps": 500, "scenario": []},
        {"steps": 500, "scenario": "nano"},
        {"steps": 500, "scenario": NANO.to_json() | {"agents": []}},
        {"steps": 500, "scenario": NANO.to_json() | {"extra": 1}},
        {"steps": 500, "scenario": NANO.to_json() | {"dt_min": "1"}},
        {"steps": 500, "scenario": NANO.to_json() | {"epsilon": 10**400}},
    ],
)
def test_a_body_that_makes_no_sense_is_400_and_starts_nothing(
    web: FlaskClient, services: Services, body: dict[str, object]
) -> None:
    assert a_problem(ask(web, **body), 400)
    assert services.propagations.recent() == services.propagations.under_way() == []


def test_numbers_that_are_none_are_no_json(web: FlaskClient) -> None:
    body = orjson.dumps({"steps": 500, "scenario": NANO.to_json()}).replace(b"0.001", b"NaN")
    answer = web.post(API_ROOT, data=body, content_type="application/json")
    assert "not valid JSON" in a_problem(answer, 400)


def test_agents_of_one_name_are_told_apart_by_nobody(web: FlaskClient) -> None:
    body = orjson.dumps({"steps": 500, "scenario": NANO.to_json()})
    twice = body.replace(b"Satellite", b"Planet")
    answer = web.post(API_ROOT, data=twice, content_type="application/json")
    assert "agents[1].name" in a_problem(answer, 400)


def test_other_than_json_is_415_and_told_what_to_send(web: FlaskClient) -> None:
    answer = web.post(API_ROOT, data={"steps": "500"})
    assert a_problem(answer, 415) == "Send JSON, with Content-Type: application/json."


def test_another_sites_page_may_neither_ask_nor_delete(
    web: FlaskClient, services: Services
) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    a_problem(web.post(API_ROOT, json={"steps": 500}, headers=elsewhere), 403)
    ask(web, steps=500)
    a_problem(web.delete(f"{API_ROOT}/500", headers=elsewhere), 403)
    assert len(services.propagations.recent()) == 1


def test_a_full_line_is_429_and_says_when_to_ask_again(web: FlaskClient) -> None:
    for seed in range(100):
        assert ask(web, steps=200_000, seed=seed).status_code == 202
    answer = ask(web, steps=200_000, seed=100)
    a_problem(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0


# Asking what it would cost.


@pytest.mark.parametrize(
    "body",
    [
        {"steps": 500},
        {"steps": 100_000_000},
        {"steps": 100_000, "members": 10_000, "seed": 3},
        {"steps": 100_000_000, "stop": {"agent": "Satellite", "escape": True}},
    ],
)
def test_a_dry_run_says_what_it_costs_and_starts_nothing(
    web: FlaskClient, services: Services, body: dict[str, object]
) -> None:
    answer = ask(web, **body, dry_run=True)
    assert answer.status_code == 200
    cost = answer.get_json()
    assert cost["at_once"] == (cost["work"] <= services.settings.inline_work)
    assert (cost["workers"] > 0) == (not cost["at_once"])
    assert (cost["core_seconds"] > 1) == (not cost["at_once"])
    assert "Location" not in answer.headers
    assert services.propagations.under_way() == services.propagations.recent() == []


def test_a_dry_run_of_what_can_not_be_is_refused_as_the_request_itself(web: FlaskClient) -> None:
    for body in ({"steps": 0}, {"steps": 10**9}, {"steps": 500, "agents": "x"}):
        wanted = a_problem(ask(web, **body), 400)
        assert a_problem(ask(web, **body, dry_run=True), 400) == wanted
    assert "dry_run must be true or false" in a_problem(ask(web, steps=500, dry_run=1), 400)
    assert ask(web, steps=500, dry_run=False).get_json()["status"] == "complete"


# Looking and removing.


def test_what_nobody_has_asked_for_is_404_and_looking_starts_nothing(
    web: FlaskClient, services: Services
) -> None:
    for path in ("500", "200000", "500/events"):
        a_problem(web.get(f"{API_ROOT}/{path}"), 404)
    assert services.propagations.recent() == services.propagations.under_way() == []


@pytest.mark.parametrize("bad", ["0", "007", "abc", "1_0", "\u0661", "9" * 4_000])
@pytest.mark.parametrize("view", ["", "/records", "/overview", "/events"])
def test_an_id_that_is_none_is_a_problem(web: FlaskClient, bad: str, view: str) -> None:
    a_problem(web.get(f"{API_ROOT}/{bad}{view}"), 400)


def test_the_resource_of_a_run_tells_how_far_it_is(web: FlaskClient, services: Services) -> None:
    ask(web, steps=200_000)
    acquired = services.runs.acquire(LARGE.trajectory.digest, "token", "runner")
    assert acquired.lease is not None
    cluster = {"name": "a-cluster", "dashboard": None}
    services.runs.progress(acquired.lease, stage="starting", cluster=cluster, wanted=2, workers=1)
    resource = web.get(f"{API_ROOT}/200000").get_json()
    assert resource["status"] == "starting"
    assert resource["cluster"] == {
        "name": "a-cluster",
        "workers": 2,
        "arrived": 1,
        "dashboard": None,
    }
    services.runs.progress(acquired.lease, stage="propagating", done=50_000, rate=1e6)
    resource = web.get(f"{API_ROOT}/200000").get_json()
    assert resource["status"] == "running"
    assert resource["progress"]["done"] == 50_000


def test_deleting_cancels_a_run_under_way(web: FlaskClient, services: Services) -> None:
    ask(web, steps=200_000)
    assert web.delete(f"{API_ROOT}/200000").status_code == 204
    assert web.get(f"{API_ROOT}/200000").get_json()["status"] == Status.CANCELLED
    assert services.runs.under_way() == []


def test_deleting_a_result_leaves_nothing_of_it(web: FlaskClient, services: Services) -> None:
    ask(web, steps=500)
    assert web.delete(f"{API_ROOT}/500").status_code == 204
    a_problem(web.get(f"{API_ROOT}/500"), 404)
    a_problem(web.delete(f"{API_ROOT}/500"), 404)
    assert services.propagations.recent() == []


# Records.


def test_json_is_the_array_of_the_simulation_bit_for_bit(web: FlaskClient) -> None:
    ask(web, steps=500)
    array = orjson.loads(records(web).data)
    names = NANO.names
    expected = [
        [record.t0, record.t1, {names[record.agent]: record.state.to_json()}]
        for record in simulate(NANO, 0, 500)[len(names) :]
    ]
    assert array[0] == [None, 0.0, {agent.name: agent.state.to_json() for agent in NANO.agents}]
    assert array[1:] == expected


def test_the_tabular_formats_hold_the_same_numbers(web: FlaskClient) -> None:
    arrow = pa.ipc.open_file(records(web, "format=arrow").data).read_all()
    parquet = pq.read_table(io.BytesIO(records(web, "format=parquet").data))
    assert arrow.column_names == parquet.column_names == COLUMNS
    assert arrow.drop(["agent"]).equals(parquet.drop(["agent"]))
    rows = records(web, "format=csv").text.splitlines()
    assert rows[0].replace('"', "").split(",") == COLUMNS
    assert len(rows) - 1 == arrow.num_rows
    last = rows[-1].split(",")
    assert [float(one) for one in last[1:]] == [arrow[c][-1].as_py() for c in COLUMNS[1:]]


def test_the_file_has_a_name(web: FlaskClient) -> None:
    headers = records(web, "format=parquet").headers
    assert headers["Content-Disposition"] == 'attachment; filename="propagation-500.parquet"'


def test_a_window_gives_the_records_that_overlap_it(web: FlaskClient) -> None:
    table = pa.ipc.open_file(records(web, "format=arrow&t0=5&t1=6").data).read_all()
    assert table.num_rows > 0
    assert all(t1 > 5 for t1 in table["t1"].to_pylist())
    assert all(t0 < 6 for t0 in table["t0"].to_pylist())


def test_a_window_without_records_is_an_empty_file(web: FlaskClient) -> None:
    assert orjson.loads(records(web, "t0=1e9").data) == []
    assert len(records(web, "format=csv&t0=1e9").text.splitlines()) == 1


def test_so_many_points_are_real_records_and_no_more_than_asked_for(web: FlaskClient) -> None:
    everything = {tuple(row) for row in rows(records(web, "format=csv"))}
    some = rows(records(web, "format=csv&max_points=50"))
    assert 0 < len(some) <= 50
    assert {tuple(row) for row in some} <= everything


def rows(answer: TestResponse) -> list[list[str]]:
    return [line.split(",") for line in answer.text.splitlines()[1:]]


@pytest.mark.parametrize(
    "query",
    [
        "format=xml",
        "t0=x",
        "t0=nan",
        "t0=2&t1=1",
        "t0=1&t1=1",
        "max_points=0",
        "max_points=3",
        "n=1",
    ],
)
def test_a_query_that_makes_no_sense_is_400(web: FlaskClient, query: str) -> None:
    a_problem(records(web, query), 400)


def test_what_the_client_has_is_not_sent_again(web: FlaskClient) -> None:
    first = records(web, "format=csv")
    assert first.headers["Cache-Control"] == "private, no-cache"
    etag = {"If-None-Match": first.headers["ETag"]}
    again = web.get(f"{API_ROOT}/500/records?format=csv", headers=etag)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "private, no-cache"
    other = web.get(f"{API_ROOT}/500/records?format=csv&t0=1", headers=etag)
    assert other.status_code == 200


def test_a_question_for_the_headers_is_answered_without_the_records(web: FlaskClient) -> None:
    head = web.head(f"{API_ROOT}/500/records?format=csv")
    assert head.status_code == 200
    assert head.headers["ETag"] == records(web, "format=csv").headers["ETag"]


def test_records_of_what_takes_a_run_are_404_with_a_time_to_ask_while_it_runs(
    web: FlaskClient, services: Services
) -> None:
    answer = records(web, steps=200_000)
    a_problem(answer, 404)
    assert "Retry-After" not in answer.headers
    assert services.propagations.under_way() == []
    ask(web, steps=200_000)
    assert int(records(web, steps=200_000).headers["Retry-After"]) > 0


# What is drawn.


def test_an_overview_has_a_path_and_series_for_each_agent(web: FlaskClient) -> None:
    view = web.get(f"{API_ROOT}/500/overview?pixels=2048").get_json()
    assert [agent["name"] for agent in view["agents"]] == ["Planet", "Satellite"]
    assert view["exact"]
    satellite = view["agents"][1]
    assert satellite["primary"] == "Planet"
    assert set(satellite["series"]) == {"t", "x", "y", "r", "e", "h"}
    assert len(satellite["path"]["x"]) == len(satellite["path"]["y"]) == 399  # each record


def test_an_overview_of_fewer_pixels_is_smaller_and_contains_the_finer_one(
    web: FlaskClient,
) -> None:
    fine = web.get(f"{API_ROOT}/5000/overview?pixels=4096").get_json()
    coarse = web.get(f"{API_ROOT}/5000/overview?pixels=64").get_json()
    r = [one["agents"][1]["series"]["r"] for one in (fine, coarse)]
    assert len(r[1]["min"]) <= 64 < len(r[0]["min"])
    lows = [min(v for v in one["min"] if v is not None) for one in r]
    assert lows[0] == lows[1]


def test_an_overview_can_be_of_the_first_agents_only(web: FlaskClient) -> None:
    everything = web.get(f"{API_ROOT}/500/overview").get_json()["agents"]
    some = web.get(f"{API_ROOT}/500/overview?agents=1").get_json()["agents"]
    assert some == everything[:1]


def of_many_agents(web: FlaskClient) -> str:
    """Have a propagation of fifty agents, and return where its overview is."""
    first = NANO.agents[0].to_json()
    many = [first | {"name": f"{n}", "mu": float(n == 0), "x": float(n)} for n in range(50)]
    answer = ask(web, steps=50, scenario=NANO.to_json() | {"agents": many})
    return f"{answer.get_json()['links']['self']}/overview"


def test_an_overview_is_of_as_many_agents_as_the_figures_draw_if_nothing_is_said(
    web: FlaskClient,
) -> None:
    url = of_many_agents(web)
    view = web.get(f"{url}?pixels=4096").get_json()
    assert [agent["name"] for agent in view["agents"]] == [f"{n}" for n in range(SHOWN_AGENTS)]
    assert len(web.get(f"{url}?agents=1000&pixels=983").get_json()["agents"]) == 50


def test_an_overview_of_too_many_agents_for_so_many_pixels_says_what_to_ask_for(
    web: FlaskClient,
) -> None:
    url = of_many_agents(web)
    sentence = "pixels times agents must be at most 49152: ask for pixels={}, or for agents={}."
    for query, pixels, agents in [("pixels=16384", 4_096, 3), ("agents=1000", 983, 48)]:
        assert a_problem(web.get(f"{url}?{query}"), 400) == sentence.format(pixels, agents)
    assert web.get(f"{url}?pixels=16384&agents=3").status_code == 200
    assert web.get(f"{API_ROOT}/500/overview?pixels=16384&agents=1000").status_code == 200


def test_in_the_primarys_frame_the_primary_rests(web: FlaskClient) -> None:
    view = web.get(f"{API_ROOT}/500/overview?frame=primary").get_json()
    path = view["agents"][0]["path"]
    assert set(path["x"]) == set(path["y"]) == {0.0}


def test_a_window_of_an_overview_stays_within_it(web: FlaskClient) -> None:
    view = web.get(f"{API_ROOT}/5000/overview?t0=10&t1=12").get_json()
    assert view["window"] == {"t0": 10.0, "t1": 12.0}
    times = view["agents"][1]["series"]["t"]
    assert all(9 < t < 13 for t in times)
    assert math.isfinite(sum(times))


@pytest.mark.parametrize("query", ["pixels=1", "pixels=1e3", "frame=lunar", "t0=5&t1=4", "x=1"])
def test_an_overview_that_makes_no_sense_is_400(web: FlaskClient, query: str) -> None:
    a_problem(web.get(f"{API_ROOT}/500/overview?{query}"), 400)


def test_while_others_compute_an_overview_that_was_not_made_yet_is_503(
    web: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_gate, "WAIT_S", 0.1)
    made = f"{API_ROOT}/500/overview?pixels=100"
    assert web.get(made).status_code == 200
    with contextlib.ExitStack() as others:
        turns = services.admission._turns  # noqa: SLF001 - in this thread admitting twice is free
        for number in range(turns.capacity):
            ask = turns.take(fair_gate.Flow(f"client {number}"), 1, 0.01)
            others.callback(turns.release, ask)
        assert web.get(made).status_code == 200
        busy = web.get(f"{API_ROOT}/500/overview?pixels=101")
        assert "try again in 5 seconds" in a_problem(busy, 503)
        assert busy.headers["Retry-After"] == "5"
        assert web.post(API_ROOT, json={"steps": 501}).status_code == 503
        assert web.get("/healthz").status_code == 200
    assert web.get(f"{API_ROOT}/500/overview?pixels=101").status_code == 200


def test_an_overview_is_kept_by_who_has_it(web: FlaskClient) -> None:
    first = web.get(f"{API_ROOT}/500/overview")
    again = web.get(f"{API_ROOT}/500/overview", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
