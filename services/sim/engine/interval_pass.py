"""One pass of the kernel over at most an interval: from a checkpoint to the next.

Guarantees: a pure function of the trajectory and the checkpoint; its inputs stay unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sim import kernel
from sim.engine.checkpoint import checkpoint_at, system_of
from sim.engine.diagnostics import empty_tally
from sim.engine.downsampling import Bins, Path
from sim.errors import Failure, FailureReason, PropagationFailed
from sim.kernel import NO_POLYLINES, Polylines

if TYPE_CHECKING:
    from sim.engine.checkpoint import Checkpoint
    from sim.kernel import Tally
    from sim.scenario import Scenario, Trajectory

__all__ = ["end_of_interval", "failure_of", "pass_again", "pass_interval"]

_REASONS: Final = {
    kernel.COLLISION: FailureReason.COLLISION,
    kernel.DIVERGENCE: FailureReason.DIVERGENCE,
    kernel.STANDSTILL: FailureReason.STANDSTILL,
}


def pass_interval(
    trajectory: Trajectory,
    start: Checkpoint,
    iterations: int,
    series_level: int,
    path_level: int,
    tally: Tally,
    polylines: Polylines = NO_POLYLINES,
) -> tuple[Checkpoint, Bins, Path] | Failure:
    """Integrate iterations from a checkpoint, at most an interval; fill tally and polylines.

    Returns the checkpoint at the end, and series and path at the levels asked for; or the failure
    that ends the trajectory before.
    """
    scenario = trajectory.scenario
    steps, ring, carry = start.resume()
    bins = Bins.empty(series_level, iterations, scenario)
    path = Path.empty(path_level, iterations, scenario)
    good, *outcome = kernel.pass_over(
        system_of(trajectory), steps, ring, carry, start.iteration, iterations,
        series_level, bins.series, bins.clocks, path_level, path.states, tally, polylines,
    )  # fmt: skip
    if outcome[0] != kernel.OK:
        return failure_of(scenario, start.iteration + good, *outcome)
    end = start.iteration + iterations
    return checkpoint_at(scenario, end, steps, ring, carry), bins, path


def pass_again(
    trajectory: Trajectory, start: Checkpoint, iterations: int, series_level: int, path_level: int
) -> tuple[Checkpoint, Bins, Path]:
    """Do as `pass_interval` where it was done before; raises PropagationFailed if it now fails."""
    tally = empty_tally(len(trajectory.scenario.agents))
    passed = pass_interval(trajectory, start, iterations, series_level, path_level, tally)
    if isinstance(passed, Failure):
        raise PropagationFailed(passed)
    return passed


def end_of_interval(trajectory: Trajectory, start: Checkpoint, iterations: int) -> Checkpoint:
    """Return the checkpoint after so many iterations, at most an interval.

    Raises as `pass_again` does.
    """
    bits = trajectory.interval.bit_length() - 1
    end, _, _ = pass_again(trajectory, start, iterations, bits, bits)
    return end


def failure_of(scenario: Scenario, iteration: int, outcome: int, agent: int, other: int) -> Failure:
    """Return the failure for an outcome of the kernel, with the names of the agents."""
    names = {
        kernel.COLLISION: (scenario.names[agent], scenario.names[other]),
        kernel.DIVERGENCE: (scenario.names[agent],),
        kernel.STANDSTILL: scenario.names,
    }[outcome]
    return Failure(iteration, names, _REASONS[outcome])
