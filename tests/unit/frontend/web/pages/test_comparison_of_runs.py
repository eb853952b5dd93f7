"""Claims about the comparison of two single runs: what is shown, computed, kept and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.errors import BadRequest
from frontend.web.pages.comparison_of_runs import check
from sim.order import Order, Until
from sim.presets import preset
from sim.scenario import NANO, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

ENSEMBLE = PropagationRequest(200, Trajectory(), 20)
SEEDS = [PropagationRequest(400, Trajectory(seed=seed)) for seed in (0, 1)]


def test_two_runs_are_compared_on_one_page(web: FlaskClient) -> None:
    for one in SEEDS:
        web.get(f"/propagate/400?seed={one.trajectory.seed}")
    path = f"/compare/{SEEDS[0].id}/{SEEDS[1].id}"
    page = web.get(path)
    assert page.status_code == 200
    assert "Two runs compared" in page.text
    assert '<th scope="row">Seed</th>' in page.text
    assert '<th scope="row">Steps</th>' not in page.text
    answer = web.get(f"{path}/document")
    assert set(answer.get_json()["agents"]) == {"Planet", "Satellite"}
    etag = answer.headers["ETag"]
    assert web.get(f"{path}/document", headers={"If-None-Match": etag}).status_code == 304


def test_a_small_run_that_is_missing_is_computed_for_a_reader_and_no_larger_one_is_started(
    web: FlaskClient, services: Services
) -> None:
    path = "/compare/400/500"
    assert "data-document=" in web.get(path).text
    assert [one.id for one in services.propagations.recent()] == ["500", "400"]
    large = web.get("/compare/400/200000")
    assert "B is not complete" in large.text
    assert services.propagations.under_way() == []
    assert web.get("/compare/400/200000/document").status_code == 404


def test_the_page_of_a_run_has_a_form_to_compare_it(web: FlaskClient) -> None:
    page = web.get("/propagate/400").text
    assert 'action="/compare"' in page
    assert '<input type="hidden" name="first" value="400">' in page


OTHER_SEED = PropagationRequest(500, Trajectory(seed=7))
NO_ADDRESSES = ("500?seeds=7", "http://porta.example/", "/propagate?preset=eccentric", "x")


@pytest.mark.parametrize(
    ("second", "named"),
    [
        ("http://porta.example/propagate/500", PropagationRequest(500)),
        ("https://porta.example/a/propagate/500/?window=2.5%2C11.1#top", PropagationRequest(500)),
        (" 500?seed=7 ", OTHER_SEED),
        ("/propagate/500?seed=7&member=3", PropagationRequest(500, Trajectory(seed=7, member=3))),
        ("propagate/500?members=20", PropagationRequest(500, members=20)),
        (OTHER_SEED.id, OTHER_SEED),
    ],
)
def test_another_is_named_by_its_id_or_by_the_address_of_its_page(
    web: FlaskClient, second: str, named: PropagationRequest
) -> None:
    web.get("/propagate/500?seed=7")
    answer = web.get("/compare", query_string={"first": "400", "second": second})
    assert answer.headers["Location"].endswith(f"/compare/400/{named.id}")


@pytest.mark.parametrize("second", NO_ADDRESSES)
def test_what_names_no_other_is_refused(web: FlaskClient, second: str) -> None:
    answer = web.get("/compare", query_string={"first": "400", "second": second})
    assert answer.status_code in {400, 404}


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ("400", "is compared with itself"),
        (ENSEMBLE.id, "compare two of a kind"),
        ("moons", "no agent of the same name"),
    ],
)
def test_runs_that_can_not_be_compared_are_refused_with_a_sentence(
    web: FlaskClient, services: Services, second: str, sentence: str
) -> None:
    assert 'data-status="complete"' in web.get("/propagate/200?members=20").text
    stranger = PropagationRequest(400, Trajectory(preset("binary").scenario))
    services.propagations.start(stranger)
    second = stranger.id if second == "moons" else second
    answer = web.get(f"/compare/400/{second}")
    assert answer.status_code == 400
    assert sentence in answer.text


def named(units: str) -> PropagationRequest:
    return PropagationRequest(400, Trajectory(preset(units).scenario))


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (named("galilean-moons"), "have different units; compare runs of the same ones."),
        (named("binary"), "have no agent of the same name."),
        (
            Order(20_000, Trajectory(NANO, 5), condition=Until(9.0)),
            "has no number of steps yet; open its page first.",
        ),
    ],
    ids=["units", "names", "order"],
)
def test_what_two_runs_must_have_in_common_is_said(
    other: PropagationRequest, sentence: str
) -> None:
    for a, b in ((SEEDS[0], other), (other, SEEDS[0])):
        with pytest.raises(BadRequest, match=sentence):
            check(a, b)
    check(*SEEDS)


def test_the_other_way_round_it_is_another_document_with_a_for_b(web: FlaskClient) -> None:
    for one in SEEDS:
        web.get(f"/propagate/400?seed={one.trajectory.seed}")
    a, b = (one.id for one in SEEDS)
    there, back = (web.get(f"/compare/{pair}/document") for pair in (f"{a}/{b}", f"{b}/{a}"))
    assert there.headers["ETag"] != back.headers["ETag"]
    of_there, of_back = (one.get_json()["agents"]["Satellite"] for one in (there, back))
    assert of_there["a"] == of_back["b"] != of_there["b"]
    assert of_there["difference"] == of_back["difference"]
