from __future__ import annotations

import hashlib
import math
import struct
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import FailureReason, PropagationFailed
from sim.reference import Record, initial_records, iterations, simulate
from sim.scenario import NANO, Agent, NanoScenario, State
from tests.unit.sim.strategies import scenarios, seeds


def scenario_of(*agents: Agent, dt_min: float = 0.01, dt_span: float = 0.09) -> NanoScenario:
    return NanoScenario(agents, dt_min, dt_span, 0.001)


def body(name: str, mu: float, x: float, *, vx: float = 0.0, time_step: float = 0.01) -> Agent:
    return Agent(name, mu, State(0.0, time_step, x, 0.0, vx, 0.0))


def of_agent(records: list[Record], agent: int) -> list[Record]:
    return [record for record in records if record.agent == agent]


def test_it_starts_with_everybody_before_time_zero() -> None:
    assert initial_records(NANO) == [
        Record(a, -math.inf, 0.0, agent.state) for a, agent in enumerate(NANO.agents)
    ]
    assert simulate(NANO, 0, 0) == initial_records(NANO)


def test_the_first_step_is_the_one_that_is_computed_by_hand() -> None:
    planet, satellite = simulate(NANO, 0, 1)[2:]
    dy = 0.1 - 1.0
    vy = (1.0 * dy / (dy * dy * math.sqrt(dy * dy))) * 0.01
    u = np.random.Generator(np.random.Philox(key=np.array([0, 1], dtype=np.uint64))).random()
    assert satellite == Record(
        1, 0.0, 0.01, State(0.01, 0.01 + float(u) * 0.09, 0.01, 1.0 + vy * 0.01, 1.0, vy)
    )
    assert (planet.state.x, planet.state.y, planet.state.vx) == (0.1 * 0.01, 0.1, 0.1)


def test_500_iterations_give_about_790_records_as_the_original_did() -> None:
    counts = [len(simulate(NANO, seed, 500)) - 2 for seed in range(10)]
    assert sum(counts) / len(counts) == pytest.approx(790, rel=0.02)


@pytest.mark.parametrize(
    ("seed", "member", "steps", "digest"),
    [
        (0, 0, 500, "83939039536e24b1"),
        (2**53 - 1, 0, 500, "ed3bdc552046f010"),
        (0, 1, 500, "26ec3d32968133f1"),
        (7, 2**53 - 1, 500, "2ca3a1f40f56f4aa"),
    ],
)
def test_the_bits_are_the_same_on_every_machine(
    seed: int, member: int, steps: int, digest: str
) -> None:
    records = simulate(NANO, seed, steps, member)
    numbers = [(r.agent, r.t0, r.t1, *r.state.to_json().values()) for r in records]
    packed = b"".join(struct.pack("<q8d", *row) for row in numbers)
    assert hashlib.sha256(packed).hexdigest()[:16] == digest


@given(scenarios(), seeds, st.integers(0, 30), st.integers(0, 30))
@settings(deadline=None)
def test_a_run_is_the_beginning_of_every_longer_one(
    scenario: NanoScenario, seed: int, steps: int, more: int
) -> None:
    try:
        longer = simulate(scenario, seed, steps + more)
    except PropagationFailed as error:
        steps = min(steps, error.failure.iteration)
        longer = simulate(scenario, seed, error.failure.iteration)
    shorter = simulate(scenario, seed, steps)
    assert longer[: len(shorter)] == shorter


@given(scenarios(), seeds)
@settings(deadline=None)
def test_an_agents_records_follow_one_another_without_a_gap(
    scenario: NanoScenario, seed: int
) -> None:
    try:
        records = simulate(scenario, seed, 40)
    except PropagationFailed as error:
        records = simulate(scenario, seed, error.failure.iteration)
    for a in range(len(scenario.agents)):
        own = of_agent(records, a)
        assert [record.t0 for record in own[1:]] == [record.t1 for record in own[:-1]]
        assert all(record.t0 < record.t1 == record.state.time for record in own)


@given(scenarios(), seeds)
@settings(deadline=None)
def test_time_steps_are_the_agents_own_random_numbers(scenario: NanoScenario, seed: int) -> None:
    try:
        records = simulate(scenario, seed, 40)
    except PropagationFailed as error:
        records = simulate(scenario, seed, error.failure.iteration)
    for a in range(len(scenario.agents)):
        steps = [record.state.time_step for record in of_agent(records, a)[1:]]
        key = np.array([seed, a], dtype=np.uint64)
        drawn = np.random.Generator(np.random.Philox(key=key)).random(len(steps))
        assert steps == [scenario.dt_min + float(u) * scenario.dt_span for u in drawn]


