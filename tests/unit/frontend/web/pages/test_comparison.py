from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from frontend.results.ensemble_store import MEMBERS
from frontend.storage import keys
from sim.ensemble.proportions import paired_difference
from sim.scenario import PropagationRequest, Trajectory
from tests.ensemble_results import DISPERSED
from tests.stored_ensembles import RunOfEnsemble

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

A = PropagationRequest(200, Trajectory(), 20)
LONGER = PropagationRequest(400, Trajectory(), 20)
OTHER_SEED = PropagationRequest(200, Trajectory(seed=7), 20)


def asked(web: FlaskClient, *requests: PropagationRequest) -> None:
    for one in requests:
        seed = one.trajectory.seed
        page = web.get(f"/propagate/{one.steps}?seed={seed}&members={one.members}")
        assert 'data-status="complete"' in page.text


def test_ensembles_of_one_seed_are_compared_in_pairs(web: FlaskClient) -> None:
    asked(web, A, LONGER)
    answer = web.get(f"/compare/{A.id}/{LONGER.id}/document").get_json()
    survival = answer["agents"]["Satellite"]["survival"]
    assert survival["paired"]
    assert answer["grid"]["a"] == answer["grid"]["b"]
    assert set(survival["difference"]["estimate"]) == {0.0}  # the same members
    of_all = paired_difference([20], [0], [0], [0])
    assert survival["difference"]["high"][0] == pytest.approx(np.asarray(of_all.high)[0])


def test_those_of_other_seeds_are_independent(web: FlaskClient) -> None:
    asked(web, A, OTHER_SEED)
    answer = web.get(f"/compare/{A.id}/{OTHER_SEED.id}/document").get_json()
    assert not answer["agents"]["Satellite"]["survival"]["paired"]
    page = web.get(f"/compare/{A.id}/{OTHER_SEED.id}")
    assert page.status_code == 200
    assert "Seed" in page.text
    assert 'aria-label="Edit A"' in page.text
    assert 'aria-label="Edit B"' in page.text
    assert 'src="/assets/' in page.text


def test_members_that_turn_out_to_be_damaged_are_compared_as_independent(
    web: FlaskClient, services: Services
) -> None:
    many = [
        PropagationRequest(2, trajectory, 6_000)
        for trajectory in (DISPERSED, Trajectory(seed=DISPERSED.seed))
    ]
    for one in many:
        run = RunOfEnsemble(services, one)
        run.compute([range(6_000)])
        run.publish()
    block = keys.ensemble_block(many[1].trajectory.digest, many[1].steps, 0)
    right = services.client.hget(block, MEMBERS)
    path = f"/compare/{many[0].id}/{many[1].id}/document"
    services.client.hset(block, MEMBERS, b"damaged")
    answer = web.get(path)
    assert not answer.get_json()["agents"]["Satellite"]["survival"]["paired"]
    services.client.hset(block, MEMBERS, right)
    again = web.get(path)
    assert again.get_json()["agents"]["Satellite"]["survival"]["paired"]
    assert again.headers["ETag"] != answer.headers["ETag"]


def test_a_document_that_the_client_has_is_not_sent_again(web: FlaskClient) -> None:
    asked(web, A, LONGER)
    path = f"/compare/{A.id}/{LONGER.id}/document"
    etag = web.get(path).headers["ETag"]
    assert web.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_the_form_takes_an_id_or_the_address_of_a_page(web: FlaskClient) -> None:
    asked(web, A, LONGER)
    for second in (
        LONGER.id,
        f"http://porta.example/propagate/{LONGER.id}",
        f"/x/propagate/{LONGER.id}/",
    ):
        answer = web.get("/compare", query_string={"first": A.id, "second": second})
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith(f"/compare/{A.id}/{LONGER.id}")


@pytest.mark.parametrize("second", [A.id, "500", "200-0123456789abcdef", "x", "../etc"])
def test_what_can_not_be_compared_is_refused_with_a_sentence(web: FlaskClient, second: str) -> None:
    asked(web, A)
    answer = web.get("/compare", query_string={"first": A.id, "second": second})
    assert answer.status_code in {303, 400, 404}
    if answer.status_code == 303:
        answer = web.get(answer.headers["Location"])
    assert answer.status_code in {400, 404}
    assert 'role="alert"' in answer.text
