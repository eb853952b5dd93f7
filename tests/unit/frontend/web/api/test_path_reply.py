"""The states that the orbit view is drawn from, over HTTP."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from frontend.domain.resource import API_ROOT
from sim import Propagation, PropagationRequest, Trajectory
from tests.stored import Stored

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

PATH = f"{API_ROOT}/500/path"


def head(data: bytes) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
    return document


def test_it_is_what_the_engine_samples(web: FlaskClient) -> None:
    answer = web.get(f"{PATH}?t0=3&t1=7.5&points=900")
    assert (
        answer.data == Propagation.open(Trajectory(), 500).tracks(3.0, 7.5, points=900).to_bytes()
    )
    assert answer.content_type == "application/octet-stream"


def test_it_may_be_kept_and_is_not_sent_twice(web: FlaskClient) -> None:
    first = web.get(PATH, headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert "immutable" in first.headers["Cache-Control"]
    assert gzip.decompress(first.data) == web.get(PATH).data
    again = web.get(PATH, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_agents_are_chosen_by_name(web: FlaskClient) -> None:
    found = head(web.get(f"{PATH}?agent=Satellite").data)
    assert [body["name"] for body in found["bodies"]] == ["Satellite"]
    assert found["tracks"] == 2
    both = head(web.get(f"{PATH}?agent=Satellite&agent=Planet&agent=Planet").data)
    assert [body["name"] for body in both["bodies"]] == ["Planet", "Satellite"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("agent=Pluto", "agent names no agent of the scenario: 'Pluto'."),
        ("points=1", "points must be a whole number from 16 to 262144"),
        ("t0=2&t1=1", "t0 must be smaller than t1."),
        ("t0=1&t0=2", "t0 is given 2 times; give it once."),
        ("&".join(["agent=Planet"] * 1_001), "agent is given 1001 times; at most 1000."),
    ],
)
def test_what_is_wrong_is_said(web: FlaskClient, query: str, sentence: str) -> None:
    answer = web.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert sentence in answer.get_json()["detail"]


def test_partial_is_all_of_a_result(web: FlaskClient) -> None:
    answer = web.get(f"{PATH}?partial=1")
    assert head(answer.data)["steps"] == 500
    assert answer.data == web.get(PATH).data


def test_partial_of_what_nobody_computes_is_not_found(web: FlaskClient) -> None:
    assert web.get(f"{API_ROOT}/300000/path?partial=1").status_code == 404


def test_partial_of_a_run_under_way_is_what_is_stored_of_it_and_not_to_be_kept(
    web: FlaskClient, services: Services
) -> None:
    request = PropagationRequest(300_000)
    stored = Stored(services.client)
    stored.run(request, 2)
    assert web.get(f"{API_ROOT}/300000/path").status_code == 404
    answer = web.get(f"{API_ROOT}/300000/path?partial=1")
    assert head(answer.data)["steps"] == 2 * request.trajectory.interval
    assert answer.headers["Cache-Control"] == "no-store"
