"""States at times, and every k-th record, over HTTP."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from frontend.domain.resource import API_ROOT
from frontend.web.http.limits import TIMES_BODY_LIMIT_BYTES
from sim import Propagation, Trajectory
from sim.export import FORMATS, export
from sim.records import schema_of
from sim.scenario import NANO, read_scenario
from tests.written_files import states_bytes

if TYPE_CHECKING:
    from flask.testing import FlaskClient

RECORDS = f"{API_ROOT}/5000/records"
TIMES = [0.0, 10.0, 20.0, 1e6]
IN_SPACE: dict[str, Any] = {
    "model": "nbody",
    "integrator": "kahan-li-8",
    "dt": 0.01,
    "agents": [
        {"name": "Sun", "mu": 1.0, "x": 0.0, "y": 0.0, "vx": 0.0, "vy": 0.0},
        {"name": "Planet", "mu": 0.0, "x": 1.0, "y": 0.0, "vx": 0.0, "vy": 1.0},
    ],
}


@pytest.mark.parametrize("name", ["json", "csv", "arrow", "parquet"])
def test_states_at_times_come_in_every_format_by_get_and_by_post(
    web: FlaskClient, name: str
) -> None:
    expected = states_bytes(Propagation.open(Trajectory(), 5_000), name, TIMES)
    by_get = web.get(f"{RECORDS}?format={name}&times=0,10,20,1e6")
    by_post = web.post(f"{RECORDS}?format={name}", json={"times": TIMES})
    assert (by_get.status_code, by_post.status_code) == (200, 200)
    assert by_get.data == by_post.data == expected
    assert by_get.content_type.startswith(FORMATS[name].media_type.split(";")[0])


@pytest.mark.parametrize("name", ["json", "csv", "arrow", "parquet"])
def test_states_between_the_steps_of_nbody_come_in_every_format(
    web: FlaskClient, name: str
) -> None:
    body = {"steps": 200, "scenario": IN_SPACE}
    records = web.post(API_ROOT, json=body).get_json()["links"]["records"]
    times = [-1.0, 0.0, 0.105, 0.11, 1e6]
    scenario = read_scenario(IN_SPACE)
    expected = states_bytes(Propagation.open(Trajectory(scenario), 200), name, times)
    by_get = web.get(f"{records}?format={name}&times=-1,0,0.105,0.11,1e6")
    by_post = web.post(f"{records}?format={name}", json={"times": times})
    assert by_get.data == by_post.data == expected


def test_a_row_for_each_time_and_agent_comes_in_the_order_asked(web: FlaskClient) -> None:
    found = web.post(RECORDS, json={"times": [20, 0, 20]}).get_json()
    assert [(t, *states) for t, _, _, states in found] == [
        (t, name) for t in (20.0, 0.0, 20.0) for name in ("Planet", "Satellite")
    ]
    assert found[0] == found[4]


def test_the_answer_of_a_get_is_known_by_its_etag(web: FlaskClient) -> None:
    first = web.get(f"{RECORDS}?times=1,2")
    etag = {"If-None-Match": first.headers["ETag"]}
    assert web.get(f"{RECORDS}?times=1,2", headers=etag).status_code == 304
    assert web.get(f"{RECORDS}?times=1,3", headers=etag).status_code == 200


def test_every_kth_record_of_each_agent_comes_out(web: FlaskClient) -> None:
    expected = b"".join(
        export(
            Propagation.open(Trajectory(), 5_000).every(10), FORMATS["csv"], schema_of(NANO.model)
        )
    )
    reply = web.get(f"{RECORDS}?format=csv&every=10")
    assert reply.data == expected
    assert len(list(csv.DictReader(io.StringIO(reply.text)))) < 1_000
    assert web.get(f"{RECORDS}?format=csv&every=1").data == web.get(f"{RECORDS}?format=csv").data


def test_a_million_times_are_answered(web: FlaskClient) -> None:
    times = np.random.default_rng(0).uniform(0.0, 150.0, 1_000_000)
    body = json.dumps({"times": times.tolist()})
    assert len(body) < TIMES_BODY_LIMIT_BYTES
    reply = web.post(f"{RECORDS}?format=arrow", data=body, content_type="application/json")
    table = pa.ipc.open_file(pa.BufferReader(reply.data)).read_all()
    assert table.num_rows == 2_000_000
    assert np.array_equal(table["t"].to_numpy()[::2], times)
    held = table.slice(0, 2_000).to_pylist()
    assert all(one["t0"] <= one["t"] < one["t1"] for one in held)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("times=", "times must be finite numbers"),
        ("times=1,,2", "times must be finite numbers"),
        ("times=1,nan", "times must be finite numbers"),
        ("times=1,inf", "times must be finite numbers"),
        ("times=1e999", "times must be finite numbers"),
        ("times=1;2", "times must be finite numbers"),
        ("times=1&every=2", "give one of them"),
        ("times=1&max_points=100", "give one of them"),
        ("every=5&max_points=100", "give one of them"),
        ("times=1&t0=0", "leave t0 and t1 out"),
        ("every=0", "every must be a whole number from 1"),
        ("every=-1", "every must be a whole number from 1"),
        ("every=1.5", "every must be a whole number from 1"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(
    web: FlaskClient, query: str, sentence: str
) -> None:
    reply = web.get(f"{RECORDS}?{query}")
    assert reply.status_code == 400
    assert sentence in reply.get_json()["detail"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"times": []}, "must be a list of 1 to 1,000,000"),
        ({"times": 5}, "must be a list"),
        ({"times": ["5"]}, "must be a finite number"),
        ({"times": [None]}, "must be a finite number"),
        ({"times": [True]}, "times.0"),
        ({}, "times is missing"),
        ({"time": [5]}, "There is no field 'time'; there are times"),
        ({"times": [0.0] * 1_000_001}, "must be a list of 1 to 1,000,000"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_times_that_are_none_are_refused(
    web: FlaskClient, body: dict[str, Any], sentence: str
) -> None:
    reply = web.post(RECORDS, json=body)
    assert reply.status_code == 400
    assert sentence in reply.get_json()["detail"]


def test_times_start_nothing(web: FlaskClient) -> None:
    reply = web.post(f"{API_ROOT}/1000000/records", json={"times": [1]})
    assert reply.status_code == 404
    assert web.get(f"{API_ROOT}/1000000").status_code == 404


def test_a_body_beyond_the_limit_is_refused(web: FlaskClient) -> None:
    data = b" " * (TIMES_BODY_LIMIT_BYTES + 1)
    reply = web.post(RECORDS, data=data, content_type="application/json")
    assert reply.status_code == 413


def test_the_columns_are_those_of_records_after_the_time(web: FlaskClient) -> None:
    header = web.get(f"{RECORDS}?format=csv&times=1").text.split("\n", 1)[0]
    assert header == ",".join(["t", "agent", *NANO.model.columns])
