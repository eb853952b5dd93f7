from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine import initial_checkpoint
from sim.engine.archive import Archive
from sim.engine.watch import Watch
from sim.order import ESCAPE_STEPS, Escape, Until, Within
from sim.scenario import NANO, Agent, NanoScenario, State, Trajectory
from tests.unit.sim.engine.naive import naive_steps
from tests.unit.sim.engine.samples import stretches_of
from tests.unit.sim.scenarios import CROWD, SATELLITE_FIRST, THREE

if TYPE_CHECKING:
    from sim.order import Condition

# At 1.4 of the escape speed it leaves; the numerical energy of the other changes its sign.
LEAVING = NanoScenario(
    (NANO.agents[0], Agent("Probe", 0.0, State(0.0, 0.01, 0.0, 1.0, 1.6, 0.0))),
    NANO.dt_min,
    NANO.dt_span,
    NANO.epsilon,
)
SCENARIOS = {"nano": NANO, "first": SATELLITE_FIRST, "three": THREE, "leaving": LEAVING}
AGENTS = {"nano": "Satellite", "first": "Satellite", "three": "Probe", "leaving": "Probe"}
LONG = 4_000  # iterations of the reference


@functools.lru_cache(maxsize=16)
def _naive(name: str, seed: int) -> list[list[dict[str, float]]]:
    return naive_steps(Trajectory(SCENARIOS[name], seed), LONG)


def _expected(name: str, seed: int, condition: Condition) -> int | None:
    """The number of iterations after which a condition holds, in the simplest way."""
    scenario = SCENARIOS[name]
    clocks, run = [0.0] * len(scenario.agents), 0
    for iteration, steps in enumerate(_naive(name, seed)):
        for step in steps:
            agent = int(step["agent"])
            clocks[agent] = step["state"].time  # type: ignore[attr-defined]
            if isinstance(condition, Until) or scenario.names[agent] != condition.agent:
                continue
            if isinstance(condition, Within):
                if step["r"] <= condition.distance:
                    return iteration + 1
            else:
                run = run + 1 if step["e"] > 0.0 else 0
                if run == ESCAPE_STEPS:
                    return iteration + 1
        if isinstance(condition, Until) and min(clocks) >= condition.time:
            return iteration + 1
    return None


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(SCENARIOS)),
    seed=st.integers(0, 3),
    kind=st.sampled_from(["until", "within", "escape"]),
    value=st.floats(1e-3, 60.0),
    iterations=st.integers(1, LONG),
)
def test_the_answer_is_that_of_the_reference(
    name: str, seed: int, kind: str, value: float, iterations: int
) -> None:
    conditions: dict[str, Condition] = {
        "until": Until(value),
        "within": Within(AGENTS[name], value / 20),
        "escape": Escape(AGENTS[name]),
    }
    condition = conditions[kind]
    trajectory = Trajectory(SCENARIOS[name], seed)
    expected = _expected(name, seed, condition)
    start = initial_checkpoint(trajectory.scenario)
    found = Watch(trajectory, condition).see_part(start, iterations)
    assert found == (expected if expected is not None and expected <= iterations else None)


def test_an_escape_is_in_the_step_that_completes_the_thousand() -> None:
    """Otherwise the test above would compare nothing with nothing."""
    assert _expected("leaving", 0, Escape("Probe")) is not None


def _whole(trajectory: Trajectory, condition: Condition, intervals: int) -> int | None:
    """The answer of a scan of all iterations, without what is archived of the intervals."""
    watch = Watch(trajectory, condition)
    for stretch in stretches_of(trajectory, *[1] * intervals):
        found = watch.see_part(stretch.checkpoint(0), trajectory.interval)
        if found is not None:
            return found
    return None


@pytest.mark.parametrize("seed", [0, 1, 5])
@pytest.mark.parametrize(
    "condition",
    [
        Until(3_000.0),
        Until(9_999.5),
        Within("Satellite", 0.02),
        Within("Satellite", 1e-9),
        Escape("Satellite"),
    ],
    ids=str,
)
def test_the_answer_does_not_depend_on_how_stretches_are_cut(
    seed: int, condition: Condition
) -> None:
    trajectory, expected = Trajectory(NANO, seed), None
    expected = _whole(trajectory, condition, 4)
    for counts in ((4,), (1, 3), (1, 1, 1, 1), (3, 1)):
        watch = Watch(trajectory, condition)
        for stretch in stretches_of(trajectory, *counts):
            watch.see(stretch)
        assert watch.steps == expected


def test_an_escape_of_the_default_scenario_is_found_in_a_later_interval() -> None:
    found = {_whole(Trajectory(NANO, seed), Escape("Satellite"), 4) for seed in (0, 1, 5)}
    assert any(steps is not None and steps > NANO.interval for steps in found)


def test_intervals_that_were_seen_are_not_looked_at_again() -> None:
    trajectory = Trajectory(NANO, 5)
    whole, first, second = (
        stretches_of(trajectory, 2)[0],
        *stretches_of(trajectory, 1, 1),
    )
    once, again = (Watch(trajectory, Escape("Satellite")) for _ in range(2))
    once.see(whole)
    for stretch in (first, first, whole, second):
        again.see(stretch)
    assert (again.intervals, again.steps) == (once.intervals, once.steps)


def test_a_gap_before_a_stretch_is_an_error() -> None:
    trajectory = Trajectory()
    with pytest.raises(ValueError, match="intervals from 0 on"):
        Watch(trajectory, Until(1.0)).see(stretches_of(trajectory, 1, 1)[1])


def test_many_agents_have_all_reached_the_time() -> None:
    trajectory = Trajectory(CROWD, 2)
    stretch = stretches_of(trajectory, 2)[0]
    time = float(np.median(stretch.checkpoint(1).clocks))
    steps = Watch(trajectory, Until(time)).see(stretch)
    assert steps is not None
    before, after = (
        Archive(trajectory, iterations, stretches_of(trajectory, 1)).end.clocks.min()
        for iterations in (steps - 1, steps)
    )
    assert before < time <= after
