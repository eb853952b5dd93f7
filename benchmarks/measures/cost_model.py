"""The cost model (`sim.cost_model`) beside what things cost here: how it is calibrated.

A ratio far from one says which coefficient to change, of `sim.cost_model` or of the model; the
parts hold what was predicted and what was measured. Processor time is what counts, not that of the
clock: a task costs the same on a machine that is busy.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from benchmarks.measure import Figure, Sample, measure, processor_seconds, within
from benchmarks.measures.kernel import spiral
from sim import NANO, PropagationRequest, Scenario, Trajectory
from sim.cost_model import slice_seconds
from sim.driver.chain import slice_specs
from sim.driver.tasks import make_slices, write_part
from sim.engine import initial_checkpoint, pass_over
from sim.models.nbody.agent import NBodyAgent, State3
from sim.models.nbody.rules import INTEGRATORS
from sim.models.nbody.scenario import NBodyScenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Prepare
    from sim.engine import Stretch

INTERVALS: Final = 16
LATE: Final = 2**14  # intervals
EARLY: Final = 64  # intervals, which keep more of their overview than those that follow
NEAR: Final = within(0.67, 1.5)  # cuts and workers are chosen as well with half as much again


def passed(scenario: Scenario, intervals: int) -> Stretch:
    """Pass over the first so many intervals."""
    return pass_over(Trajectory(scenario), initial_checkpoint(scenario), intervals)


def _pass(scenario: Scenario) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Time of a pass, with all that is kept, over what the cost model says."""
        start = passed(scenario, EARLY).tail
        model_s = scenario.pass_seconds(INTERVALS * scenario.interval)

        def sample() -> Figure:
            real_s = processor_seconds(
                lambda: pass_over(Trajectory(scenario), start, INTERVALS).to_bytes()
            )
            return Figure(real_s / model_s, {"model_s": model_s, "real_s": real_s})

        yield sample

    return prepare


def planets(agents: int, massive: int, integrator: str) -> NBodyScenario:
    """Return a star and planets that hardly attract each other, on circles in turned planes."""
    star = NBodyAgent("star", 1.0, State3(0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    bodies = []
    for i in range(1, agents):
        r = 1.0 + 0.5 * i if i < massive else 1.0 + 10.0 * i / agents
        at, v = 2.4 * i, 1.0 / math.sqrt(r)
        x, y, vx, vy = r * math.cos(at), r * math.sin(at), -v * math.sin(at), v * math.cos(at)
        state = State3(x, y, 0.01, vx, vy, 0.0)
        bodies.append(NBodyAgent(f"{i}", 1e-6 * (i < massive), state))
    return NBodyScenario((star, *bodies), integrator, 0.01)


def _late_pass(scenario: NBodyScenario) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Time of a pass far from the start, over what the cost model says."""
        # As little is kept of an interval as late in a long trajectory: only its number tells.
        begun = pass_over(Trajectory(scenario), initial_checkpoint(scenario), 1).tail
        start = replace(begun, iteration=LATE * scenario.interval)
        intervals = max(1, min(INTERVALS, int(0.1 / scenario.pass_seconds(scenario.interval))))
        model_s = scenario.pass_seconds(intervals * scenario.interval)

        def sample() -> Figure:
            real_s = processor_seconds(
                lambda: pass_over(Trajectory(scenario), start, intervals).to_bytes()
            )
            return Figure(real_s / model_s, {"model_s": model_s, "real_s": real_s})

        yield sample

    return prepare


for kind in INTEGRATORS:
    for bodies, attracting in ((2, 1), (3, 3), (10, 10), (100, 4), (1_000, 4)):
        name = f"pass of {kind}, {bodies} agents, {attracting} massive : cost model"
        measure(name, unit="times", target=NEAR)(_late_pass(planets(bodies, attracting, kind)))

measure("pass of nano : cost model", unit="times", target=NEAR)(_pass(NANO))
for agents in (3, 10, 50):
    measure(f"pass of {agents} massive agents : cost model", unit="times", target=NEAR)(
        _pass(spiral(agents))
    )


@measure("slices for the cache : cost model", unit="times", target=NEAR)
@contextlib.contextmanager
def cached() -> Iterator[Sample]:
    """Time to make slices as the cache has them, over what the cost model says."""
    specs = slice_specs(passed(NANO, INTERVALS), range(INTERVALS))
    model_s = INTERVALS * slice_seconds(NANO)

    def sample() -> Figure:
        real_s = processor_seconds(lambda: make_slices(Trajectory(), specs))
        return Figure(real_s / model_s, {"model_s": model_s, "real_s": real_s})

    yield sample


@measure("slices for an export : cost model", unit="times", target=NEAR)
@contextlib.contextmanager
def exported() -> Iterator[Sample]:
    """Time to write slices as a part of a Parquet export, over what the cost model says."""
    specs = slice_specs(passed(NANO, INTERVALS), range(INTERVALS))
    request = PropagationRequest(INTERVALS * NANO.interval)
    model_s = INTERVALS * slice_seconds(NANO, export=True)
    request = PropagationRequest(INTERVALS * Trajectory().interval)
    with tempfile.TemporaryDirectory(prefix="porta-benchmark-") as folder:

        def sample() -> Figure:
            real_s = processor_seconds(lambda: write_part(request, specs, folder))
            return Figure(real_s / model_s, {"model_s": model_s, "real_s": real_s})

        yield sample
