"""Claims about the route of charts over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.domain.resource import API_ROOT
from sim import Propagation, Trajectory
from sim.engine import SERIES, SHOWN_AGENTS
from sim.scenario import NANO
from tests.unit.frontend.web.api.test_schemas import validator

if TYPE_CHECKING:
    from flask.testing import FlaskClient

AT: str = f"{API_ROOT}/5000/series"


def of_many_agents(web: FlaskClient) -> str:
    """Have a propagation of fifty agents, and return where its series are."""
    first = NANO.agents[0].to_json()
    many = [first | {"name": f"{n}", "mu": float(n == 0), "x": float(n)} for n in range(50)]
    asked = {"steps": 50, "scenario": NANO.to_json() | {"agents": many}}
    return f"{web.post(API_ROOT, json=asked).get_json()['links']['self']}/series"


@pytest.mark.parametrize("query", ["", "pixels=16", "t0=10&t1=12", "t0=1e6&t1=2e6", "agents=0,1"])
def test_series_fit_their_schema(web: FlaskClient, query: str) -> None:
    validator("Series").validate(web.get(f"{AT}?{query}").get_json())


def test_series_are_what_the_engine_alone_gives(web: FlaskClient) -> None:
    alone = Propagation.open(Trajectory(), 5_000).series(10.0, 12.0, 64, agents=(1, 0))
    assert web.get(f"{AT}?t0=10&t1=12&pixels=64&agents=1,0").get_json() == alone


def test_some_quantities_are_fewer(web: FlaskClient) -> None:
    agent = web.get(f"{AT}?quantities=r,ecc&pixels=16").get_json()["agents"][0]
    assert set(agent) & set(SERIES) == {"r", "ecc"}


def test_any_of_many_agents_can_be_chosen(web: FlaskClient) -> None:
    url = of_many_agents(web)
    some = web.get(f"{url}?agents=49,3").get_json()["agents"]
    assert [agent["name"] for agent in some] == ["49", "3"]
    assert len(web.get(url).get_json()["agents"]) == SHOWN_AGENTS


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("agents=2", "numbers from 0 to 1"),
        ("agents=Satellite", "whole numbers"),
        (f"agents={','.join('0' * 13)}", "at most 12"),
        ("quantities=w", "must be of x, y"),
        ("t0=5&t1=4", "t0 must be smaller"),
        ("t1=-1", "t0 must be smaller"),
        ("pixels=16384&agents=" + ",".join(map(str, range(12))), "ask for pixels=4096"),
        ("pixels=1", "from 16"),
    ],
)
def test_what_makes_no_sense_is_400_with_a_sentence(
    web: FlaskClient, query: str, words: str
) -> None:
    answer = web.get(f"{AT}?{query}")
    assert answer.status_code == 400
    assert words in answer.get_json()["detail"]


def test_series_are_kept_by_who_has_them(web: FlaskClient) -> None:
    first = web.get(AT)
    again = web.get(AT, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert web.get(f"{AT}?pixels=17").headers["ETag"] != first.headers["ETag"]


def test_what_was_not_asked_for_is_not_started(web: FlaskClient) -> None:
    assert web.get(f"{API_ROOT}/300000/series").status_code == 404
