from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.kernel import COLLISION as COLLIDED
from sim.kernel import DIVERGENCE as DIVERGED
from sim.kernel import OK
from sim.kernel import STANDSTILL as STOOD_STILL
from sim.models.nano.kernel import lane_system_of
from sim.scenario import NANO, Agent, NanoScenario, State
from tests.unit.sim.models.nano.kernel.blocks import (
    Member,
    advance_block,
    by_engine,
    by_reference,
    in_block,
    open_block,
)
from tests.unit.sim.scenarios import COLLISION, DIVERGENCE, SCENARIOS
from tests.unit.sim.strategies import members, scenarios, seeds

if TYPE_CHECKING:
    from collections.abc import Sequence

LAST = 2**53 - 1
CUTS = st.lists(st.integers(0, 16), min_size=1, max_size=12)


def orbiting(scenario: NanoScenario) -> list[int]:
    return [a for a, primary in enumerate(scenario.primaries) if primary is not None][:16]


def dispersed(scenario: NanoScenario, number: int) -> NanoScenario:
    """The scenario with the states of a member that starts a little elsewhere."""
    rng = np.random.default_rng(number)
    return scenario.with_coordinates(
        [
            [state.x, state.y, *(v + 0.01 * rng.normal() for v in (state.vx, state.vy))]
            for state in scenario.initial_states
        ]
    )


def in_lanes(
    scenario: NanoScenario, seed: int, numbers: Sequence[int], cuts: Sequence[int]
) -> list[Member]:
    """Each member after the cuts, by the lanes."""
    analysed = orbiting(scenario)
    system = lane_system_of(scenario, seed, analysed, ())
    block = open_block([dispersed(scenario, number) for number in numbers], numbers, analysed)
    advance_block(system, block, 0, cuts)
    return [in_block(block, m) for m in range(len(numbers))]


def by_itself(scenario: NanoScenario, seed: int, number: int, n: int) -> Member:
    return by_engine(dispersed(scenario, number), seed, number, orbiting(scenario), n)


# Minutes may pass until the lanes are compiled, where other work is under way.
pytestmark = pytest.mark.timeout(900)

PLANET, SATELLITE = NANO.agents
BINARY = replace(NANO, agents=(PLANET, replace(SATELLITE, mu=0.5)))
PAIRS = {
    "binary": BINARY,
    "each other's primary": replace(
        BINARY, agents=(replace(PLANET, primary="Satellite"), BINARY.agents[1])
    ),
    "repelling": replace(NANO, agents=(replace(PLANET, mu=-0.5), SATELLITE)),
    "massless primary": replace(
        NANO, agents=(replace(PLANET, primary="Satellite", mu=0.0), SATELLITE)
    ),
    "planet about its satellite": replace(
        NANO, agents=(replace(PLANET, primary="Satellite"), SATELLITE)
    ),
    "slow planet": replace(
        NANO, agents=(replace(PLANET, state=replace(PLANET.state, time_step=900.0)), SATELLITE)
    ),
    "signed zeros": replace(
        NANO, agents=(replace(PLANET, state=State(0.0, 0.01, -0.0, -0.0, -0.0, -0.0)), SATELLITE)
    ),
    "huge": replace(
        NANO,
        agents=(
            replace(PLANET, mu=1e300),
            replace(SATELLITE, state=State(0.0, 0.01, 1e140, 0.0, 0.0, 1e80)),
        ),
    ),
}


