from __future__ import annotations

import html
import json
from html import unescape
from typing import TYPE_CHECKING

import orjson
import pytest

from frontend.domain.resource import Status
from sim.models.labels import LABELS
from sim.presets import preset
from sim.scenario import NANO, PropagationRequest, Trajectory
from tests.labelled import LABELLED

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

LARGE = PropagationRequest(200_000)
SEEDED = PropagationRequest(500, Trajectory(seed=7))
MEMBER = PropagationRequest(500, Trajectory(seed=7, member=3))


def nothing_was_started(services: Services) -> bool:
    return services.propagations.under_way() == [] and services.propagations.recent() == []


def test_a_small_propagation_is_there_at_once(web: FlaskClient) -> None:
    page = web.get("/propagate/500")
    assert page.status_code == 200
    assert 'data-status="complete"' in page.text
    assert "Semi-major axis" in page.text
    assert "/propagate/500/data.js" in page.text


def test_a_large_one_is_asked_for_and_followed(web: FlaskClient, services: Services) -> None:
    page = web.get("/propagate/200000")
    assert 'data-status="queued"' in page.text
    assert 'data-events="/api/v1/propagations/200000/events"' in page.text
    assert [one.id for one in services.propagations.under_way()] == ["200000"]


def test_a_page_that_follows_looks_again_without_javascript(web: FlaskClient) -> None:
    refresh = '<noscript><meta http-equiv="refresh"'
    assert refresh in web.get("/propagate/200000").text
    assert refresh not in web.get("/propagate/500").text


@pytest.mark.parametrize(
    "bad",
    [
        "0",
        "-1",
        "+5",
        "1" + "0" * 18,
        "100000001",
        "abc",
        "5.5",
        "007",
        "1_000",
        "1e3",
        "\u0661\u0662",
        "%20",
        "9" * 4_000,
        "500-",
        "500-xyz",
        "500-0123456789ABCDEF",
        "500-0123456789abcdef",
        "%00",
        "%F0%9F%9B%B0",
        "%ff",
    ],
)
def test_what_is_no_propagation_is_a_sentence_and_starts_nothing(
    web: FlaskClient, services: Services, bad: str
) -> None:
    for path in (f"/propagate/{bad}", f"/propagate/{bad}/data.js"):
        answer = web.get(path)
        assert answer.status_code in {400, 404}, path
        assert "step" in answer.text or "has not been requested" in answer.text
    assert nothing_was_started(services)


