"""Claims about the first page: its form, what it costs, its presets, and its lists."""

from __future__ import annotations

import json
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from sim.dispersion import Dispersion
from sim.order import Escape, Order, Until, Within
from sim.presets import preset, presets
from sim.scenario import NANO, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

SEEDED = PropagationRequest(500, Trajectory(seed=7))
MEMBER = PropagationRequest(500, Trajectory(seed=7, member=3))
TO_JSON = {"Accept": "application/json"}


def nothing_was_started(services: Services) -> bool:
    return services.propagations.under_way() == [] and services.propagations.recent() == []


def test_the_form_leads_to_the_page_of_what_it_asks_for(web: FlaskClient) -> None:
    assert (
        web.post("/", data={"steps": " 500 ", "seed": ""}).headers["Location"] == "/propagate/500"
    )
    seeded = web.post("/", data={"steps": "500", "seed": "7"})
    assert (seeded.status_code, seeded.headers["Location"]) == (303, f"/propagate/{SEEDED.id}")
    member = web.post("/", data={"steps": "500", "seed": "7", "member": " 3 "})
    assert member.headers["Location"] == f"/propagate/{MEMBER.id}"


def test_a_form_that_is_left_empty_asks_for_500_steps_and_nothing_is_required(
    web: FlaskClient,
) -> None:
    assert web.post("/", data={"steps": "", "until": ""}).headers["Location"] == "/propagate/500"
    page = web.get("/").text
    assert '<input id="steps" name="steps" value="" placeholder="500"' in page
    assert " required" not in page


@pytest.mark.parametrize("steps", ["1,000", "1_000", "1e3", "1000"])
def test_the_form_takes_step_counts_as_people_write_them(web: FlaskClient, steps: str) -> None:
    assert web.post("/", data={"steps": steps}).headers["Location"] == "/propagate/1000"


def test_the_form_takes_a_scenario(web: FlaskClient) -> None:
    document = NANO.to_json() | {"epsilon": 0.002}
    answer = web.post("/", data={"steps": "500", "scenario": json.dumps(document)})
    page = web.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "&#34;epsilon&#34;: 0.002" in page.text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"steps": "abc"}, "The number of steps must be a whole number"),
        ({"steps": "500", "until": "10"}, "Give the steps or a time to reach, not both"),
        (
            {"steps": "0"},
            "The number of steps must be a whole number from 1 to 100,000,000, not 0.",
        ),
        ({"steps": "999999999"}, "999,999,999, is too large: the largest allowed is 100,000,000."),
        ({"steps": "500", "seed": "x"}, "The seed must be a whole number from 0 to 9,007,199,254,"),
        ({"steps": "500", "member": "1e3"}, "The member must be a whole number"),
        ({"steps": "500", "member": str(2**53)}, "member must be a whole number from 0 to"),
        ({"steps": "500", "scenario": "{"}, "The scenario is not valid JSON"),
        ({"steps": "500", "scenario": '{"agents": []}'}, "agents"),
    ],
)
def test_a_mistake_comes_back_with_the_form_as_it_was_filled_in(
    web: FlaskClient, services: Services, form: dict[str, str], sentence: str
) -> None:
    answer = web.post("/", data=form)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert f'value="{form["steps"]}"' in answer.text
    assert nothing_was_started(services)


def test_the_first_page_shows_what_is_under_way_and_what_came_out(web: FlaskClient) -> None:
    web.get("/propagate/500")
    web.get("/propagate/200000")
    page = web.get("/").text
    under_way, recent = page.split('id="recent"')
    assert 'href="/propagate/200000"' in under_way
    assert 'href="/propagate/500"' in recent


def test_the_home_page_lists_the_presets_with_what_to_look_for(web: FlaskClient) -> None:
    page = unescape(web.get("/").text)
    for one in presets():
        assert f'href="/propagate?preset={one.name}">' in page
        assert f'href="/?preset={one.name}" aria-label="Edit: {one.title}">' in page
        assert f'src="/presets/{one.name}/picture.png?theme=dark"' in page
        assert one.look_for in page


def test_a_preset_fills_in_the_form_and_says_its_source(web: FlaskClient) -> None:
    page = unescape(web.get("/?preset=figure-eight").text)
    assert '<input id="steps" name="steps" value="6326" placeholder="500"' in page
    assert '"integrator": "kahan-li-8"' in page
    assert "Annals of Mathematics 152 (2000), 881-901" in page
    assert page.count('<li class="tile" aria-current="true">') == 1


