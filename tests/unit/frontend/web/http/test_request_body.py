from __future__ import annotations

import contextlib
import json
import os
import threading
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import UnsupportedMediaType

from frontend.admission import fair_gate
from frontend.domain.resource import API_ROOT
from frontend.errors import BadRequest
from frontend.web.http.limits import BODY_LIMIT_BYTES
from frontend.web.http.request_body import PropagationBody, read_body
from sim.models.labels import LABELS
from sim.scenario import NANO
from tests.deadlines import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

APP = Flask("frontend", static_folder=None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def body(data: bytes, media_type: str = "application/json") -> PropagationBody:
    with APP.test_request_context("/", method="POST", data=data, content_type=media_type):
        return read_body(PropagationBody, request)


def refusal(data: bytes) -> str:
    try:
        body(data)
    except BadRequest as error:
        return error.detail
    return "Read."


def test_a_body_says_how_many_steps_and_the_rest_has_defaults() -> None:
    assert body(b'{"steps": 500}') == PropagationBody(
        steps=500, seed=0, member=0, members=1, scenario=None
    )


def test_scenario_dispersion_and_agents_are_handed_on_as_they_are() -> None:
    spread = [{"agent": "Satellite", "sigma": {"x": 1e-3}}]
    document = {"steps": 5, "scenario": NANO.to_json(), "dispersion": spread, "agents": [3]}
    read = body(orjson.dumps(document))
    assert (read.scenario, read.dispersion, read.agents) == (NANO.to_json(), spread, [3])


def test_members_are_described_up_to_a_million_and_agents_up_to_16() -> None:
    described = PropagationBody.model_json_schema()["properties"]
    assert (described["members"]["minimum"], described["members"]["maximum"]) == (1, 1_000_000)
    assert described["agents"]["maxItems"] == 16


@pytest.mark.parametrize("value", ["true", "1.5", '"5"', "null", "[5]", "1e-3", '"1e3"'])
def test_what_is_no_integer_is_refused(value: str) -> None:
    with pytest.raises(BadRequest, match="steps must be a whole number, without quotes"):
        body(f'{{"steps": {value}}}'.encode())


@pytest.mark.parametrize("value", ["1000", "1000.0", "1e3", "1E+3", "10000e-1"])
def test_a_whole_number_is_an_integer_however_json_writes_it(value: str) -> None:
    read = body(f'{{"steps": {value}, "seed": {value}, "member": {value}}}'.encode())
    assert (read.steps, read.seed, read.member) == (1_000, 1_000, 1_000)
    assert type(read.steps) is type(read.seed) is type(read.member) is int


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_refused_by_its_name(encoding: str) -> None:
    with pytest.raises(BadRequest, match="without a byte order mark"):
        body('{"steps": 500}'.encode(encoding))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"{}", "steps is missing."),
        (
            b'{"steps": 5, "sed": 1}',
            "There is no field 'sed'; there are steps, seed, member, members",
        ),
        (b'{"step": 5}', "There is no field 'step'; there are steps, seed, member, members"),
        (b"[5]", "must be a JSON object"),
        (b"5", "must be a JSON object"),
        (b"", r"not valid JSON \(line 1"),
        (b'{"steps": NaN}', "not valid JSON"),
        (b'{"steps": 5', "not valid JSON"),
        (b"\xff{", "not valid JSON"),
        (b"[" * 5_000 + b"]" * 5_000, "not valid JSON"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        body(data)


def test_a_form_is_no_json() -> None:
    with pytest.raises(UnsupportedMediaType):
        body(b'{"steps": 5}', "application/x-www-form-urlencoded")


@given(JSON)
def test_whatever_the_body_is_it_is_read_or_refused_with_a_sentence(document: object) -> None:
    assert refusal(json.dumps(document).encode()).endswith(".")


def test_a_thousand_agents_each_with_a_covariance_fit_into_a_body() -> None:
    covariance = [[1.234567890123456e-05 / (1 + 9 * (i != j)) for j in range(6)] for i in range(6)]
    state = dict.fromkeys(("mu", "x", "y", "z", "vx", "vy", "vz"), -1.2345678901234568e-05)
    names = [f"Satellite {i:04}" for i in range(1_000)]
    value = {
        "steps": 500,
        "members": 10,
        "scenario": {"agents": [{"name": name, "time": 0.0, **state} for name in names]},
        "dispersion": [{"agent": name, "frame": "rtn", "covariance": covariance} for name in names],
    }
    assert 1_000_000 < len(json.dumps(value)) < BODY_LIMIT_BYTES / 1.2


def test_the_described_scenario_has_the_fields_of_the_models() -> None:
    described = PropagationBody.model_json_schema()["properties"]["scenario"]["anyOf"][0]
    agent = described["properties"]["agents"]["items"]
    example: dict[str, Any] = NANO.to_json()
    assert set(described["properties"]) == {"model", *example, *LABELS}
    assert set(agent["required"]) == set(example["agents"][0])
    assert set(agent["properties"]) == {*agent["required"], "primary"}


LONG = b'{"steps": 1, "scenario": [' + b", ".join([b"{}"] * 10_000) + b"]}"


@contextlib.contextmanager
def all_turns_taken(services: Services) -> Iterator[None]:
    turns = len(os.sched_getaffinity(0)) + 1
    end, begun = threading.Event(), threading.Barrier(turns + 1)

    def compute() -> None:
        with services.admission.admit(0.01):
            begun.wait(within(5))
            end.wait(within(60))

    threads = [threading.Thread(target=compute) for _ in range(turns)]
    for thread in threads:
        thread.start()
    begun.wait(within(5))
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join()


def test_long_json_is_read_in_a_turn_and_short_json_at_once(
    web: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_gate, "WAIT_S", 0.1)
    form = {"steps": "1", "seed": "0", "scenario": LONG.decode()}

    def statuses() -> list[int]:
        api = web.post(API_ROOT, data=LONG, content_type="application/json")
        page = web.post("/", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        short = web.post(API_ROOT, json={"steps": 1.5})
        return [answer.status_code for answer in (api, page, short)]

    with all_turns_taken(services):
        assert statuses() == [503, 503, 400]
    assert statuses() == [400, 400, 400]
