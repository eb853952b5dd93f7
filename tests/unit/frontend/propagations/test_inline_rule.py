"""Claims about the rule that says what is computed at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from frontend.propagations.inline_rule import STORED_AGENTS, InlineRule, is_bulky
from frontend.settings import Settings
from sim.cost_model import opened_seconds
from sim.models.nbody.agent import NBodyAgent, State3
from sim.models.nbody.scenario import NBodyScenario
from sim.presets import preset
from sim.scenario import NANO, NanoScenario, PropagationRequest, Scenario, Trajectory

INTERVAL = Trajectory().interval
DEFAULT = 5_000_000
BINARY = preset("eccentric").scenario
OUTER = preset("outer-solar-system").scenario


@pytest.mark.parametrize(
    ("allowed", "steps", "intervals", "covered"),
    [
        (10_000, 10_000, 0, True),
        (10_000, 10_001, 0, False),
        (0, 1, 0, False),
        (0, INTERVAL, 1, True),  # nothing remains
        (0, INTERVAL + 1, 1, False),
        (10_000, 2 * INTERVAL - 1, 1, True),  # less than an interval beyond what is stored
        (10_000, 2 * INTERVAL, 1, False),
        (10_000, INTERVAL - 1, 0, False),  # nothing is stored to go on from
    ],
)
def test_what_remains_decides(allowed: int, steps: int, intervals: int, *, covered: bool) -> None:
    assert InlineRule(allowed).covers(PropagationRequest(steps), intervals) is covered


def test_work_counts_and_not_steps() -> None:
    three = replace(NANO, agents=tuple(replace(NANO.agents[0], name=name) for name in "abc"))
    rule = InlineRule(4_500)
    assert rule.covers(PropagationRequest(1_000, Trajectory(three)))
    assert not rule.covers(PropagationRequest(1_001, Trajectory(three)))


def satellites(agents: int) -> NanoScenario:
    """A planet, and satellites that attract nobody."""
    many = tuple(replace(NANO.agents[1], name=f"Satellite {i}") for i in range(agents - 1))
    return replace(NANO, agents=(NANO.agents[0], *many))


def free(agents: int) -> NBodyScenario:
    """Agents that attract nobody: a step of them all counts as the work of one."""
    state = State3(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return NBodyScenario(
        tuple(NBodyAgent(f"{i}", 0.0, state) for i in range(agents)), "leapfrog", 0.1
    )


def test_a_manifest_of_many_agents_is_bulky() -> None:
    def of(agents: int) -> PropagationRequest:
        return PropagationRequest(1, Trajectory(satellites(agents)))

    assert not is_bulky(of(STORED_AGENTS))
    assert is_bulky(of(STORED_AGENTS + 1))


def test_members_count() -> None:
    rule = InlineRule(1_000_000)
    assert rule.covers(PropagationRequest(10_000, members=100))
    assert not rule.covers(PropagationRequest(10_000, members=101))


@pytest.mark.parametrize("scenario", [satellites(1_000), free(1_000), free(50)])
def test_agents_that_attract_nobody_do_not_take_minutes(scenario: Scenario) -> None:
    rule, trajectory = InlineRule(DEFAULT), Trajectory(scenario)
    by_work = int(DEFAULT / scenario.work_per_iteration)
    assert not rule.covers(PropagationRequest(by_work, trajectory))
    steps = rule.steps(scenario)
    assert 100 < steps < by_work
    assert rule.covers(PropagationRequest(steps, trajectory))
    assert opened_seconds(scenario, steps) <= 1.0


@pytest.mark.parametrize("scenario", [NANO, BINARY, OUTER])
def test_the_usual_scenarios_are_answered_up_to_their_work(scenario: Scenario) -> None:
    steps = int(DEFAULT / scenario.work_per_iteration)
    assert InlineRule(DEFAULT).covers(PropagationRequest(steps, Trajectory(scenario)))
    assert InlineRule(DEFAULT).steps(scenario) == steps
    assert opened_seconds(scenario, steps) < 0.3


def test_a_million_steps_and_ten_thousand_of_a_binary_are_answered_at_once() -> None:
    rule = InlineRule(Settings().inline_work)
    assert rule.covers(PropagationRequest(1_000_000))
    assert rule.covers(PropagationRequest(10_000, Trajectory(BINARY)))
    assert not rule.covers(PropagationRequest(100_000_000))
