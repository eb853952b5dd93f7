"""Claims about the described scenarios: they have the fields of the models, and no others."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from frontend.web.http.scenario_schema import SCENARIO
from sim.presets import NAMES, preset

DESCRIBED = Draft202012Validator(SCENARIO)
ORBIT = {"a": 1, "e": 0.1, "i": 0, "node": 0, "argp": 0, "anomaly": 0}


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_fits(name: str) -> None:
    assert DESCRIBED.is_valid(preset(name).scenario.to_json())


@pytest.mark.parametrize("name", ["nano", "pythagorean", "circular"])
def test_all_fields_are_needed_but_those_that_may_be_left_out(name: str) -> None:
    document: dict[str, Any] = preset(name).scenario.to_json()
    for part, optional in (
        (document, {"tolerance", "units"}),
        (document["agents"][0], {"z", "vz"}),
    ):
        for field in [*part]:
            value = part.pop(field)
            assert DESCRIBED.is_valid(document) == (field in optional | {"primary"}), field
            part[field] = value
        part["surprise"] = 1
        assert not DESCRIBED.is_valid(document)
        del part["surprise"]


def test_an_orbit_stands_in_place_of_a_state() -> None:
    document: dict[str, Any] = copy.deepcopy(preset("circular").scenario.to_json())
    planet, satellite = document["agents"]
    both = satellite | {"orbit": ORBIT}
    alone = {"name": "Satellite", "mu": 0, "orbit": ORBIT}
    assert DESCRIBED.is_valid(document | {"agents": [planet, alone]})
    assert not DESCRIBED.is_valid(document | {"agents": [planet, both]})
    assert not DESCRIBED.is_valid(document | {"integrator": "euler"})
    assert not DESCRIBED.is_valid(document | {"dt": 0})
