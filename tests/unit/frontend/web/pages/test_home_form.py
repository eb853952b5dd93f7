from __future__ import annotations

import json

import pytest

from frontend.web.pages.home_form import (
    FIELDS,
    FieldError,
    edit_path,
    field_of,
    parts_of,
    place_of,
)
from sim.presets import preset
from sim.scenario import PropagationRequest, Trajectory

BINARY = preset("binary").scenario
MOONS = preset("galilean-moons").scenario


def form(**fields: str) -> dict[str, str]:
    return {**FIELDS, **fields}


def test_an_empty_form_asks_for_the_default_run() -> None:
    parts = parts_of(form(seed="", member="", members=""))
    assert parts == {
        "steps": 500, "until": None, "seed": 0, "member": 0, "members": 1, "scenario": None,
    }  # fmt: skip


def test_an_ensemble_names_no_member() -> None:
    parts = parts_of(form(steps="1e5", members="10000"))
    assert (parts["steps"], parts["members"], parts["member"]) == (100_000, 10_000, None)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"steps": "many"}, "steps"),
        ({"steps": "5", "until": "5"}, "until"),
        ({"until": "soon"}, "until"),
        ({"seed": "-1"}, "seed"),
        ({"member": "x"}, "member"),
        ({"members": "1e3"}, "members"),
        ({"scenario": "{"}, "scenario"),
        ({"dispersion": "["}, "dispersion"),
        ({"sigma_agent": "Nobody", "sigma_position": "1"}, "sigma_agent"),
        ({"sigma_position": "1"}, "sigma_agent"),
        ({"sigma_agent": "Planet", "sigma_position": "1"}, "sigma_agent"),
        ({"sigma_agent": "Satellite", "sigma_position": "-1"}, "sigma_position"),
        ({"sigma_agent": "Satellite", "sigma_velocity": "x"}, "sigma_velocity"),
        ({"sigma_agent": "Satellite", "dispersion": "[]"}, "dispersion"),
        ({"sigma_agent": "Satellite", "scenario": "{}"}, "scenario"),
    ],
)
def test_a_mistake_names_its_field(fields: dict[str, str], field: str) -> None:
    with pytest.raises(FieldError) as caught:
        parts_of(form(**fields))
    assert caught.value.field == field
    assert caught.value.detail.endswith(".")


def test_relative_deviations_are_of_the_distance_and_the_speed_from_the_primary() -> None:
    fields = {"sigma_agent": "Satellite", "sigma_position": "0.1", "sigma_velocity": "0.01"}
    dispersion = parts_of(form(**fields))["dispersion"]
    (one,) = dispersion  # Satellite is 0.9 from Planet, and 0.9 faster
    assert one["agent"] == "Satellite"
    assert one["sigma"] == pytest.approx({"x": 0.09, "y": 0.09, "vx": 0.009, "vy": 0.009})


def test_absolute_deviations_are_as_they_are_written_in_space_too() -> None:
    name = MOONS.names[1]
    fields = {
        "sigma_agent": name,
        "sigma_position": "2",
        "sigma_kind": "absolute",
        "scenario": json.dumps(MOONS.to_json()),
    }
    assert parts_of(form(**fields))["dispersion"] == [
        {"agent": name, "sigma": {"x": 2.0, "y": 2.0, "z": 2.0}}
    ]


def test_a_dispersion_as_json_is_passed_on() -> None:
    written = [{"agent": "Satellite", "sigma": {"x": 1e-3}}]
    assert parts_of(form(dispersion=json.dumps(written)))["dispersion"] == written


@pytest.mark.parametrize(
    ("sentence", "field"),
    [
        ("members must be 1: nothing in this scenario is random.", "members"),
        ("member names one run, so it can't go with several members.", "member"),
        ("The number of steps must be a whole number.", "steps"),
        ("dispersion[0].agent is not an agent.", "dispersion"),
        ("epoch must stand beside time_scale: one says nothing without both.", "scenario"),
        ("time_scale must be one of TDB, TT.", "scenario"),
        ("frame can't be GRC, which rotates.", "scenario"),
        ("center must be a text.", "scenario"),
        ("Something else is wrong.", ""),
    ],
)
def test_a_sentence_about_the_request_stands_beside_the_field_that_it_names(
    sentence: str, field: str
) -> None:
    assert field_of(sentence) == field


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (PropagationRequest(500), "/?from=500"),
        (PropagationRequest(500, Trajectory(seed=7, member=3)), "/?from=500&seed=7&member=3"),
        (PropagationRequest(500, Trajectory(), 20), "/?from=500&members=20"),
    ],
)
def test_the_form_of_the_default_scenario_needs_no_id_that_somebody_asked_for(
    request_: PropagationRequest, path: str
) -> None:
    assert edit_path(request_) == path


def test_the_form_of_another_scenario_is_found_by_its_id() -> None:
    request = PropagationRequest(500, Trajectory(BINARY))
    assert edit_path(request) == f"/?from={request.id}"


@pytest.mark.parametrize(
    ("sentence", "place"),
    [
        ("agents[12].orbit.e must be at least 0.", "agents[12].orbit.e"),
        ("dt_min must be at least 2*epsilon.", "dt_min"),
        ("units.length must be 'km'.", "units.length"),
        ("The scenario is not valid JSON.", ""),
    ],
)
def test_the_place_of_a_mistake_is_the_path_that_its_sentence_begins_with(
    sentence: str, place: str
) -> None:
    assert place_of(sentence) == place
