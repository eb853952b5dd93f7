"""How fast this machine is, in units of the table of costs: a few milliseconds, once a process.

Machines differ by a factor of two, and those with long vectors compute members in lanes faster by
more. So a chain is timed, and members in lanes, each when it is first asked for. Estimates in
seconds are divided by the speed; limits, quotas and what is answered at once are not, so these are
the same on every machine.

What is timed is processor time, and the best of some runs: neighbours on the machine, and the
first run's loading of the kernels, do not count.
"""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Final

from sim.cost_model import member_seconds, opened_seconds
from sim.engine import initial_checkpoint, pass_over
from sim.ensemble.block import compute_block
from sim.ensemble.nominal import nominal_of
from sim.scenario import NANO, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["chain_speed", "lane_speed", "speed_for"]

_RUNS: Final = 3
_INTERVALS: Final = 4  # 6 ms by the table
_MEMBERS: Final = PropagationRequest(8_192, Trajectory(NANO), members=128)  # 8 ms by the table
_SLOWEST: Final = 1 / 64  # a figure beyond these is no machine's, but an accident's
_FASTEST: Final = 64.0


def speed_for(request: PropagationRequest) -> float:
    """Return the speed of this machine for what a request computes; 2: twice the table's."""
    return lane_speed() if request.is_ensemble else chain_speed()


@cache
def chain_speed() -> float:
    """Return how fast one core computes and archives a trajectory."""
    trajectory, start = Trajectory(), initial_checkpoint(NANO)
    told_s = opened_seconds(NANO, _INTERVALS * trajectory.interval)
    return _speed(told_s, lambda: pass_over(trajectory, start, _INTERVALS))


@cache
def lane_speed() -> float:
    """Return how fast one core computes members in lanes, with what is kept of them."""
    nominal = nominal_of(_MEMBERS)
    told_s = _MEMBERS.members * member_seconds(_MEMBERS)
    return _speed(told_s, lambda: compute_block(_MEMBERS, nominal, 0, _MEMBERS.members))


def _speed(told_s: float, action: Callable[[], object]) -> float:
    taken_s = min(_thread_seconds(action) for _ in range(_RUNS))
    return min(max(told_s / max(taken_s, 1e-9), _SLOWEST), _FASTEST)


def _thread_seconds(action: Callable[[], object]) -> float:
    begun = time.thread_time()
    action()
    return time.thread_time() - begun
