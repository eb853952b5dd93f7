from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim import NANO, NanoScenario, Trajectory
from sim.engine import Checkpoint, initial_checkpoint, make_slice, pass_over
from sim.engine.checkpoint import checkpoint_at, system_of
from tests.unit.sim.scenarios import THREE


def test_the_start_is_the_initial_states_over_a_range_without_a_beginning() -> None:
    start = initial_checkpoint(THREE)
    assert (start.iteration, start.steps.tolist()) == (0, [0, 0, 0])
    assert start.records[:, 0, 0].tolist() == [-math.inf] * 3
    assert start.states(THREE) == {agent.name: agent.state for agent in THREE.agents}
    assert start.clocks.tolist() == [0.0] * 3


def test_checkpoints_are_equal_if_they_have_the_same_bits() -> None:
    start = initial_checkpoint(NANO)
    again = initial_checkpoint(NANO)
    assert start == again
    assert hash(start) == hash(again)
    signed = np.where(start.records == 0.0, -0.0, start.records)
    others: list[object] = [
        Checkpoint(1, start.steps, start.records, start.carry),
        Checkpoint(0, start.steps + 1, start.records, start.carry),
        Checkpoint(0, start.steps, signed, start.carry),
        Checkpoint(0, start.steps, start.records, np.zeros(1)),
        start.to_bytes(),
    ]
    assert all(other != start for other in others)


def test_records_that_no_agent_can_read_are_zero() -> None:
    # Nobody reads the satellite, so of its three records the newest is enough.
    full = np.arange(1.0, 43.0).reshape(2, 3, 7)
    checkpoint = checkpoint_at(NANO, 5, np.array([3, 3]), full, np.empty(0))
    assert NANO.read_by_others == (0,)
    assert np.array_equal(checkpoint.records[0], full[0])
    assert np.array_equal(checkpoint.records[1, 0], full[1, 0])
    assert not checkpoint.records[1, 1:].any()


def test_what_a_kernel_goes_on_with_is_a_copy() -> None:
    start = initial_checkpoint(NANO)
    steps, ring, _ = start.resume()
    steps += 1
    ring += 1.0
    assert start == initial_checkpoint(NANO)


def test_a_checkpoint_is_reached_with_the_same_bits_by_records_and_by_a_pass() -> None:
    trajectory = Trajectory(THREE, 3)
    start = initial_checkpoint(THREE)
    end = pass_over(trajectory, start, 1).tail
    assert end.iteration == trajectory.interval
    assert make_slice(trajectory, start, trajectory.interval, end).num_rows == end.steps.sum()


@pytest.mark.parametrize(("scenario", "primary"), [(NANO, [-1, 0]), (THREE, [1, -1, 0])])
def test_the_system_has_the_scenarios_numbers(scenario: NanoScenario, primary: list[int]) -> None:
    system: Any = system_of(Trajectory(scenario, 7))
    assert system.mu.tolist() == [agent.mu for agent in scenario.agents]
    assert system.massive.tolist() == list(scenario.massive)
    assert system.primary.tolist() == primary
    pace = (scenario.dt_min, scenario.dt_span, scenario.epsilon)
    assert tuple(system.parameters) == (*pace, 7, 0)
    assert system.chunk.bit_count() == 1


def test_a_signed_zero_in_the_initial_state_is_kept() -> None:
    planet, satellite = NANO.agents
    signed = replace(planet, state=replace(planet.state, x=-0.0))
    start = initial_checkpoint(replace(NANO, agents=(signed, satellite)))
    assert start != initial_checkpoint(NANO)
    assert start.states(NANO)["Planet"] == signed.state
