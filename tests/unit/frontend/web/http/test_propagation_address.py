"""Claims about which propagation a URL names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.errors import BadRequest, NotFound
from frontend.web.http.propagation_address import read_address, read_run_address
from frontend.web.http.query_params import REQUEST, Real
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    from flask import Flask

SEEDED = PropagationRequest(500, Trajectory(seed=7))
MEMBER = PropagationRequest(500, Trajectory(seed=7, member=3))


def test_an_id_and_a_query_name_a_propagation(app: Flask) -> None:
    for query, named in (
        ("", PropagationRequest(500)),
        ("member=0", PropagationRequest(500)),
        ("seed=7&members=1", SEEDED),
        ("seed=7&member=3", MEMBER),
    ):
        with app.test_request_context(f"/?{query}"):
            assert read_address("500")[0] == named


def test_an_id_with_a_digest_names_what_was_requested_before(app: Flask) -> None:
    with app.test_request_context("/"):
        with pytest.raises(NotFound):
            read_address(SEEDED.id)
        app.test_client().post("/api/v1/propagations", json={"steps": 500, "seed": 7})
        assert read_address(SEEDED.id)[0] == SEEDED


def test_an_id_with_a_digest_has_its_seed_already(app: Flask) -> None:
    with app.test_request_context("/?seed=7"), pytest.raises(BadRequest):
        read_address(SEEDED.id)


def test_an_id_with_a_digest_takes_a_member_of_those_that_it_has(app: Flask) -> None:
    app.test_client().post("/api/v1/propagations", json={"steps": 500, "seed": 7})
    with app.test_request_context("/?member=0"):
        assert read_address(SEEDED.id)[0] == SEEDED
    with app.test_request_context("/?member=1"), pytest.raises(BadRequest, match="no member 1"):
        read_address(SEEDED.id)


def test_records_are_of_a_run_and_an_ensemble_has_one_for_each_member(app: Flask) -> None:
    with app.test_request_context("/?seed=7&member=3"):
        assert read_run_address("500")[0] == MEMBER
    with (
        app.test_request_context("/?members=10"),
        pytest.raises(BadRequest, match=r"an ensemble of 10 members.* 0 to 9 in place of members="),
    ):
        read_run_address("500")


def test_the_values_of_further_parameters_are_returned(app: Flask) -> None:
    with app.test_request_context("/?t0=2.5&seed=7"):
        request, values = read_address("500", (*REQUEST, Real("t0", "from when")))
    assert request == SEEDED
    assert values["t0"] == 2.5


def test_an_unknown_parameter_is_refused_where_it_is_strict_and_ignored_elsewhere(
    app: Flask,
) -> None:
    with app.test_request_context("/?utm_source=x"):
        with pytest.raises(BadRequest, match="utm_source"):
            read_address("500")
        assert read_address("500", strict=False)[0] == PropagationRequest(500)
