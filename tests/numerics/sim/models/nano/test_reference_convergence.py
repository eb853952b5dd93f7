"""Claims about what nano is as a method, judged by scipy: first order, and the drift that it has.

docs/models.md names the scenarios and says what follows. The judge, DOP853, integrates the same
bodies without clocks: E. Hairer, S. P. Norsett, G. Wanner, "Solving Ordinary Differential Equations
I", 2nd edition, Springer 1993, section II.10.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sim import NANO, Agent, NanoScenario, Propagation, State, Trajectory

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS: Final = range(3, 7)  # steps of an eighth down to a 64th of the scenario's own
MEMBERS: Final = 64  # their root mean square: the errors of a single member scatter by half
T_END: Final = 6.0  # beyond every clock of these


def body(name: str, mu: float, x: float, y: float, vx: float, vy: float) -> Agent:
    return Agent(name, mu, State(0.0, 0.01, x, y, vx, vy))


def equal_steps(scenario: NanoScenario, step: float) -> NanoScenario:
    """The scenario with steps of one length for all agents, who then step together."""
    agents = tuple(
        replace(agent, state=replace(agent.state, time_step=step)) for agent in scenario.agents
    )
    return replace(scenario, agents=agents, dt_min=step, dt_span=0.0)


BINARY: Final = NanoScenario(
    (body("A", 0.5, -0.5, 0.0, 0.0, -0.5), body("B", 0.5, 0.5, 0.0, 0.0, 0.5)), 0.01, 0.09, 0.001
)
MOON: Final = NanoScenario(
    (
        body("Planet", 1.0, 0.0, 0.0, 0.0, 0.0),
        body("Moon", 0.05, 2.0, 0.0, 0.0, math.sqrt(1.05 / 2.0)),
        body("Probe", 0.0, 0.0, 1.0, -1.0, 0.0),
    ),
    0.01,
    0.03,
    0.001,
)


def finer(scenario: NanoScenario, halvings: int) -> NanoScenario:
    """The same bodies with steps, and a delay of the reads, that are halved so often."""
    part = 0.5**halvings
    agents = tuple(
        replace(agent, state=replace(agent.state, time_step=agent.state.time_step * part))
        for agent in scenario.agents
    )
    return replace(
        scenario,
        agents=agents,
        dt_min=scenario.dt_min * part,
        dt_span=scenario.dt_span * part,
        epsilon=scenario.epsilon * part,
    )


def judge(scenario: NanoScenario) -> Callable[[float], Any]:
    """The positions at a time, float64[M, 2], of Newton's problem for these bodies."""
    mu = np.array([agent.mu for agent in scenario.agents])
    states = [agent.state for agent in scenario.agents]
    start = [[state.x, state.y] for state in states] + [[state.vx, state.vy] for state in states]

    def slope(_t: float, y: Any) -> Any:  # noqa: ANN401 - scipy's arrays
        positions, velocities = y.reshape(2, len(mu), 2)
        apart = positions[None] - positions[:, None]
        distances = np.hypot(apart[..., 0], apart[..., 1])
        np.fill_diagonal(distances, 1.0)
        pulls = (mu[None, :] / distances**3)[..., None] * apart
        return np.concatenate([velocities, pulls.sum(axis=1)]).ravel()

    found = solve_ivp(
        slope, (0.0, T_END), np.ravel(start), "DOP853", rtol=1e-12, atol=1e-13, dense_output=True
    )
    return lambda t: found.sol(t).reshape(2, len(mu), 2)[0]


def error(scenario: NanoScenario, steps: int, members: int, exact: Callable[[float], Any]) -> float:
    """How far the agents are from where the judge has them at their own clocks: over members."""
    squares = 0.0
    for member in range(members):
        end = Propagation.open(Trajectory(scenario, member=member), steps).end
        for number, agent in enumerate(scenario.agents):
            state = end[agent.name]
            x, y = exact(state.time)[number]
            squares += (state.x - x) ** 2 + (state.y - y) ** 2
    return math.sqrt(squares / members)


def test_the_judge_moves_a_circular_binary_in_its_circle() -> None:
    for t in (1.0, 2.5, T_END):
        first, second = judge(BINARY)(t)
        assert second == pytest.approx([0.5 * math.cos(t), 0.5 * math.sin(t)], abs=1e-10)
        assert first == pytest.approx(-second, abs=1e-10)


@pytest.mark.parametrize(
    ("scenario", "steps", "members"),
    [
        pytest.param(NANO, 50, MEMBERS, id="the default, with random steps"),
        pytest.param(equal_steps(BINARY, 0.01), 500, 1, id="a circular binary, with equal steps"),
        pytest.param(MOON, 150, MEMBERS, id="a moon and a probe, with random steps"),
    ],
)
def test_nano_converges_at_first_order(scenario: NanoScenario, steps: int, members: int) -> None:
    exact = judge(scenario)
    errors = [
        error(finer(scenario, halvings), steps << halvings, members, exact) for halvings in LEVELS
    ]
    orders = np.log2(errors[:-1]) - np.log2(errors[1:])
    assert orders.min() >= 0.95, orders
    assert orders.max() <= 1.05, orders


def test_with_equal_steps_the_energy_swings_and_does_not_drift() -> None:
    orbit = Propagation.open(Trajectory(equal_steps(NANO, 0.055)), 500_000)
    satellite: Any = orbit.statistics()["Satellite"]
    assert satellite["unbound_from"] is None
    assert -0.73 < satellite["e"]["min"] < satellite["e"]["max"] < -0.67
    assert satellite["h"]["max"] - satellite["h"]["min"] < 1e-9
    end = Propagation.open(Trajectory(equal_steps(BINARY, 0.055)), 100_000).end
    assert end["A"].vx + end["B"].vx == pytest.approx(0.0, abs=1e-12)
    assert end["A"].vy + end["B"].vy == pytest.approx(0.0, abs=1e-12)


def test_an_escape_comes_later_with_shorter_steps_since_it_is_numerical() -> None:
    def escaped(scenario: NanoScenario, steps: int) -> int:
        runs = (Propagation.open(Trajectory(scenario, member=m), steps) for m in range(8))
        statistics: list[Any] = [run.statistics()["Satellite"] for run in runs]
        return sum(one["unbound_from"] is not None for one in statistics)

    assert escaped(NANO, 400_000) == 8
    assert escaped(finer(NANO, 1), 800_000) <= 4  # until the same time


def test_a_binary_with_random_steps_flies_apart_within_a_few_orbits() -> None:
    def apart(scenario: NanoScenario, member: int) -> float:
        end = Propagation.open(Trajectory(scenario, member=member), 2_000).end  # 14 orbits
        return math.hypot(end["A"].x - end["B"].x, end["A"].y - end["B"].y)

    assert min(apart(BINARY, member) for member in range(16)) > 10.0
    assert apart(equal_steps(BINARY, 0.055), 0) < 1.1
