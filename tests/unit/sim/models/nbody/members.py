"""Members of an ensemble of `nbody`, in lanes and one at a time: what tests compare."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.checkpoint import initial_checkpoint
from sim.engine.diagnostics import empty_tally
from sim.engine.downsampling import Bins, Path
from sim.jit import compiled
from sim.kernel import NO_POLYLINES, pass_over
from sim.kernel.lanes import (
    Members,
    advance_lanes,
    close_lanes,
    open_lanes,
    relative_lanes,
    relative_positions,
)
from sim.kernel.layout import OK, Floats
from sim.models.nbody.kernel import lane_system_of, system_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.models.nbody.kernel.lanes import NBodyLanes
    from sim.models.nbody.scenario import NBodyScenario


def analysed_of(scenario: NBodyScenario) -> list[int]:
    """The agents that have a primary."""
    return [a for a, primary in enumerate(scenario.orbited) if primary is not None][:16]


def at_start(scenarios: Sequence[NBodyScenario]) -> Members:
    """Members at their start."""
    starts = [initial_checkpoint(scenario) for scenario in scenarios]
    analysed, count = len(analysed_of(scenarios[0])), len(scenarios)
    return Members(
        number=np.arange(count, dtype=np.uint64),
        steps=np.zeros((len(scenarios[0].agents), count), np.int64),
        ring=np.stack([start.records for start in starts], axis=-1),
        carry=np.stack([start.carry for start in starts], axis=-1),
        outcome=np.full(count, OK),
        good=np.zeros(count, np.int64),
        closest=np.full((analysed, count), math.inf),
        closest_at=np.full((analysed, count), -1),
        escape_at=np.full((analysed, count), -1),
        escape_time=np.full((analysed, count), math.nan),
    )


def alone(scenario: NBodyScenario, count: int) -> Members:
    """One member after so many iterations, by the loop for one trajectory."""
    start, analysed = initial_checkpoint(scenario), analysed_of(scenario)
    steps, ring, carry = start.resume()
    tally = empty_tally(len(scenario.agents))
    bins, path = Bins.empty(20, count, scenario), Path.empty(20, count, scenario)
    good, outcome, _, _ = pass_over(
        system_of(scenario), steps, ring, carry, 0, count, 20, bins.series, bins.clocks, 20,
        path.states, tally, NO_POLYLINES,
    )  # fmt: skip
    low = tally.extremes[analysed, 0, 0]
    since = tally.unbound[analysed, 0]
    return Members(
        number=np.zeros(1, np.uint64),
        steps=steps[:, np.newaxis],
        ring=ring[..., np.newaxis],
        carry=carry[:, np.newaxis],
        outcome=np.array([outcome]),
        good=np.array([good]),
        closest=np.where(np.isnan(low), math.inf, low)[:, np.newaxis],
        closest_at=tally.when[analysed, 0, 0][:, np.newaxis],
        escape_at=since[:, np.newaxis],
        escape_time=np.where(since < 0, math.nan, since * scenario.dt)[:, np.newaxis],
    )


def system_in_lanes(
    scenario: NBodyScenario, dispersed: Sequence[int], lanes: int | None = None, members: int = 64
) -> NBodyLanes:
    """The system of all agents that have a primary, in the default number of lanes or another."""
    return lane_system_of(scenario, 0, analysed_of(scenario), dispersed, members, lanes)


@compiled
def go(system: NBodyLanes, members: Members, first: int, count: int, cut: int) -> Floats:
    """Move all members on, `cut` iterations in a call; return the newest relative states [A, 6, B].

    A fifth of what the production loop does; nothing is kept in a histogram.
    """
    lanes, total = system.lanes, members.number.size
    relative = np.empty((system.analysed.size, 6, total))
    states, positions = np.empty((6, lanes)), np.empty((2, lanes))
    for start in range(0, total, lanes):
        buffers = open_lanes(system, members, start)
        done = 0
        while done < count:
            size = min(cut, count - done)
            if not advance_lanes(system, buffers, first + done, size):
                break
            done += size
        for j in range(system.analysed.size):
            relative_lanes(system, buffers, j, states)
            relative_positions(system, buffers, j, positions)
            for lane in range(min(lanes, total - start)):
                for field in range(6):
                    relative[j, field, start + lane] = states[field, lane]
                for field in range(2):
                    relative[j, field, start + lane] += positions[field, lane]
        close_lanes(system, buffers, members, start)
    return relative
