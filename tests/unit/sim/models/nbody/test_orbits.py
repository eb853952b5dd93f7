"""Claims about orbits in place of states: about their primaries, once, in any order."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from sim.errors import ScenarioError
from sim.models.nbody import NBodyScenario
from sim.orbit import Elements, state_of

SUN = {"name": "Sun", "mu": 100, "x": 1, "y": 2, "z": 3, "vx": 0.1, "vy": 0.2, "vz": 0.3}
ELEMENTS = {"a": 5, "e": 0.1, "i": 10, "node": 20, "argp": 30, "anomaly": 40}
PLANET = {"name": "Planet", "mu": 1, "orbit": ELEMENTS}
MOON = {"name": "Moon", "mu": 0.5, "primary": "Planet", "orbit": {**ELEMENTS, "a": 0.25}}


def read(*agents: dict[str, Any]) -> NBodyScenario:
    return NBodyScenario.from_json(
        {"model": "nbody", "integrator": "leapfrog", "dt": 0.01, "agents": list(agents)}
    )


def test_a_state_is_that_of_the_primary_and_the_orbit_about_both_masses() -> None:
    sun, planet = read(SUN, PLANET).agents
    relative = state_of(Elements(**ELEMENTS), 101.0)
    expected = [
        of_sun + offset
        for of_sun, offset in zip(sun.state.to_json().values(), relative, strict=True)
    ]
    assert list(planet.state.to_json().values()) == expected


def test_the_order_of_the_agents_changes_no_bit() -> None:
    wanted = {agent.name: agent.state for agent in read(SUN, PLANET, MOON).agents}
    for order in itertools.permutations([SUN, PLANET, MOON]):
        assert {agent.name: agent.state for agent in read(*order).agents} == wanted


def test_the_canonical_form_has_states_alone_and_reads_back() -> None:
    scenario = read(SUN, PLANET, MOON)
    assert "orbit" not in scenario.canonical
    assert NBodyScenario.from_json(scenario.to_json()) == scenario


def test_a_thousand_agents_each_about_the_one_before_are_placed() -> None:
    chain = [SUN] + [
        {"name": str(i), "mu": 0, "primary": str(i - 1) if i else "Sun", "orbit": ELEMENTS}
        for i in range(999)
    ]
    with pytest.raises(ScenarioError, match=r"^agents\[2\]\.orbit needs a primary whose mu"):
        read(*chain)
    massive = [{**agent, "mu": 1} for agent in reversed(chain)]
    assert len(read(*massive).agents) == 1_000


def planet_on(**elements: object) -> dict[str, Any]:
    return {**PLANET, "orbit": {**ELEMENTS, **elements}}


@pytest.mark.parametrize(
    ("agents", "sentence"),
    [
        (
            [SUN, {**PLANET, "primary": "Moon"}, MOON],
            r"agents\[1\]\.orbit of Planet is about itself",
        ),
        (
            [{**PLANET, "primary": "barycentre"}, SUN],
            r"agents\[0\]\.orbit can't be about the barycentre",
        ),
        ([PLANET], r"agents\[0\]\.orbit has nothing to be about"),
        (
            [{**SUN, "mu": 0}, {**PLANET, "mu": 0, "primary": "Sun"}],
            r"agents\[1\]\.orbit needs a primary whose mu",
        ),
        ([SUN, planet_on(e=1)], r"agents\[1\]\.orbit\.e can't be 1"),
        ([SUN, planet_on(e=1.5)], r"agents\[1\]\.orbit\.a must be below 0"),
        ([SUN, planet_on(a="1")], r"agents\[1\]\.orbit\.a must be a number"),
        ([SUN, planet_on(node=math.nan)], r"agents\[1\]\.orbit\.node must be a finite number"),
        ([{**SUN, "x": "far"}, PLANET], r"agents\[0\]\.x must be a number"),
        ([SUN, PLANET, {**MOON, "primary": "Venus"}], r"agents\[2\]\.primary must be the name"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_orbit_that_is_none_is_refused_with_its_path(
    agents: list[dict[str, Any]], sentence: str
) -> None:
    with pytest.raises(ScenarioError, match=f"^{sentence}"):
        read(*agents)
