from __future__ import annotations

import math

import numpy as np
import pytest

from sim import NANO, Agent, NanoScenario, Propagation, Scenario, State, Trajectory, kernel
from sim.engine import initial_checkpoint, make_slice, pass_over
from sim.engine.checkpoint import system_of
from sim.engine.diagnostics import empty_tally
from sim.reference import iterations, simulate
from tests.nano_records import NUMBERS


def crowd(agents: int, massive: int) -> Scenario:
    """Agents on a spiral, with different first time steps."""
    return NanoScenario(
        tuple(
            Agent(
                f"Body {i}",
                0.1 / (1 + i) if i < massive else 0.0,
                State(
                    0.0,
                    0.01 + 0.001 * (i % 7),
                    (1 + i) * math.cos(i),
                    (1 + i) * math.sin(i),
                    0.1,
                    0.2,
                ),
            )
            for i in range(agents)
        ),
        0.01,
        0.05,
        0.001,
    )


def records_of(trajectory: Trajectory, steps: int) -> np.ndarray:
    batches = list(Propagation.open(trajectory, steps).slices())
    return np.concatenate(
        [
            np.column_stack(
                [batch["agent"].indices.to_numpy(), *(batch[name].to_numpy() for name in NUMBERS)]
            )
            for batch in batches
        ]
    )


@pytest.mark.parametrize(
    ("scenario", "steps"),
    [(NANO, 2_500), (crowd(1, 1), 2_500), (crowd(3, 2), 2_100), (crowd(40, 5), 450)],
    ids=["nano", "alone", "three", "forty"],
)
def test_records_equal_the_reference_where_the_kernel_pauses_to_write_them(
    scenario: Scenario, steps: int
) -> None:
    expected = [
        (r.agent, r.t0, r.t1, s.time_step, s.x, s.y, s.vx, s.vy)
        for r in simulate(scenario, 3, steps)
        for s in (r.state,)
    ]
    found = records_of(Trajectory(scenario, 3), steps)
    assert found.tobytes() == np.array(expected, np.float64).tobytes()


@pytest.mark.parametrize("scenario", [NANO, crowd(3, 2)], ids=["two", "three"])
def test_bins_and_samples_narrower_than_a_pause_equal_naive_ones(scenario: Scenario) -> None:
    steps, agents = 1_500, len(scenario.agents)
    system, start = system_of(Trajectory(scenario, 3)), initial_checkpoint(scenario)
    counts, ring, carry = start.resume()
    series, clocks = np.full((94, agents, 5, 2), np.nan), np.zeros((94, agents))
    path = np.empty((375, agents, 6))
    tally = empty_tally(agents)
    outcome = kernel.pass_over(
        system,
        counts,
        ring,
        carry,
        0,
        steps,
        4,
        series,
        clocks,
        2,
        path,
        tally,
        kernel.NO_POLYLINES,
    )
    assert outcome == (steps, kernel.OK, 0, 0)
    newest = list(scenario.initial_states)
    everything = iterations(scenario, 3)
    for i in range(steps):
        for record in next(everything):
            newest[record.agent] = record.state
            low, high = series[i >> 4, record.agent, 0]
            assert low <= record.state.x <= high
        if (i + 1) % 4 == 0:
            states = [list(state.to_json().values()) for state in newest]
            assert np.array_equal(path[i >> 2], states)
        if (i + 1) % 16 == 0 or i + 1 == steps:
            assert clocks[i >> 4].tolist() == [state.time for state in newest]


@pytest.mark.parametrize("agents", [2, 3])
@pytest.mark.parametrize("count", [1, 5, 3_000])
def test_where_epsilon_is_lost_in_the_clocks_nobody_steps(agents: int, count: int) -> None:
    scenario = crowd(agents, 1)
    start = initial_checkpoint(scenario)
    steps, ring, carry = start.resume()
    ring[:, 0, :2] = 1e17, 2e17
    values = np.empty((7, count * agents))
    outcome = kernel.emit(
        system_of(Trajectory(scenario)),
        steps,
        ring,
        carry,
        0,
        count,
        np.empty(count * agents, np.int16),
        values,
    )
    assert outcome == (0, kernel.STANDSTILL, 0, 0, 0)


def test_a_slice_never_writes_beyond_its_room() -> None:
    system, start = system_of(Trajectory()), initial_checkpoint(NANO)
    steps, ring, carry = start.resume()
    agents, values = np.full(4_000, -7, np.int16), np.full((7, 3_000), -7.0)
    *_, count = kernel.emit(system, steps, ring, carry, 0, 5_000, agents[:3_000], values)
    assert count <= 3_000
    assert (agents[3_000:] == -7).all()


def test_going_on_from_any_checkpoint_gives_the_bits_of_going_on_without() -> None:
    trajectory = Trajectory(crowd(3, 2), 5)
    start = initial_checkpoint(trajectory.scenario)
    whole = pass_over(trajectory, start, 2)
    again = pass_over(trajectory, whole.checkpoint(1), 1)
    assert again.tail == whole.tail
    assert make_slice(trajectory, whole.checkpoint(1), 65_536, whole.tail).num_rows == int(
        (whole.tail.steps - whole.checkpoint(1).steps).sum()
    )
