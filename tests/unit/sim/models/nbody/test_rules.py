"""Claims about what no scenario of nbody may be: each is refused with the place, in a sentence."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.models.agent_rules import MAX_AGENTS
from sim.models.nbody import NBodyAgent, NBodyScenario, State3
from sim.models.nbody.rules import total
from tests.unit.sim.models.nbody.test_scenario import PAIR
from tests.unit.sim.strategies import jsonlike

PRIMARY = "must be the name of another agent, or barycentre."


def pair_with(path: str, value: object) -> dict[str, Any]:
    """The pair with one value replaced, or removed by `...`."""
    document = copy.deepcopy(PAIR) | {"integrator": "gauss-radau-15", "tolerance": 1e-9}
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = document
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("integrator", "euler", "integrator must be leapfrog, kahan-li-8 or gauss-radau-15."),
        ("integrator", None, "integrator must be leapfrog, kahan-li-8 or gauss-radau-15."),
        ("integrator", ["leapfrog"], "integrator must be leapfrog, kahan-li-8 or gauss-radau-15."),
        ("integrator", ..., "scenario lacks integrator."),
        ("dt", 0, "dt must be above 0."),
        ("dt", -0.0, "dt must be above 0."),
        ("dt", -1e-3, "dt must be above 0."),
        ("dt", math.nan, "dt must be a finite number."),
        ("dt", math.inf, "dt must be a finite number."),
        ("dt", "0.1", "dt must be a number."),
        ("dt", True, "dt must be a number."),
        ("dt", ..., "scenario lacks dt."),
        ("tolerance", 0.9e-12, "tolerance must be from 1e-12 to 1e-2, or 0 to keep dt."),
        ("tolerance", 0.011, "tolerance must be from 1e-12 to 1e-2, or 0 to keep dt."),
        ("tolerance", -1e-5, "tolerance must be from 1e-12 to 1e-2, or 0 to keep dt."),
        ("tolerance", math.nan, "tolerance must be a finite number."),
        ("units", {"length": "km"}, "units lacks time."),
        ("units", {"length": "mile", "time": "s"}, "units.length must be 'km', 'm', 'au' or '1'."),
        ("units", {"length": "km", "time": 1}, "units.time must be 's', 'd', 'yr' or '1'."),
        ("units", "km", "units must be an object."),
        (
            "epsilon",
            0.001,
            (
                "scenario has the unknown field 'epsilon'; known are: agents, center, dt, "
                "epoch, frame, integrator, model, time_scale, tolerance, units."
            ),
        ),
        ("agents", [], "agents must be 1 to 1000, not 0."),
        ("agents", {}, "agents must be a list of agents."),
        ("agents.1.x", ..., "agents[1] lacks x."),
        ("agents.1.vy", ..., "agents[1] lacks vy."),
        ("agents.1.z", "up", "agents[1].z must be a number."),
        ("agents.1.vz", math.inf, "agents[1].vz must be a finite number."),
        (
            "agents.1.timeStep",
            0.01,
            (
                "agents[1] has the unknown field 'timeStep'; known are: mu, "
                "name, orbit, primary, vx, vy, vz, x, y, z."
            ),
        ),
        ("agents.1.mu", "heavy", "agents[1].mu must be a number."),
        ("agents.1.name", "Planet", "agents[1].name is the same as that of agents[0]."),
        (
            "agents.1.name",
            "__proto__",
            ("agents[1].name can't be __proto__, which JavaScript keeps for itself."),
        ),
        (
            "agents.1.name",
            "barycentre",
            ("agents[1].name can't be barycentre, which as a primary is that of all other agents."),
        ),
        ("agents.1.primary", "Moon", f"agents[1].primary {PRIMARY}"),
        ("agents.1.primary", "Satellite", f"agents[1].primary {PRIMARY}"),
        (
            "agents.0.primary",
            "barycentre",
            (
                "agents[0].primary can't be the barycentre: the mu of "
                "all other agents add up to 0.0."
            ),
        ),
        (
            "agents.1.y",
            0.1,
            (
                "agents[1] is where agents[0] is, and one of them has mass: move it to "
                "another place."
            ),
        ),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_a_scenario_that_breaks_a_rule_is_refused_with_a_sentence(
    path: str, value: object, sentence: str
) -> None:
    with pytest.raises(ScenarioError) as error:
        NBodyScenario.from_json(pair_with(path, value))
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("dt", 5e-324),
        ("tolerance", 1e-12),
        ("tolerance", 1e-2),
        ("tolerance", 0),
        ("tolerance", None),
        ("units", None),
        ("agents.0.mu", -1),
        ("agents.1.z", 1e308),
        ("agents.1.primary", "barycentre"),
        ("agents.0.primary", "Satellite"),
    ],
)
def test_a_scenario_at_the_edge_of_a_rule_is_valid(path: str, value: object) -> None:
    NBodyScenario.from_json(pair_with(path, value))


PATHS = [
    "agents", "agents.0", "dt", "integrator", "tolerance", "units", "surprise", "agents.1.orbit",
    *(f"agents.1.{field}" for field in ("name", "mu", "x", "vz", "primary")),
]  # fmt: skip


@given(st.sampled_from(PATHS), jsonlike())
def test_a_scenario_with_one_wrong_value_is_valid_or_a_scenario_error(
    path: str, value: object
) -> None:
    try:
        scenario = NBodyScenario.from_json(pair_with(path, value))
    except ScenarioError:
        return
    assert NBodyScenario.from_json(json.loads(scenario.canonical)) == scenario


def points(*places: tuple[float, float]) -> tuple[NBodyAgent, ...]:
    """Agents at x with a mu, at rest."""
    return tuple(
        NBodyAgent(f"{i}", mu, State3(x, 0.0, 0.0, 0.0, 0.0, 0.0))
        for i, (x, mu) in enumerate(places)
    )


def test_massless_agents_may_be_in_one_place_but_not_where_one_with_mass_is() -> None:
    NBodyScenario(points((1, 0), (1, 0), (2, 1)), "leapfrog", 0.1)
    for meeting in [((1, 0), (1, 1)), ((1, 1), (1, 0)), ((0, 1), (-0.0, -1)), ((1, 1), (1, 1))]:
        with pytest.raises(ScenarioError, match=r"^agents\[3\] is where agents\[2\] is"):
            NBodyScenario(points((5, 0), (5, 0), *meeting), "leapfrog", 0.1)


def test_a_scenario_has_at_most_a_thousand_agents() -> None:
    agents = points(*((float(i), 1.0) for i in range(MAX_AGENTS + 1)))
    assert len(NBodyScenario(agents[:-1], "leapfrog", 0.1).agents) == MAX_AGENTS
    with pytest.raises(ScenarioError, match=r"^agents must be 1 to 1000, not 1001\.$"):
        NBodyScenario(agents, "leapfrog", 0.1)


def test_masses_that_add_up_to_no_number_have_no_barycentre() -> None:
    light, *heavy = points((0, 1), (1, 1e308), (2, 1e308))
    around = NBodyAgent(light.name, light.mu, light.state, "barycentre")
    with pytest.raises(ScenarioError, match=r"^agents\[0\]\.primary .* add up to inf\.$"):
        NBodyScenario((around, *heavy), "leapfrog", 0.1)


def test_a_total_is_rounded_after_each_term() -> None:
    assert total([1.0, 1e100, 1.0, -1e100]) == 0.0
    assert total([]) == 0.0
