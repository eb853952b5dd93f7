"""OEM over HTTP: read back by another library, refused in sentences, offered where possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ccsds_ndm
import pytest

from frontend.domain.resource import API_ROOT
from sim import Propagation, Trajectory
from tests.labelled import LABELLED, varied

if TYPE_CHECKING:
    from flask.testing import FlaskClient

STEPS = 200


@pytest.fixture
def records(web: FlaskClient) -> str:
    body = {"steps": STEPS, "scenario": LABELLED}
    path: str = web.post(API_ROOT, json=body).get_json()["links"]["records"]
    return path


def test_a_run_is_served_as_an_oem(web: FlaskClient, records: str) -> None:
    reply = web.get(f"{records}?format=oem")
    assert (reply.status_code, reply.mimetype) == (200, "text/plain")
    assert reply.headers["Content-Disposition"].endswith('.oem"')
    message = ccsds_ndm.from_str(reply.text)
    assert [len(one.data.state_vector) for one in message.segments] == [STEPS + 1] * 3
    end = Propagation.open(Trajectory(varied()), STEPS).end["Sat 1"]
    assert message.segments[1].data.state_vector[-1].x == pytest.approx(end.x, rel=1e-15)
    assert web.get(f"{records}?format=oem").data == reply.data


@pytest.mark.parametrize(
    ("query", "states"),
    [("every=50", 5), ("t0=0&t1=95", 10), ("times=0,5,1000", 3), ("max_points=40", None)],
)
def test_states_of_one_agent_are_chosen(
    web: FlaskClient, records: str, query: str, states: int | None
) -> None:
    reply = web.get(f"{records}?format=oem&agent=Sat 2&{query}")
    assert reply.status_code == 200, reply.text
    (segment,) = ccsds_ndm.from_str(reply.text).segments
    assert segment.metadata.object_name == "Sat 2"
    if states is not None:
        assert len(segment.data.state_vector) == states


def test_the_states_of_another_agent_are_another_file(web: FlaskClient, records: str) -> None:
    etags = {
        web.get(f"{records}?format=oem{agent}").headers["ETag"]
        for agent in ("", "&agent=Sat 1", "&agent=Sat 2", "&agent=Earth")
    }
    assert len(etags) == 4


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("format=oem&agent=Sat 3", "agent names no agent"),
        ("format=csv&agent=Sat 1", "agent chooses one in oem alone"),
        ("format=oem&t0=1e6", "none is chosen"),
        ("format=oem&times=2,1", "increasing times"),
    ],
)
def test_what_an_oem_cannot_hold_is_400_with_a_sentence(
    web: FlaskClient, records: str, query: str, why: str
) -> None:
    reply = web.get(f"{records}?{query}")
    assert (reply.status_code, reply.mimetype) == (400, "application/problem+json")
    assert why in reply.get_json()["detail"]


def test_a_run_without_labels_is_refused_and_not_offered(web: FlaskClient, records: str) -> None:
    reply = web.get(f"{API_ROOT}/500/records?format=oem")
    assert reply.status_code == 400
    assert "nano is a plane without units" in reply.get_json()["detail"]
    assert "format=oem" not in web.get("/propagate/500").text
    assert "format=oem" in web.get(records.replace(API_ROOT, "/propagate").rpartition("/")[0]).text
