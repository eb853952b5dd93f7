"""Claims about what a result says of its own accuracy, against orbits that are known."""

from __future__ import annotations

from typing import Any

import pytest

from frontend.web.pages.accuracy import (
    Accuracy,
    Departure,
    accuracy_of,
    percent,
    physics_of,
    share,
)
from frontend.web.pages.filters import figure
from sim.engine import Propagation
from sim.presets import preset
from sim.scenario import NANO, Scenario, Trajectory


def accuracy(scenario: Scenario, steps: int) -> Accuracy:
    summary: dict[str, Any] = Propagation.open(Trajectory(scenario), steps).summary()
    return accuracy_of(summary, scenario)


def test_the_model_with_random_steps_says_that_it_drifts_and_when_its_satellite_escapes() -> None:
    told = accuracy(NANO, 30_000)
    energy, momentum = told.departures
    assert (energy.name, momentum.name) == (
        "Energy of Satellite",
        "Angular momentum of Satellite",
    )
    assert energy.relative is not None
    assert momentum.relative is not None
    assert energy.relative > 1.0 > momentum.relative > 0.01
    assert told.physics.startswith("Energy of Satellite departs by up to ")
    assert "trust the beginning of this run" in told.physics
    (escape,) = told.escapes
    assert (escape.agent, escape.step) == ("Satellite", 22_780)
    assert escape.sentence.startswith("Satellite escapes at step 22,780 (t = 9")
    assert "eccentricity is 1.08" in escape.sentence


@pytest.mark.parametrize(
    ("scenario", "steps"), [(NANO, 30_000), (preset("pythagorean").scenario, 12_000)]
)
def test_the_time_of_an_escape_is_that_of_its_step_whatever_chooses_the_steps(
    scenario: Scenario, steps: int
) -> None:
    for escape in accuracy(scenario, steps).escapes:
        until = Propagation.open(Trajectory(scenario), escape.step).end[escape.agent].time
        assert escape.time == f"t = {figure(until, 6)}"


def test_a_result_from_before_times_were_kept_tells_the_step() -> None:
    summary: dict[str, Any] = Propagation.open(Trajectory(), 30_000).summary()
    del summary["escape_times"]
    (escape,) = accuracy_of(summary, NANO).escapes
    assert escape.sentence.startswith("Satellite escapes at step 22,780; at the end")


def test_energy_that_does_not_depart_is_kept_exactly() -> None:
    kept = Departure(name="Energy", relative=0.0)
    assert physics_of((kept,), "") == "Energy is kept exactly."
    assert share(0.0) == "kept exactly"


def test_an_integrator_of_high_order_keeps_all_that_gravity_does() -> None:
    told = accuracy(preset("outer-solar-system").scenario, 2_000)
    assert [one.name for one in told.departures] == ["Energy", "Momentum", "Angular momentum"]
    energy = told.departures[0].relative
    assert energy is not None
    assert energy < 1e-9
    assert "trust the beginning" not in told.physics
    assert told.escapes == ()


def test_what_is_0_at_the_start_has_an_absolute_departure() -> None:
    told = accuracy(preset("figure-eight").scenario, 200)
    momentum = {one.name: one for one in told.departures}["Momentum"]
    assert momentum.absolute is not None
    assert momentum.absolute < 1e-12


@pytest.mark.parametrize(
    ("part", "words"), [(1.43, "143\u202f%"), (0.0123, "1.23\u202f%"), (8.1e-10, "8.1\u00d710⁻¹⁰")]
)
def test_small_parts_are_powers_of_ten(part: float, words: str) -> None:
    assert percent(part) == words