@pytest.mark.parametrize("name", [*SCENARIOS, *PAIRS])
def test_members_have_the_bits_of_their_own_runs(name: str) -> None:
    scenario = {**SCENARIOS, **PAIRS}[name]
    numbers = [0, 1, 2, LAST, *range(100, 109)]
    n = 5_000 if len(scenario.agents) < 20 else 300
    found = in_lanes(scenario, 3, numbers, [16] * (n // 16) + [n % 16])
    assert found == [by_itself(scenario, 3, number, n) for number in numbers]


@given(scenarios(), seeds, st.lists(members, min_size=1, max_size=6), CUTS)
def test_any_members_of_any_scenario_have_the_bits_of_their_own_runs(
    scenario: NanoScenario, seed: int, numbers: list[int], cuts: list[int]
) -> None:
    if sum(cuts) == 0:
        cuts = [1]
    found = in_lanes(scenario, seed, numbers, cuts)
    assert found == [by_itself(scenario, seed, number, sum(cuts)) for number in numbers]


@given(st.sampled_from([*PAIRS.values(), NANO]), seeds, st.lists(members, min_size=1, max_size=40))
@settings(max_examples=20)
def test_two_agents_have_the_bits_of_the_reference_in_plain_python(
    scenario: NanoScenario, seed: int, numbers: list[int]
) -> None:
    found = in_lanes(scenario, seed, numbers, [16] * 3)
    for number, member in zip(numbers, found, strict=True):
        expected = by_reference(dispersed(scenario, number), seed, number, orbiting(scenario), 48)
        assert member._replace(ring=None) == expected


@given(
    st.sampled_from([NANO, BINARY, *PAIRS.values(), *SCENARIOS.values()]),
    st.lists(CUTS, min_size=1, max_size=3),
)
@example(SCENARIOS["ten"], [[2], [1]])  # an agent that nobody reads waits after the second call
@settings(max_examples=20)
def test_members_go_on_from_where_a_block_was_left(
    scenario: NanoScenario, calls: list[list[int]]
) -> None:
    numbers, analysed, n = [5, 6, LAST], orbiting(scenario), 0
    system = lane_system_of(scenario, 1, analysed, ())
    block = open_block([dispersed(scenario, number) for number in numbers], numbers, analysed)
    for cuts in calls:
        advance_block(system, block, n, cuts)
        n += sum(cuts)
    if n:
        found = [in_block(block, m) for m in range(3)]
        assert found == [by_itself(scenario, 1, number, n) for number in numbers]


def test_a_group_of_any_size_gives_the_same_members() -> None:
    numbers = list(range(70))
    together = in_lanes(NANO, 0, numbers, [16] * 10)
    assert together == [in_lanes(NANO, 0, [number], [16] * 10)[0] for number in numbers]


def at(x: float, y: float, vx: float = 0.0, vy: float = 0.0, step: float = 0.1) -> State:
    return State(0.0, step, x, y, vx, vy)


ENDS = {
    "collision": (COLLISION, COLLIDED),
    "divergence": (DIVERGENCE, DIVERGED),
    "divergence of two": (
        NanoScenario(
            (Agent("Rock", 1.0, at(0.0, 0.0)), Agent("Runaway", 0.0, at(1e300, 0.0, 1e307, 0.0))),
            0.1,
            0.0,
            0.01,
        ),
        DIVERGED,
    ),
    "collision of two massive": (
        NanoScenario(
            (Agent("Rock", 1.0, at(0.0, 0.0)), Agent("Stone", 2.0, at(0.0, 1e-200))), 0.1, 0.0, 0.01
        ),
        COLLIDED,
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_member_ends_where_its_own_run_does_and_stops_no_other(name: str) -> None:
    scenario, outcome = ENDS[name]
    analysed = orbiting(scenario)
    others = scenario.with_coordinates(
        [[10.0 * a, 0.5, 0.0, 0.1] for a in range(len(scenario.agents))]
    )
    starts, numbers = [others, scenario, others, scenario], [0, 1, 2, 3]
    block = open_block(starts, numbers, analysed)
    system = lane_system_of(scenario, 0, analysed, ())
    advance_block(system, block, 0, [16] * 200)
    advance_block(system, block, 3_200, [16, 5])  # those that have ended stay as they are
    found = [in_block(block, m) for m in numbers]
    assert [member.outcome for member in found] == [OK, outcome, OK, outcome]
    assert found == [by_engine(start, 0, m, analysed, 3_221) for m, start in enumerate(starts)]


@pytest.mark.parametrize(
    "scenario", [NANO, BINARY, SCENARIOS["three"]], ids=["nano", "binary", "three"]
)
def test_clocks_that_stand_still_end_a_member(scenario: NanoScenario) -> None:
    analysed = orbiting(scenario)
    block = open_block([scenario] * 3, [0, 1, 2], analysed)
    block.ring[:, 0, 1, 1] = 2.0**53 * scenario.epsilon * 4  # there, epsilon is lost in rounding
    system = lane_system_of(scenario, 0, analysed, ())
    advance_block(system, block, 0, [3, 16, 16])
    assert block.outcome.tolist() == [OK, STOOD_STILL, OK]
    assert block.good.tolist() == [35, 0, 35]
    assert in_block(block, 2) == by_engine(scenario, 0, 2, analysed, 35)
