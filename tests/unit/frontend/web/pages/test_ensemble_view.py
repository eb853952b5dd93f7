from __future__ import annotations

from frontend.web.pages.ensemble_view import FANS, EnsembleView
from sim.scenario import PropagationRequest, Trajectory

REQUEST = PropagationRequest(100_000, Trajectory(), 10_000)
VIEW = EnsembleView(REQUEST, None)


def test_the_title_says_members_and_steps() -> None:
    assert VIEW.title == "10,000 members of 100,000 steps"


def test_the_documents_of_an_ensemble_are_the_apis() -> None:
    root = f"/api/v1/propagations/{REQUEST.id}"
    assert (VIEW.ensemble, VIEW.density, VIEW.members) == (
        f"{root}/ensemble",
        f"{root}/density",
        f"{root}/members",
    )


def test_analysed_agents_are_named_and_those_without_a_primary_are_not() -> None:
    assert VIEW.analysed == ("Satellite",)


def test_what_is_not_known_yet_has_no_cost_and_no_estimate() -> None:
    assert VIEW.costs == []
    assert VIEW.estimate == ""
    assert VIEW.dispersion == ""


def test_there_is_a_fan_for_each_quantity_of_the_document() -> None:
    assert [fan.key for fan in FANS] == ["distance", "energy", "semi_major_axis", "eccentricity"]