@pytest.mark.parametrize("path", ["/propagate", "/propagate/"])
def test_an_address_without_a_step_count_says_what_is_missing(web: FlaskClient, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 404
    assert "/propagate/500" in answer.text


@pytest.mark.parametrize(
    "query",
    [
        *("seed=-1", "seed=x", "seed=", "seed=1&seed=2", "members=0"),
        *("member=-1", "member=x", "member=", "member=1&member=2", "member=1e3"),
        *(f"member={2**53}", "member=0&members=2"),
        *("preset=binary", "foo=1", "until=5", "n=500"),
    ],
)
def test_a_query_that_makes_no_sense_is_400(
    web: FlaskClient, services: Services, query: str
) -> None:
    assert web.get(f"/propagate/500?{query}").status_code == 400
    assert nothing_was_started(services)


def test_a_seed_in_the_query_is_answered_directly_and_names_its_own_address(
    web: FlaskClient,
) -> None:
    page = web.get("/propagate/500?seed=7&utm_source=letter")
    assert page.status_code == 200
    assert f'<link rel="canonical" href="/propagate/{SEEDED.id}">' in page.text
    assert web.get(f"/propagate/{SEEDED.id}").status_code == 200


def test_a_member_in_the_query_names_its_own_address_and_is_shown(web: FlaskClient) -> None:
    page = web.get("/propagate/500?seed=7&member=3&utm_source=letter")
    assert page.status_code == 200
    assert f'<link rel="canonical" href="/propagate/{MEMBER.id}">' in page.text
    assert "seed 7 · member 3" in page.text
    assert "seed 7 · member 3" in web.get(f"/propagate/{MEMBER.id}").text
    assert "seed 7 · member" not in web.get("/propagate/500?seed=7&member=0").text
    assert "seed 7 · member 3" in web.get("/").text


@pytest.mark.parametrize("members", [1, 3])
def test_epoch_and_frame_are_shown_where_a_scenario_says_them(
    web: FlaskClient, members: int
) -> None:
    line = "Epoch 2026-01-01T00:00:00 TDB · frame ICRF · centre EARTH"
    plain = {key: value for key, value in LABELLED.items() if key not in LABELS}
    for scenario, is_shown in ((LABELLED, True), (plain, False)):
        asked = {"steps": 30, "scenario": scenario}
        if members > 1:
            asked |= {"members": members, "dispersion": [{"agent": "Sat 1", "sigma": {"x": 1.0}}]}
        resource = web.post("/api/v1/propagations", json=asked).get_json()
        page = web.get(resource["links"]["page"]).text
        assert (line in page) is is_shown
        assert ("Epoch" in page) is is_shown


def test_a_seed_is_shown_where_something_is_random_or_it_was_chosen(web: FlaskClient) -> None:
    assert " · seed 0" in web.get("/propagate/500").text
    scenario = json.dumps(preset("figure-eight").scenario.to_json())
    for seed, is_shown in (("0", False), ("7", True)):
        data = {"steps": "50", "seed": seed, "scenario": scenario}
        page = web.post("/", data=data, follow_redirects=True).text
        assert 'data-status="complete"' in page
        assert (f"seed {seed}" in page) is is_shown


def test_the_page_names_the_method_and_what_is_its_doing(web: FlaskClient) -> None:
    page = html.unescape(web.get("/propagate/500").text)
    assert "<dt>Method</dt><dd>The semi-implicit (symplectic) Euler method" in page
    assert "an agent that becomes unbound does so because of it" in page


def test_an_id_with_a_digest_takes_a_member_of_those_that_it_has(web: FlaskClient) -> None:
    web.get("/propagate/500?seed=7")
    web.get("/propagate/500?seed=7&member=3")
    for suffix in ("", "/data.js"):
        assert web.get(f"/propagate/{SEEDED.id}{suffix}?member=0").status_code == 200
        assert web.get(f"/propagate/{SEEDED.id}{suffix}?member=1").status_code == 400
        assert web.get(f"/propagate/{MEMBER.id}{suffix}?member=3").status_code == 400


def test_an_id_with_a_digest_takes_no_seed_beside_it(web: FlaskClient) -> None:
    web.get("/propagate/500?seed=7")
    assert web.get(f"/propagate/{SEEDED.id}?seed=7").status_code == 400


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Purpose": "prefetch"}])
@pytest.mark.parametrize("steps", [500, 200_000])
def test_a_page_that_nobody_looks_at_starts_nothing_and_offers_to(
    web: FlaskClient, services: Services, headers: dict[str, str], steps: int
) -> None:
    page = web.get(f"/propagate/{steps}", headers=headers)
    assert page.status_code == 200
    assert "Not computed yet" in page.text
    assert '<button class="button primary" name="action" value="start">' in page.text
    assert nothing_was_started(services)


def test_asking_for_the_headers_starts_nothing(web: FlaskClient, services: Services) -> None:
    assert web.head("/propagate/200000").status_code == 200
    assert nothing_was_started(services)


def test_a_run_is_cancelled_by_a_form_and_stays_so_when_the_page_is_opened_again(
    web: FlaskClient, services: Services
) -> None:
    web.get("/propagate/200000")
    answer = web.post("/propagate/200000", data={"action": "cancel"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/propagate/200000")
    for _ in range(2):
        page = web.get("/propagate/200000")
        assert 'data-status="cancelled"' in page.text
        assert "Propagate again" in page.text
    assert nothing_was_started(services)


def test_what_was_cancelled_is_started_again_by_a_form(
    web: FlaskClient, services: Services
) -> None:
    web.get("/propagate/200000")
    web.post("/propagate/200000", data={"action": "cancel"})
    assert web.post("/propagate/200000", data={"action": "start"}).status_code == 303
    resource = services.propagations.find(LARGE)
    assert resource is not None
    assert resource.status is Status.QUEUED


def test_a_result_is_not_cancelled(web: FlaskClient) -> None:
    web.get("/propagate/500")
    assert web.post("/propagate/500", data={"action": "cancel"}).status_code == 303
    assert 'data-status="complete"' in web.get("/propagate/500").text


@pytest.mark.parametrize("data", [{}, {"action": "explode"}])
def test_an_action_that_there_is_not_is_400(web: FlaskClient, data: dict[str, str]) -> None:
    assert web.post("/propagate/500", data=data).status_code == 400


@pytest.mark.parametrize("path", ["/", "/propagate/200000"])
def test_another_sites_form_starts_nothing(web: FlaskClient, services: Services, path: str) -> None:
    data = {"steps": "200000", "action": "start"}
    answer = web.post(path, data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert nothing_was_started(services)


def test_names_are_escaped_wherever_they_are_shown(web: FlaskClient) -> None:
    wicked = "<script>alert(1)</script>"
    document = orjson.loads(orjson.dumps(NANO.to_json()).replace(b"Satellite", wicked.encode()))
    answer = web.post("/", data={"steps": "500", "scenario": json.dumps(document)})
    for path in (answer.headers["Location"], "/"):
        page = web.get(path)
        assert page.status_code == 200
        assert wicked not in page.text
        assert "&lt;script&gt;" in page.text


def test_a_trajectory_that_ends_says_where_and_offers_what_came_before(web: FlaskClient) -> None:
    document = NANO.to_json()
    agents = [dict(one) for one in document["agents"]]  # type: ignore[attr-defined]  # JSON
    for one in agents:
        one.update(x=0.0, y=0.0, vx=0.0, vy=0.0)
    answer = web.post(
        "/", data={"steps": "50", "scenario": json.dumps({**document, "agents": agents})}
    )
    page = web.get(answer.headers["Location"])
    assert 'data-status="failed"' in page.text
    assert "The trajectory ends" in page.text


def test_the_records_are_the_file_that_pages_have_always_loaded(web: FlaskClient) -> None:
    answer = web.get("/propagate/500/data.js")
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert answer.text.startswith("data = [[-Infinity, 0, {")
    seeded = web.get("/propagate/500/data.js?seed=7").text
    member = web.get("/propagate/500/data.js?seed=7&member=3").text
    assert len({answer.text, seeded, member}) == 3


def test_no_data_of_what_takes_a_run_and_none_is_started(
    web: FlaskClient, services: Services
) -> None:
    answer = web.get("/propagate/200000/data.js")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert "Retry-After" not in answer.headers
    assert nothing_was_started(services)
    web.get("/propagate/200000")
    assert "Retry-After" in web.get("/propagate/200000/data.js").headers


def test_pages_are_never_kept_by_the_browser(web: FlaskClient) -> None:
    for path in ("/", "/propagate/500", "/propagate/abc"):
        assert web.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("address", "unknown"),
    [
        ("/?foo=1", "'foo' is not a parameter here; known: preset, from, "),
        ("/?preset=nano&preset=binary", "preset is given 2 times"),
        ("/propagate/1000?preset=binary", "'preset' is not a parameter here; known: seed, "),
        ("/propagate/1000/data.js?preset=binary", "'preset' is not a parameter here"),
        ("/propagate?n=&until=5&preset=binary", "'n' is not a parameter here"),
        ("/propagate?until=5&preset=kepler", "The preset must be one of nano, circular, "),
    ],
)
def test_a_query_is_never_passed_over(
    web: FlaskClient, services: Services, address: str, unknown: str
) -> None:
    answer = web.get(address)
    assert answer.status_code == 400
    assert unknown in unescape(answer.text)
    assert nothing_was_started(services)


def test_a_preset_in_the_query_is_propagated_for_its_steps_or_until_a_time(
    web: FlaskClient,
) -> None:
    chosen = preset("circular")
    wanted = PropagationRequest(chosen.steps, Trajectory(chosen.scenario))
    assert web.get("/propagate?preset=circular").headers["Location"] == f"/propagate/{wanted.id}"
    place = web.get("/propagate?preset=circular&until=1").headers["Location"]
    body = {"until": 1.0, "scenario": chosen.scenario.to_json()}
    assert web.post("/api/v1/propagations", json=body).get_json()["links"]["page"] == place