@pytest.mark.parametrize("name", ["nano", "circular", "earth-moon-transfer"])
def test_the_form_of_a_preset_goes_to_its_propagation(web: FlaskClient, name: str) -> None:
    page = web.get(f"/?preset={name}").text
    filled = unescape(
        page.split('<textarea id="scenario"', 1)[1].split('">', 1)[1].split("</textarea>")[0]
    )
    answer = web.post("/", data={"steps": "500", "seed": "0", "scenario": filled})
    wanted = PropagationRequest(500, Trajectory(preset(name).scenario))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/propagate/{wanted.id}")
    shown = web.get(answer.headers["Location"])
    assert shown.status_code == 200
    assert 'data-status="complete"' in shown.text or name == "earth-moon-transfer"  # more work


def test_an_unknown_preset_is_a_sentence_beside_the_form(
    web: FlaskClient, services: Services
) -> None:
    answer = web.get("/?preset=kepler")
    assert answer.status_code == 400
    assert "The preset must be one of nano, circular, " in answer.text
    assert nothing_was_started(services)


def filled(page: str, name: str) -> str:
    """What is in a field of the form."""
    if name in {"scenario", "dispersion"}:
        _, _, after = page.partition(f'<textarea id="{name}"')
        return unescape(after.split(">", 1)[1].split("</textarea>", 1)[0])
    if name == "stop_kind":
        chosen = page.split('id="stop_kind"', 1)[1].split("</select>", 1)[0]
        return next((one for one in ("escape", "within") if f'"{one}" selected' in chosen), "")
    return unescape(page.split(f'name="{name}" value="', 1)[1].split('"', 1)[0])


NAMES = (
    *("steps", "until", "seed", "member", "members", "dispersion", "agents"),
    *("stop_kind", "stop_agent", "stop_distance", "scenario"),
)
MOONS = preset("galilean-moons").scenario
DISPERSION = [{"agent": "Satellite", "sigma": {"x": 0.001}}]
DISPERSED = Trajectory(NANO, 7, dispersion=Dispersion.from_json(DISPERSION, NANO))


@pytest.mark.parametrize(
    "request_",
    [
        PropagationRequest(500),
        MEMBER,
        PropagationRequest(500, Trajectory(seed=7), 20),
        PropagationRequest(500, Trajectory(MOONS)),
        PropagationRequest(
            500,
            Trajectory(MOONS, dispersion=Dispersion.from_json(
                [{"agent": "Io", "sigma": {"x": 1.0}}], MOONS
            )),
            20,
            ("Europa", "Io"),
        ),
        PropagationRequest(500, DISPERSED, 20),
        Order(200_000, Trajectory(seed=3), condition=Escape("Satellite")),
        Order(200_000, Trajectory(seed=3), condition=Within("Satellite", 0.25)),
        Order(200_000, Trajectory(seed=3), condition=Until(12_000.5)),
    ],
    ids=lambda one: one.id,
)  # fmt: skip
def test_the_form_of_a_run_asks_for_that_run(
    web: FlaskClient, services: Services, request_: PropagationRequest
) -> None:
    services.propagations.start(request_)
    opened = web.get(f"/?from={request_.id}")
    assert opened.status_code == 200
    assert "<h1>Edit this run</h1>" in opened.text
    form = {name: filled(opened.text, name) for name in NAMES}
    wanted = web.post("/", data=form).headers["Location"]
    assert wanted == f"/propagate/{request_.id}"


@pytest.mark.parametrize(
    "path",
    [
        "/propagate/500",
        "/propagate/500?seed=7&member=3",
        "/propagate/200000",
        "/propagate/300?seed=5&members=20",
        "/propagate?preset=circular",
        "/propagate?until=12000.5",
    ],
)
def test_every_page_leads_to_the_form_with_its_scenario(web: FlaskClient, path: str) -> None:
    page = unescape(web.get(path, follow_redirects=True).text)
    form = page.split('href="/?from=', 1)[1].split('"', 1)[0]
    opened = web.get(f"/?from={form}")
    assert "<h1>Edit this run</h1>" in opened.text


