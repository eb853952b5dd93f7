"""The cost model (`sim.cost_model`) beside what things cost here: how it is calibrated.

A ratio far from one says which coefficient of `sim.cost_model.COSTS` to change; the parts hold what
was predicted and what was measured. Processor time is what counts, not that of the clock: a
task costs the same on a machine that is busy.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from typing import TYPE_CHECKING, Final

from benchmarks.measure import Figure, Sample, measure, within
from benchmarks.measures.kernel import spiral
from sim import NANO, Scenario, Trajectory
from sim.cost_model import slice_seconds
from sim.driver.chain import slice_specs
from sim.driver.tasks import make_slices, write_part
from sim.engine import initial_checkpoint, pass_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.measure import Prepare
    from sim.engine import Stretch

INTERVALS: Final = 16
EARLY: Final = 64  # intervals, which keep more of their overview than those that follow
NEAR: Final = within(0.67, 1.5)  # cuts and workers are chosen as well with half as much again


def processor_seconds(action: Callable[[], object]) -> float:
    """Return for how long an action keeps this process' cores busy."""
    begun = time.process_time()
    action()
    return time.process_time() - begun


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
    model_s = INTERVALS * slice_seconds(NANO, export=True)
    with tempfile.TemporaryDirectory(prefix="porta-benchmark-") as folder:

        def sample() -> Figure:
            real_s = processor_seconds(lambda: write_part(Trajectory(), specs, folder))
            return Figure(real_s / model_s, {"model_s": model_s, "real_s": real_s})

        yield sample
