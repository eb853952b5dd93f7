"""States at times of agents that step together, compared with the reference bit for bit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import kernel
from sim.models.nbody.reference import states_at
from tests.unit.sim.models.nbody.passes import INTEGRATORS, Pass, points, same_bits

if TYPE_CHECKING:
    from sim.kernel import Floats
    from sim.models.nbody import NBodyScenario

STEPS: Final = 20
DT: Final = 0.07
PAIR: Final = ((1.0, 0, 0, 0, 0, 0, 0), (0.0, 1, 0.1, 0, 0, 0.9, 0.2))
TRIPLE: Final = (*PAIR[:1], (0.5, 2, 0, 0.1, 0, 0.7, 0), (0.25, -3, 0, 0, 0, -0.5, 0.1))
FOUR: Final = (*TRIPLE, (0.0, 0.3, 4.0, -0.5, 0.4, 0, 0))
SYSTEMS: Final = {"pair": PAIR, "triple": TRIPLE, "four": FOUR}


def stepped(start: Pass, times: Floats, count: int = STEPS) -> Floats:
    """The records at ascending times, of so many iterations from a place."""
    found = np.full((times.size, len(start.ring), 9), -7.0)
    _, reached, outcome = kernel.step_to(
        start.system, start.steps, start.ring, start.carry, start.done, count, times, found
    )
    assert (reached, outcome) == (times.size, kernel.OK)
    return found


def expected(scenario: NBodyScenario, times: Floats) -> Floats:
    rows = [
        [[record.t0, record.t1, *list(record.state.to_json().values())[1:]] for record in records]
        for records in (states_at(scenario, time) for time in times.tolist())
    ]
    return np.array(rows)


@settings(max_examples=20, deadline=None)
@given(
    name=st.sampled_from(sorted(SYSTEMS)),
    method=st.sampled_from([*((each, 1e-5) for each in INTEGRATORS), ("gauss-radau-15", 0.0)]),
    chunk=st.sampled_from([2, 4, 1024]),
    cut=st.integers(0, 5),
    among=st.lists(st.floats(0.0, 0.999) | st.integers(0, STEPS - 6), min_size=1, max_size=3),
)
def test_a_state_at_a_time_is_that_of_the_reference(
    name: str, method: tuple[str, float], chunk: int, cut: int, among: list[float]
) -> None:
    scenario = points(*SYSTEMS[name], integrator=method[0], dt=DT, tolerance=method[1])
    start = Pass.start(scenario)
    start.rows(cut, 3)
    start.system = start.system._replace(chunk=chunk)
    whole = Pass.start(scenario)
    clocks = np.concatenate([[0.0], whole.states(STEPS)[:, 0, 0]])
    first, last = clocks[cut], clocks[STEPS - 1]
    times = np.sort(
        [clocks[cut + n] if isinstance(n, int) else first + n * (last - first) for n in among]
    )
    times = times[times < clocks[STEPS]]
    assert same_bits(stepped(start, times, STEPS - cut), expected(scenario, times))


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_later_times_go_on_where_the_earlier_ones_ended(integrator: str) -> None:
    scenario = points(*TRIPLE, integrator=integrator, dt=DT)
    end = Pass.start(scenario).states(200)[-2, 0, 0]
    times = np.sort(np.random.default_rng(3).uniform(0.0, end, 300))
    at_once = Pass.start(scenario)
    at_once.system = at_once.system._replace(chunk=16)
    found = stepped(at_once, times, 200)
    in_parts = Pass.start(scenario)
    in_parts.system = in_parts.system._replace(chunk=16)
    parts = [
        stepped(in_parts, part, 200 - in_parts.done) for part in np.split(times, [1, 2, 150, 299])
    ]
    assert same_bits(found, np.concatenate(parts))
    assert in_parts.done > 100  # else it went on from the start


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_at_the_time_of_a_record_it_is_that_record(integrator: str) -> None:
    scenario = points(*FOUR, integrator=integrator, dt=DT)
    states = Pass.start(scenario).states(STEPS)
    times = states[:-1, 0, 0].copy()
    assert same_bits(stepped(Pass.start(scenario), times)[:, :, 1:], states[:-1])


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_the_sums_carries_count(integrator: str) -> None:
    scenario = points(*PAIR, integrator=integrator, dt=DT)
    kept, lost = Pass.start(scenario), Pass.start(scenario)
    for each in (kept, lost):
        each.rows(9, 4)
    lost.carry[: 6 * 2] = 0.0
    times = kept.time + np.linspace(1e-3, DT, 50)  # not every rounding shows it
    assert not same_bits(stepped(kept, times), stepped(lost, times))


def test_the_least_time_after_a_record_has_a_state() -> None:
    for integrator in INTEGRATORS:
        scenario = points(*PAIR, integrator=integrator, dt=DT)
        clocks = Pass.start(scenario).states(STEPS)[:-1, 0, 0]
        times = np.nextafter(clocks, math.inf)
        found = stepped(Pass.start(scenario), times)
        assert np.isfinite(found).all()
        assert same_bits(found, expected(scenario, times))


def test_where_no_step_leads_there_are_no_numbers() -> None:
    """Half a step of 1 ends in the other agent, and half a step of 4 far beyond it."""
    scenario = points((1, 0, 0, 0, 0, 0, 0), (0, 1, 0, 0, -2, 0, 0), dt=4.0)
    found = stepped(Pass.start(scenario), np.array([0.5, 1.0, 1.5]), 1)
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]][:, :, 1:]).all()
