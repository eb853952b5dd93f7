"""Claims about the rule that says what is computed at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from frontend.propagations.inline_rule import STORED_AGENTS, InlineRule, is_bulky
from sim.scenario import NANO, PropagationRequest, Trajectory

INTERVAL = Trajectory().interval


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


def test_a_manifest_of_many_agents_is_bulky() -> None:
    def of(agents: int) -> PropagationRequest:
        many = tuple(replace(NANO.agents[1], name=f"Satellite {i}") for i in range(agents - 1))
        return PropagationRequest(1, Trajectory(replace(NANO, agents=(NANO.agents[0], *many))))

    assert not is_bulky(of(STORED_AGENTS))
    assert is_bulky(of(STORED_AGENTS + 1))
