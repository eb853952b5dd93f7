"""The pages of orders: where they lead, and what they say while their steps are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sim.scenario import Trajectory
from tests.unit.frontend.web.api.test_routes_orders import ESCAPE, LONG, run

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services


def test_a_time_that_is_soon_reached_leads_to_the_page_of_its_steps(web: FlaskClient) -> None:
    reply = web.get("/propagate?until=100&seed=7")
    steps, digest = reply.headers["Location"].removeprefix("/propagate/").split("-")
    assert (reply.status_code, digest) == (303, Trajectory(seed=7).digest)
    assert f"{int(steps):,} steps" in web.get(reply.headers["Location"]).text


def test_a_later_time_leads_to_the_page_of_an_order(web: FlaskClient) -> None:
    page = web.get("/propagate?until=12000", follow_redirects=True)
    assert page.request.path.startswith("/propagate/q-")
    assert "Up to time 12000" in page.text
    assert "at most" in page.text
    assert 'data-status="queued"' in page.text
    assert "Up to time 12000" in web.get("/").text


def test_the_page_of_an_order_leads_on_when_its_steps_are_known(
    web: FlaskClient, services: Services
) -> None:
    place = web.get("/propagate?until=12000&seed=5").headers["Location"]
    run(services, Trajectory(seed=5), 6)
    reply = web.get(place)
    assert reply.status_code == 303
    assert "q-" not in reply.headers["Location"]
    assert 'data-status="complete"' in web.get(reply.headers["Location"]).text


def test_the_form_takes_a_time_in_place_of_steps(web: FlaskClient) -> None:
    reply = web.post("/", data={"steps": "", "until": "100", "seed": "0", "scenario": ""})
    assert reply.status_code == 303
    assert reply.headers["Location"] == web.get("/propagate?until=100").headers["Location"]


@pytest.mark.parametrize("until", ["soon", "-5", "0", "1e300"])
def test_a_time_that_is_none_comes_back_with_the_form(web: FlaskClient, until: str) -> None:
    reply = web.post("/", data={"steps": "", "until": until})
    assert reply.status_code == 400
    assert 'role="alert"' in reply.text
    assert f'value="{until}"' in reply.text


@pytest.mark.parametrize("query", ["", "?until=0", "?until=nan", "?until=1e300", "?until=5&seed=x"])
def test_an_address_that_is_no_order_is_refused_with_a_sentence(
    web: FlaskClient, query: str
) -> None:
    assert web.get(f"/propagate{query}").status_code in {400, 404}


def test_a_page_that_nobody_reads_starts_no_order(web: FlaskClient, services: Services) -> None:
    reply = web.get("/propagate?until=12000", headers={"Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 404
    assert services.propagations.under_way() == []


def test_an_order_is_cancelled_and_started_again_on_its_page(
    web: FlaskClient, services: Services
) -> None:
    place = web.post("/api/v1/propagations", json=ESCAPE).get_json()["links"]["page"]
    assert "Until Satellite escapes" in web.get(place).text
    assert web.post(place, data={"action": "cancel"}).headers["Location"] == place
    assert 'data-status="cancelled"' in web.get(place).text
    assert web.post(place, data={"action": "start"}).headers["Location"] == place
    assert len(services.propagations.under_way()) == 1


def test_the_list_says_what_an_order_waits_for(web: FlaskClient) -> None:
    web.post("/api/v1/propagations", json={**LONG, "seed": 9})
    stop = {"agent": "Satellite", "within": 1e-9}
    web.post("/api/v1/propagations", json={"steps": 90_000_000, "stop": stop})
    page = web.get("/").text
    assert "Up to time 12000" in page
    assert "Until Satellite comes within 1e-09" in page
