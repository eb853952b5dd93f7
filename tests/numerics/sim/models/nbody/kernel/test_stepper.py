from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.errors import FailureReason, PropagationFailed
from sim.kernel.layout import COLLISION, DIVERGENCE, OK, READ, STANDSTILL, VX, VY, VZ, X, Y, Z
from sim.models.model import BARYCENTRE
from tests.unit.sim.models.nbody.passes import INTEGRATORS, Pass, expected, points, same_bits

if TYPE_CHECKING:
    from sim.models.nbody.scenario import NBodyScenario

REASONS = {
    FailureReason.COLLISION: COLLISION,
    FailureReason.DIVERGENCE: DIVERGENCE,
    FailureReason.STANDSTILL: STANDSTILL,
}
_numbers = st.floats(-4.0, 4.0)
_mus = st.sampled_from([0.0, 0.0, 1.0, -0.5]) | st.floats(-1.0, 1.0)


@st.composite
def scenarios(draw: st.DrawFn, least: int = 1, most: int = 12) -> NBodyScenario:
    """Points of any sign and number in distinct places, moved by any method."""
    count = draw(st.integers(least, most))
    places = draw(st.lists(st.tuples(*[_numbers] * 3), min_size=count, max_size=count, unique=True))
    agents = [(draw(_mus), *place, *(draw(_numbers) * 0.1 for _ in range(3))) for place in places]
    integrator = draw(st.sampled_from(INTEGRATORS))
    tolerance = draw(st.sampled_from([0.0, 1e-5, 1e-9])) if integrator == INTEGRATORS[2] else 1e-5
    dt = draw(st.floats(1e-3, 0.5))
    return points(*agents, integrator=integrator, dt=dt, tolerance=tolerance)


def check_against_reference(scenario: NBodyScenario, cuts: list[int], chunk: int) -> None:
    """Compare bits, and what ends the trajectory, with the reference's."""
    total, states, going = sum(cuts), [], Pass.start(scenario)
    for cut in cuts:
        states.append(going.states(cut, chunk))
        if going.outcome != OK:
            break
    good = sum(map(len, states))
    assert same_bits(np.concatenate(states), expected(scenario, good))
    if going.outcome != OK:
        with pytest.raises(PropagationFailed) as raised:
            expected(scenario, total)
        failure = raised.value.failure
        named = [scenario.names[a] for a in going.agents]
        assert failure.iteration == good
        assert REASONS[failure.reason] == going.outcome
        if going.outcome == COLLISION:
            assert failure.agents == tuple(named)
        elif going.outcome == DIVERGENCE:
            assert failure.agents == (named[0],)
        else:
            assert failure.agents == scenario.names
    else:
        assert good == total


@settings(deadline=None, max_examples=150)
@given(scenarios(), st.lists(st.integers(1, 9), min_size=1, max_size=3), st.integers(1, 8))
def test_any_cut_has_the_bits_of_the_reference(
    scenario: NBodyScenario, cuts: list[int], chunk: int
) -> None:
    check_against_reference(scenario, cuts, chunk)


@settings(deadline=None, max_examples=60)
@given(scenarios(least=2, most=3), st.integers(1, 8))
@example(points((1.0, 0, 0, 0, 0, 0, 0), (0.0, 0, 0.9, 0, 0.9, 0, 0)), 3)
def test_few_agents_which_stay_in_registers_have_the_bits_of_the_reference(
    scenario: NBodyScenario, chunk: int
) -> None:
    check_against_reference(scenario, [10, 15], chunk)


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("massive", [0, 1, 3, 20])
def test_several_blocks_of_agents_have_the_bits_of_the_reference(
    integrator: str, massive: int
) -> None:
    random = np.random.default_rng(massive)
    agents = [(0.05 * (i < massive), *random.normal(size=6)) for i in range(20)]
    check_against_reference(points(*agents, integrator=integrator), [3, 4], 2)


NEAR = (1.0, 1e-120, 0, 0, 0, 0, 0)  # so near that r**3 is 0
ORIGIN = (0.0, 0, 0, 0, 0, 0, 0)
FAR = (1.0, 9, 9, 9, 0, 0, 0)


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize(
    "agents",
    [
        (ORIGIN, NEAR),
        (NEAR, ORIGIN),
        (FAR, ORIGIN, NEAR),
        (FAR, (1.0, *ORIGIN[1:]), NEAR),
        ((1.0, *ORIGIN[1:]), FAR, NEAR),
        ((1.0, *ORIGIN[1:]), NEAR, FAR),
        (*[(0.0, i, 1, 0, 0, 0, 0) for i in range(9)], NEAR, ORIGIN),
    ],
)
def test_a_collision_names_the_same_agents(
    integrator: str, agents: tuple[tuple[float, ...], ...]
) -> None:
    check_against_reference(points(*agents, integrator=integrator), [3], 2)


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("others", [1, 2, 9])
@pytest.mark.parametrize("chunk", [1, 4, 8])
def test_a_divergence_is_found_in_its_iteration(integrator: str, others: int, chunk: int) -> None:
    rest = [(0.0, i, 0, 0, 0, 0, 0) for i in range(others)]
    runaway = (0.0, 1.6e308, 0, 0, 1e307, 0, 0)
    check_against_reference(points(*rest, runaway, integrator=integrator, dt=1.0), [5, 5], chunk)


def test_a_step_that_does_not_move_the_time_is_found_in_its_iteration() -> None:
    star, probe = (1.0, 0, 0, 0, 0, 0, 0), (0.0, 1, 0, 0, 0, 0, 0)
    check_against_reference(points(star, probe, integrator="gauss-radau-15"), [3000], 16)


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_a_barycentre_has_rows_behind_the_agents(integrator: str) -> None:
    agents = [(1.0, 1, 0, 0, 0, 0.5, 0.1), (2.0, -1, 0, 0.5, 0, -0.5, 0), (0.5, 0, 3, 0, 0.4, 0, 0)]
    scenario = points(*agents, integrator=integrator, primary=BARYCENTRE)
    going = Pass.start(scenario)
    assert going.system.primary.tolist() == [3, 4, 5]
    assert going.system.gravity.tolist() == [3.5, 3.5, 3.5]
    rows = np.concatenate([going.rows(5, 4), going.rows(4, 4)])
    for row in rows:
        for a in range(3):
            others = [b for b in range(3) if b != a]
            mass = math.fsum(agents[b][0] for b in others)
            for column in (X, Y, Z, VX, VY, VZ):
                moment = 0.0
                for b in others:
                    moment += agents[b][0] * row[b, column]
                assert row[3 + a, column] == moment / mass
            assert row[3 + a, :2].tolist() == row[a, :2].tolist()


def test_a_row_says_that_its_primary_was_read_in_the_row_above() -> None:
    going = Pass.start(points((1.0, 0, 0, 0, 0, 0, 0), (0.0, 0, 1, 0, 1, 0, 0)))
    assert going.rows(10, 5)[:, :, READ].tolist() == [[3.0 + i % 5] * 2 for i in range(10)]
