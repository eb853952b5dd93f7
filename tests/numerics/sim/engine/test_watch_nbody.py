"""The watch over `nbody`, whose agents step together, against the reference in the simplest way."""

from __future__ import annotations

import functools
import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import Propagation
from sim.engine import initial_checkpoint
from sim.engine.watch import Watch
from sim.models.nbody.reference import iterations
from sim.order import ESCAPE_STEPS, Escape, Until, Within
from sim.scenario import Trajectory
from tests.unit.sim.engine.samples import stretches_of
from tests.unit.sim.models.nbody.passes import points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.order import Condition

# Two stars, and a probe that leaves them; its energy about the first, which it sees move, changes
# its sign at first. "Agent 2" is the probe.
STARS = (
    (1.0, -0.25, 0.0, 0.0, 0.0, -0.35, 0.0),
    (0.5, 0.5, 0.0, 0.0, 0.0, 0.7, 0.0),
    (0.0, 3.0, 0.0, 0.5, -0.8, 1.1, 0.1),
)
SCENARIOS = {
    "kahan-li-8": points(*STARS, integrator="kahan-li-8", dt=0.05),
    "gauss-radau-15": points(*STARS, integrator="gauss-radau-15", dt=0.1),
}
LONG = {"kahan-li-8": 2_000, "gauss-radau-15": 1_500}  # iterations of the reference
PROBE = "Agent 2"


class Step(NamedTuple):
    """A step of all agents: the clock after it; r and e of the probe at its start."""

    clock: float
    r: float
    e: float


def _elements(probe: Sequence[float], star: Sequence[float], mu: float) -> tuple[float, float]:
    """The distance of two states x, y, z, vx, vy, vz, and the energy of their motion."""
    x, y, z, vx, vy, vz = (p - s for p, s in zip(probe, star, strict=True))
    r = math.sqrt((x * x + y * y) + z * z)
    return r, 0.5 * ((vx * vx + vy * vy) + vz * vz) - mu / r


@functools.lru_cache(maxsize=2)
def _steps(integrator: str) -> list[Step]:
    scenario = SCENARIOS[integrator]
    states: list[tuple[float, ...]] = [tuple(agent.state.numbers) for agent in scenario.agents]
    steps: list[Step] = []
    for records in itertools.islice(iterations(scenario), LONG[integrator]):
        r, e = _elements(states[2], states[0], 1.0)
        steps.append(Step(records[0].t1, r, e))
        states = [tuple(record.state.to_json().values())[2:] for record in records]
    return steps


def _expected(integrator: str, condition: Condition) -> int | None:
    """The number of iterations after which a condition holds."""
    run = 0
    for iteration, step in enumerate(_steps(integrator)):
        run = run + 1 if step.e > 0.0 else 0
        holds = {
            Until: isinstance(condition, Until) and step.clock >= condition.time,
            Within: isinstance(condition, Within) and step.r <= condition.distance,
            Escape: run == ESCAPE_STEPS,
        }
        if holds[type(condition)]:
            return iteration + 1
    return None


@pytest.mark.parametrize("integrator", sorted(SCENARIOS))
@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(["until", "within", "escape"]),
    part=st.floats(0.0, 1.1),
    iterations=st.integers(1, 1_500),
)
def test_the_answer_is_that_of_the_reference(
    integrator: str, kind: str, part: float, iterations: int
) -> None:
    steps = _steps(integrator)
    nearest, farthest = (extreme(step.r for step in steps) for extreme in (min, max))
    conditions: dict[str, Condition] = {
        "until": Until(max(1e-3, part * steps[-1].clock)),
        "within": Within(PROBE, nearest * 0.9 + part * (farthest - nearest)),
        "escape": Escape(PROBE),
    }
    condition = conditions[kind]
    trajectory = Trajectory(SCENARIOS[integrator])
    expected = _expected(integrator, condition)
    found = Watch(trajectory, condition).see_part(
        initial_checkpoint(trajectory.scenario), iterations
    )
    assert found == (expected if expected is not None and expected <= iterations else None)


@pytest.mark.parametrize("integrator", sorted(SCENARIOS))
@pytest.mark.parametrize("condition", [Escape(PROBE), Within(PROBE, 2.5)], ids=str)
def test_a_condition_that_first_fails_is_found_where_it_first_holds(
    integrator: str, condition: Condition
) -> None:
    """Otherwise the test above might compare nothing with nothing."""
    expected = _expected(integrator, condition)
    assert expected is not None
    assert expected > (ESCAPE_STEPS if isinstance(condition, Escape) else 1)
    watch = Watch(Trajectory(SCENARIOS[integrator]), condition)
    watch.go_on(initial_checkpoint(SCENARIOS[integrator]), LONG[integrator])
    assert watch.steps == expected


@pytest.mark.parametrize("at", [0, 1, 700, 1_499])
def test_steps_of_chosen_length_reach_each_of_their_own_clocks(at: int) -> None:
    """A time that is a clock is reached by its step; the next number is not."""
    clock = _steps("gauss-radau-15")[at].clock
    trajectory = Trajectory(SCENARIOS["gauss-radau-15"])
    assert trajectory.scenario.steps_until(clock) is None
    for time, steps in ((clock, at + 1), (math.nextafter(clock, math.inf), at + 2)):
        assert Propagation.open(trajectory, until=time).steps == steps


@pytest.mark.parametrize("integrator", sorted(SCENARIOS))
@pytest.mark.parametrize("kind", ["until", "within", "escape"])
def test_the_answer_does_not_depend_on_how_stretches_are_cut(integrator: str, kind: str) -> None:
    """What is archived of whole intervals leads to the same answer as a scan of all of them."""
    trajectory = Trajectory(SCENARIOS[integrator])
    end = stretches_of(trajectory, 3)[0].tail.clocks.min()
    conditions: dict[str, Condition] = {
        "until": Until(0.7 * end),
        "within": Within(PROBE, 2.5),
        "escape": Escape(PROBE),
    }
    condition, expected = conditions[kind], None
    scan = Watch(trajectory, condition)
    for stretch in stretches_of(trajectory, 1, 1, 1):
        expected = scan.see_part(stretch.checkpoint(0), trajectory.interval)
        if expected is not None:
            break
    assert expected is not None
    for counts in ((3,), (1, 2), (2, 1)):
        watch = Watch(trajectory, condition)
        for stretch in stretches_of(trajectory, *counts):
            watch.see(stretch)
        assert watch.steps == expected