def test_a_collision_at_the_first_step_leads_to_the_form_with_its_bodies(web: FlaskClient) -> None:
    agents = [{**one, "x": 0.0, "y": 0.0} for one in NANO.to_json()["agents"]]  # type: ignore[attr-defined]  # JSON
    scenario = json.dumps({**NANO.to_json(), "agents": agents})
    page = web.post("/", data={"steps": "50", "scenario": scenario}, follow_redirects=True).text
    assert "Change its bodies</a>" in page
    place = page.split('class="button primary" rel="nofollow" href="', 1)[1].split('"', 1)[0]
    again = json.loads(filled(web.get(place).text, "scenario"))
    assert [one["y"] for one in again["agents"]] == [0.0, 0.0]


def test_a_page_that_nobody_asked_for_leads_to_its_form_too(web: FlaskClient) -> None:
    page = web.get("/propagate/200000?seed=4", headers={"Sec-Purpose": "prefetch"})
    assert 'href="/?from=200000&amp;seed=4"' in page.text
    assert filled(web.get("/?from=200000&seed=4").text, "seed") == "4"


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/?from=500-0123456789abcdef", 404, "500-0123456789abcdef has not been requested yet"),
        ("/?from=abc", 400, "The number of steps must be a whole number"),
        ("/?from=500&preset=nano", 400, "Give preset or from, not both."),
        ("/?seed=7", 400, "seed, member and members complete an id"),
    ],
)
def test_a_form_of_what_is_not_there_says_so(
    web: FlaskClient, path: str, status: int, sentence: str
) -> None:
    answer = web.get(path)
    assert answer.status_code == status
    assert sentence in unescape(answer.text)
    assert '<form id="ask"' in answer.text


# What it costs

WITH_TWO_PLANETS = json.dumps(NANO.to_json()).replace("Satellite", "Planet")


def told(web: FlaskClient, **form: str) -> dict[str, Any]:
    answer = web.post("/cost", data=form, headers=TO_JSON)
    assert answer.status_code == 200
    document: dict[str, Any] = answer.get_json()
    return document


def test_the_cost_is_told_and_nothing_is_started(web: FlaskClient, services: Services) -> None:
    assert told(web, steps="500")["cost"].startswith("At once: about ")
    words = told(web, steps="1e8")["cost"]
    assert " on a Dask cluster of its own, with " in words
    assert "core-seconds" in words
    assert nothing_was_started(services)
    web.get("/propagate/500")
    assert told(web, steps="500")["cost"] == "Already computed: it appears at once."


@pytest.mark.parametrize(
    ("form", "field", "place"),
    [
        ({"steps": "many"}, "steps", ""),
        ({"stop_kind": "escape", "stop_agent": "Nobody"}, "stop_agent", "stop.agent"),
        ({"stop_kind": "within", "stop_agent": "Satellite"}, "stop_distance", ""),
        ({"stop_kind": "never", "stop_agent": "Satellite"}, "stop_kind", ""),
        ({"stop_kind": "escape"}, "stop_agent", ""),
        ({"stop_agent": "Satellite"}, "stop_kind", ""),
        ({"members": "5", "agents": '["Nobody"]'}, "agents", "agents"),
        ({"scenario": json.dumps({**NANO.to_json(), "epsilon": 1})}, "scenario", "dt_min"),
        ({"scenario": WITH_TWO_PLANETS}, "scenario", "agents[1].name"),
    ],
)
def test_a_mistake_is_told_with_its_field_and_its_place(
    web: FlaskClient, form: dict[str, str], field: str, place: str
) -> None:
    answer = told(web, **form)
    assert answer["problem"].endswith(".")
    assert (answer["field"], answer["place"] if place else "") == (field, place)


def test_without_scripts_a_button_tells_the_cost_and_keeps_the_form(web: FlaskClient) -> None:
    page = web.post("/cost", data={"steps": "700", "seed": "3"})
    assert page.status_code == 200
    assert "At once: about " in page.text
    assert filled(page.text, "steps") == "700"
    assert filled(page.text, "seed") == "3"
    wrong = web.post("/cost", data={"steps": "x"})
    assert wrong.status_code == 400
    assert 'id="steps-problem"' in wrong.text


def test_another_sites_page_is_told_no_cost(web: FlaskClient) -> None:
    answer = web.post("/cost", data={"steps": "5"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


# The lists


def test_the_lists_alone_are_those_of_the_page(web: FlaskClient) -> None:
    web.get("/propagate/500")
    web.get("/propagate/200000")
    lists = web.get("/lists").text
    assert 'href="/propagate/200000"' in lists
    assert 'src="/propagate/500/picture.png?theme=light"' in lists
    page = web.get("/").text
    for part in ('<div id="under-way">', '<div id="recent">'):
        assert part in lists
        assert part in page