@given(scenarios(), seeds)
@settings(deadline=None)
def test_an_agent_waits_exactly_while_it_would_read_beyond_a_clock(
    scenario: NanoScenario, seed: int
) -> None:
    clocks = [0.0] * len(scenario.agents)
    try:
        for records in islice(iterations(scenario, seed), 40):
            stepped = iter(records)
            record = next(stepped, None)
            for a, t in enumerate(clocks):
                others = [clock for b, clock in enumerate(clocks) if b != a]
                waits = any(t - scenario.epsilon >= clock for clock in others)
                assert waits == (record is None or record.agent != a)
                if record is not None and not waits:
                    clocks[a] = record.t1
                    record = next(stepped, None)
    except PropagationFailed as error:
        assert error.failure.reason is not FailureReason.STANDSTILL  # noqa: PT017 - how it ends


def test_others_are_read_where_they_are_at_the_end_of_their_record() -> None:
    a, b = body("A", 0.0, 0.0, time_step=0.05), body("B", 1.0, 1.0, vx=1.0, time_step=0.05)
    records = simulate(scenario_of(a, b, dt_min=0.05, dt_span=0.0), 0, 2)
    # A's second step begins at 0.05 and reads B's first record, [0, 0.05): B at 0.05.
    first_a, second_a = of_agent(records, 0)[1:]
    dx = of_agent(records, 1)[1].state.x - first_a.state.x
    assert second_a.state.vx == first_a.state.vx + dx / (dx * dx * dx) * 0.05


def test_agents_without_mass_pull_nobody() -> None:
    alone = simulate(scenario_of(body("A", 1.0, 0.0, vx=1.0), body("B", 0.0, 1.0)), 0, 50)
    assert {record.state.vx for record in of_agent(alone, 0)} == {1.0}
    assert of_agent(alone, 1)[-1].state.vx != 0.0


def failure_of(scenario: NanoScenario, steps: int = 1_000) -> PropagationFailed:
    with pytest.raises(PropagationFailed) as error:
        simulate(scenario, 0, steps)
    return error.value


def test_agents_in_one_place_end_the_trajectory() -> None:
    failure = failure_of(scenario_of(body("A", 0.0, 1.0), body("B", 1.0, 1.0))).failure
    assert (failure.iteration, failure.agents) == (0, ("A", "B"))
    assert failure.reason is FailureReason.COLLISION


def test_massless_agents_may_be_in_one_place() -> None:
    simulate(scenario_of(body("A", 0.0, 1.0), body("B", 0.0, 1.0)), 0, 10)


def test_a_distance_whose_cube_underflows_counts_as_none() -> None:
    failure = failure_of(scenario_of(body("A", 0.0, 1e-110), body("B", 1.0, 0.0))).failure
    assert failure.reason is FailureReason.COLLISION


def test_a_state_that_stops_being_finite_ends_the_trajectory() -> None:
    fast = body("B", 0.0, 1e308, vx=1e308)
    scenario = scenario_of(body("A", 0.0, 0.0), fast)
    failure = failure_of(scenario).failure
    assert (failure.agents, failure.reason) == (("B",), FailureReason.DIVERGENCE)
    assert failure.iteration > 0
    assert simulate(scenario, 0, failure.iteration)[-1].state.x > 1e308


def test_what_an_iteration_computed_before_it_failed_is_not_had() -> None:
    # A has stepped in the iteration in which B fails.
    scenario = scenario_of(body("A", 0.0, 0.0), body("B", 0.0, 1e308, vx=1e308))
    failed = failure_of(scenario).failure
    good = [
        record
        for records in islice(iterations(scenario, 0), failed.iteration)
        for record in records
    ]
    assert simulate(scenario, 0, failed.iteration)[2:] == good
    with pytest.raises(PropagationFailed):
        simulate(scenario, 0, failed.iteration + 1)


def test_an_iteration_in_which_nobody_steps_ends_the_trajectory() -> None:
    scenario = scenario_of(body("A", 0.0, 0.0), body("B", 0.0, 1.0))
    # What rounding does to it after 1e9 steps of a valid scenario: t - epsilon is t.
    object.__setattr__(scenario, "epsilon", 0.0)
    failure = failure_of(scenario).failure
    assert (failure.iteration, failure.agents) == (0, ("A", "B"))
    assert failure.reason is FailureReason.STANDSTILL
