"""What an iteration of `nano` costs, and how long an interval is.

Of M agents, of which `massive` attract others, an iteration costs::

    steps   = M, if the clocks stay in step (dt_span <= epsilon), else
              min(M, e - 1 + 1.2 * M * epsilon / mean time step)
    pass    = M * look + steps * (step + massive * pull);  two agents: pair

Of members in lanes, an iteration of each computes both its agents, whether they step or not::

    lanes   = 2 * (lane_step + massive * lane_pull);  any other number of agents: as by itself
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from sim.intervals import INTERVAL_ITERATIONS

__all__ = [
    "COSTS",
    "NanoCosts",
    "interval_iterations",
    "iteration_seconds",
    "lane_iteration_seconds",
    "stepping",
]


@dataclass(frozen=True, slots=True)
class NanoCosts:
    """Costs on one core of the machine that they were calibrated on (`make bench` compares)."""

    pair_s: float = 21e-9  # an iteration of two agents, which have a kernel of their own
    look_s: float = 3.8e-9  # to check whether an agent waits
    step_s: float = 27e-9  # to draw a number, to step, to reduce the record
    pull_s: float = 1.6e-9  # the attraction of one massive agent: a division and a square root
    lane_step_s: float = 4.2e-9  # a member's agent: its draw, its step, closest approach, escape
    lane_pull_s: float = 0.8e-9  # its attraction by one massive agent


COSTS: Final = NanoCosts()

_PAIR: Final = 2
_SLICE_RECORDS_BITS: Final = 19  # 8 agents x 65,536 iterations: the most records of a slice


def interval_iterations(agents: int) -> int:
    """Return the number of iterations between two checkpoints, for so many agents.

    Raises ValueError for less than one agent.

    >>> interval_iterations(2), interval_iterations(8), interval_iterations(9)
    (65536, 65536, 32768)
    """
    if agents < 1:
        raise ValueError("A scenario has at least one agent.")
    fitting = 2**_SLICE_RECORDS_BITS // agents
    return min(INTERVAL_ITERATIONS, 1 << (fitting.bit_length() - 1))


def stepping(agents: int, epsilon: float, mean_time_step: float) -> float:
    """Return how many agents step in an iteration, on average, whose clocks have drifted apart.

    Without epsilon, the k earliest clocks step in one
    iteration if they come in the order of the agents, which has probability 1/k! for independent
    clocks; the sum over k is e - 1. In addition, agents step whose clocks are within epsilon of the
    earliest: about agents * epsilon / mean time step. The factor 1.2 fits counts of the reference:
    tests/unit/sim/test_cost_model.py requires agreement within 20 % for 2 to 50 agents.

    More agents step at first, until the clocks, which start together, have drifted apart.
    """
    return min(agents, math.e - 1 + 1.2 * agents * epsilon / mean_time_step)


def iteration_seconds(agents: int, massive: int, records: float) -> float:
    """Return the seconds of an iteration in which so many agents step on average."""
    if agents == _PAIR:
        return COSTS.pair_s
    return agents * COSTS.look_s + records * (COSTS.step_s + massive * COSTS.pull_s)


def lane_iteration_seconds(agents: int, massive: int, records: float) -> float:
    """Return the seconds of an iteration of one member of an ensemble, in lanes.

    Members of any other number of agents than two are advanced one by one.
    """
    if agents != _PAIR:
        return iteration_seconds(agents, massive, records)
    return agents * (COSTS.lane_step_s + massive * COSTS.lane_pull_s)
