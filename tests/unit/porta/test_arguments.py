from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from porta.arguments import Arguments, allowed
from porta.errors import ArgumentError, ArgumentTypeError, LimitError
from sim.limits import Limits
from sim.order import Escape, Order, Until
from sim.presets import preset
from sim.scenario import NANO, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Limits(max_steps=1_000_000, max_work=10_000_000)
SPREAD = [{"agent": "Satellite", "sigma": {"x": 0.001}}]


def request(**given: Any) -> PropagationRequest:  # noqa: ANN401 - as callers give them
    return Arguments(**given).request(LIMITS)


def test_a_number_of_steps_alone_is_the_default_trajectory() -> None:
    assert request(steps=500) == PropagationRequest(500)
    assert request(steps=np.int64(500)) == request(steps=5e2) == PropagationRequest(500)


def test_seed_member_and_members_are_the_requests() -> None:
    assert request(steps=5, seed=7, member=3) == PropagationRequest(5, Trajectory(NANO, 7, 3))
    assert request(steps=5, members=10).members == request(steps=5, members=1e1).members == 10


def test_a_scenario_is_a_dict_a_file_or_the_engines_own(tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(NANO.to_json()))
    tuples = {**NANO.to_json(), "agents": tuple(agent.to_json() for agent in NANO.agents)}
    expected = PropagationRequest(5)
    for given in (NANO, NANO.to_json(), tuples, path, str(path)):
        assert request(steps=5, scenario=given) == expected


def test_numbers_of_numpy_are_numbers_of_a_scenario() -> None:
    changed: Any = NANO.to_json()
    changed["agents"][0]["mu"] = np.float64(1.0)
    changed["dt_min"] = np.array(0.01)
    assert request(steps=5, scenario=changed) == PropagationRequest(5)


def test_a_preset_brings_its_steps_unless_others_are_asked_for() -> None:
    circular = preset("circular")
    assert request(preset="circular").steps == circular.steps
    assert request(preset="circular").trajectory.scenario == circular.scenario
    assert request(preset="circular", steps=3).steps == 3


def test_a_dispersion_may_be_written_with_tuples_and_arrays(tmp_path: Path) -> None:
    path = tmp_path / "dispersion.json"
    path.write_text(json.dumps(SPREAD))
    covariance = np.diag([1e-6, 0.0, 0.0, 1e-8])
    as_lists = [{"agent": "Satellite", "covariance": covariance.tolist()}]
    as_arrays = ({"agent": "Satellite", "covariance": covariance},)
    assert request(steps=5, dispersion=SPREAD) == request(steps=5, dispersion=path)
    assert request(steps=5, dispersion=as_lists) == request(steps=5, dispersion=as_arrays)


def test_a_time_or_a_condition_is_an_order() -> None:
    until, stop = request(until=20), request(steps=9, stop={"agent": "Satellite", "escape": True})
    assert isinstance(until, Order)
    assert until.condition == Until(20.0)
    assert isinstance(stop, Order)
    assert stop.condition == Escape("Satellite")


def test_a_time_with_fixed_steps_is_a_request_of_so_many() -> None:
    found = request(until=60.0, preset="circular")
    assert type(found) is PropagationRequest
    assert found.steps == preset("circular").scenario.steps_until(60.0)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "steps=1_000 or until=100.0"),
        ({"steps": 0}, "from 1 on"),
        ({"steps": 5, "until": 1.0}, "give it alone"),
        ({"until": -1.0}, "above 0"),
        ({"until": float("nan")}, "finite"),
        ({"steps": 5, "seed": -1}, "seed must be a whole number from 0 on"),
        ({"steps": 5, "seed": 2**53}, "9,007,199,254,740,991"),
        ({"steps": 5, "members": 0}, "from 1 on"),
        ({"steps": 5, "member": 1, "members": 3}, "several members"),
        ({"steps": 5, "agents": ["Satellite"]}, "leave it out, or ask for members"),
        ({"steps": 5, "members": 3, "agents": ["Satelite"]}, "did you mean 'Satellite'"),
        ({"steps": 5, "members": 3, "agents": []}, "at least one"),
        ({"until": 5.0, "members": 3}, "Leave members out"),
        ({"preset": "circlar"}, "did you mean 'circular'"),
        ({"preset": "circular", "scenario": {}}, "leave out scenario"),
        ({"steps": 5, "scenario": "circular"}, "preset='circular'"),
        ({"steps": 5, "scenario": "no/such.json"}, "no/such.json can't be read: No such file"),
        ({"steps": 5, "scenario": {"agents": []}}, "lacks dt_min"),
        ({"steps": 5, "stop": {"agent": "Satelite", "escape": True}}, "did you mean 'Satellite'"),
        ({"steps": 5, "stop": {"agent": "Satellite"}}, "either escape or within"),
        ({"steps": 5, "dispersion": [{"agent": "Moon", "sigma": {}}]}, "Planet, Satellite"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        request(**given)
    assert sentence in str(refused.value)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"steps": 1.5}, "must be a whole number, not 1.5"),
        ({"steps": True}, "whole number"),
        ({"steps": "500"}, "not of type str"),
        ({"until": "5"}, "must be a number"),
        ({"steps": 5, "seed": 1.5}, "not of type float"),
        ({"steps": 5, "seed": 1e6}, "write 1_000_000"),
        ({"steps": 5, "members": 2.5}, "members must be a whole number, not 2.5"),
        ({"steps": 5, "scenario": 3}, "a dict, or the path"),
        ({"steps": 5, "dispersion": {"agent": "Satellite"}}, "must be a list"),
        ({"steps": 5, "stop": "escape"}, '"escape": True'),
        ({"preset": 3}, "must be a text"),
    ],
)
def test_what_is_of_the_wrong_type_is_a_type_error(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentTypeError) as refused:
        request(**given)
    assert sentence in str(refused.value)
    assert isinstance(refused.value, TypeError)


@pytest.mark.parametrize(
    "given", [{"steps": 1_000_001}, {"steps": 10_000, "members": 1_001}, {"until": 1e9}]
)
def test_what_is_too_large_is_refused_before_anything_is_computed(given: dict[str, Any]) -> None:
    with pytest.raises(LimitError, match="allowed"):
        request(**given)


def test_limits_are_those_of_the_environment_or_the_defaults() -> None:
    assert allowed({"PORTA_MAX_WORK": "0" * 5_000 + "9"}).max_work == 9
    assert allowed({}) == Limits(max_steps=100_000_000, max_work=10_000_000_000)
    assert allowed({"PORTA_MAX_STEPS": "7", "PORTA_MAX_WORK": "9"}) == Limits(
        max_steps=7, max_work=9
    )


@pytest.mark.parametrize(
    "text", ["0", "-1", "1e6", "many", "9" * 30, "٣", "0" * 15 + "1" + "9" * 20, "1" * 5_000]
)
def test_a_limit_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(ArgumentError, match="PORTA_MAX_STEPS must be a whole number"):
        allowed({"PORTA_MAX_STEPS": text})
