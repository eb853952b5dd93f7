"""The elements that each step reads, computed from the reference in the simplest way."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from sim import NanoScenario
from sim.reference import initial_records, iterations

if TYPE_CHECKING:
    from sim import Trajectory


def naive_steps(trajectory: Trajectory, steps: int) -> list[list[dict[str, Any]]]:
    """For each iteration its steps: the agent, its new state, and r, e, h as it saw its primary."""
    scenario = trajectory.scenario
    assert isinstance(scenario, NanoScenario)
    history = [[record] for record in initial_records(scenario)]
    by_iteration: list[list[dict[str, Any]]] = []
    for records in itertools.islice(
        iterations(scenario, trajectory.seed, trajectory.member), steps
    ):
        by_iteration.append([])
        for record in records:
            a, primary = record.agent, scenario.primaries[record.agent]
            step: dict[str, Any] = {"agent": a, "state": record.state}
            if primary is not None:
                q = record.t0 - scenario.epsilon
                p = next(r for r in reversed(history[primary]) if r.t0 <= q < r.t1).state
                s = history[a][-1].state
                rx, ry, wx, wy = p.x - s.x, p.y - s.y, s.vx - p.vx, s.vy - p.vy
                r = math.sqrt(rx * rx + ry * ry)
                e = 0.5 * (wx * wx + wy * wy) - scenario.agents[primary].mu / r
                step |= {"r": r, "e": e, "h": ry * wx - rx * wy}
            by_iteration[-1].append(step)
            history[a].append(record)
    return by_iteration
