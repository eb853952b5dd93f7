from __future__ import annotations

import pytest

from sim.errors import ScenarioError
from sim.initial_state import initial_scenario
from sim.models.labels import LABELS
from sim.presets import preset
from sim.scenario import NANO, Scenario
from tests.labelled import LABELLED, varied
from tests.unit.sim.test_orbit_data import ELEMENTS, OEM, opm

STATE = {
    "x": 6655.9942, "y": -40218.5751, "z": -82.9177,
    "vx": 3.11548208, "vy": 0.47042605, "vz": -0.00101495,
}  # fmt: skip


def coordinates(scenario: Scenario, name: str) -> dict[str, float]:
    state = scenario.initial_states[scenario.names.index(name)].to_json()
    return {axis: state[axis] for axis in STATE}


def test_without_a_scenario_it_is_the_centre_and_the_objects() -> None:
    initial = initial_scenario(opm(), "a.opm")
    scenario = initial.scenario
    assert scenario.names == ("EARTH", "PROBE")
    assert [agent.mu for agent in scenario.agents] == [398_600.435507, 0.0]
    assert coordinates(scenario, "PROBE") == STATE
    assert not any(coordinates(scenario, "EARTH").values())
    assert scenario.units.to_json() == {"length": "km", "time": "s"}
    assert scenario.labels.to_json() == {
        "epoch": "2026-01-01T00:00:00",
        "time_scale": "TDB",
        "frame": "EME2000",
        "center": "EARTH",
    }
    assert initial.notes == ()


def test_the_files_own_mu_of_the_centre_is_taken() -> None:
    scenario = initial_scenario(opm(more=ELEMENTS), "a.opm").scenario
    assert scenario.agents[0].mu == 398600.4415


def test_a_centre_that_is_not_known_needs_a_scenario() -> None:
    with pytest.raises(ScenarioError, match=r"a\.opm can't start a run: center is CERES"):
        initial_scenario(opm().replace(b"EARTH", b"CERES"), "a.opm")


def test_an_object_is_added_to_a_scenario_and_said_to_be() -> None:
    base = preset("circular").scenario
    initial = initial_scenario(opm(), "a.opm", base=base)
    assert initial.scenario.names == ("Earth", "Satellite", "PROBE")
    assert coordinates(initial.scenario, "PROBE") == STATE
    assert coordinates(initial.scenario, "Satellite") == coordinates(base, "Satellite")
    assert initial.notes == ("PROBE is added to the scenario, without mass.",)
    assert initial.scenario.labels.center == "EARTH"
    assert initial.scenario.parameters == base.parameters


def test_an_agent_of_the_same_name_starts_there_with_its_own_mass() -> None:
    base = varied(
        agents=[LABELLED["agents"][0], LABELLED["agents"][1] | {"name": "PROBE", "mu": 0.5}],
        units={"length": "m", "time": "d"},
        frame="EME2000",
    )
    initial = initial_scenario(opm(), "a.opm", base=base)
    assert initial.notes == ()
    assert initial.scenario.agents[1].mu == 0.5
    found = coordinates(initial.scenario, "PROBE")
    assert found["x"] == pytest.approx(6_655_994.2, rel=1e-15)
    assert found["vx"] == pytest.approx(3115.48208 * 86_400, rel=1e-15)


@pytest.mark.parametrize(
    ("base", "why"),
    [
        (NANO, "must be of nbody"),
        (varied(units=None, **dict.fromkeys(LABELS)), "must have units"),
        (varied(), "frame is EME2000 in the file and ICRF in the scenario"),
        (varied(frame="EME2000", center="SUN"), "center is EARTH in the file and SUN"),
        (varied(frame="EME2000", epoch="2026-01-02T00:00:00"), "epoch is 2026-01-01T00:00:00 in"),
        (
            varied(frame="EME2000", agents=[LABELLED["agents"][0] | {"x": 1.0}]),
            "must have Earth, the centre of the file, at rest in the origin",
        ),
    ],
)
def test_a_scenario_that_says_something_else_is_refused(base: Scenario, why: str) -> None:
    with pytest.raises(ScenarioError, match=why) as refusal:
        initial_scenario(opm(), "a.opm", base=base)
    assert str(refusal.value).startswith("a.opm can't start a run: ")


def test_an_epoch_of_the_file_may_be_chosen() -> None:
    chosen = initial_scenario(OEM.encode(), "a.oem", epoch="2026-01-01T00:02:00").scenario
    assert chosen.labels.epoch == "2026-01-01T00:02:00"
    assert coordinates(chosen, "PROBE")["x"] == 7002.0
