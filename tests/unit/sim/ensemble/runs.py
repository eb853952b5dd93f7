"""Members as arrays, made of runs of single members, by the reference in plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim import Propagation
from sim.ensemble.members import initial_members
from sim.errors import FailureReason
from sim.kernel import COLLISION, DIVERGENCE, STANDSTILL
from tests.unit.sim.ensemble.naive import Naive

if TYPE_CHECKING:
    from sim.kernel.lanes import Members
    from sim.scenario import PropagationRequest

OUTCOMES = {
    FailureReason.COLLISION: COLLISION,
    FailureReason.DIVERGENCE: DIVERGENCE,
    FailureReason.STANDSTILL: STANDSTILL,
}


def members_of_runs(request: PropagationRequest, first: int, count: int) -> Members:
    """Members first, first + 1, ... at their end: what the table shows of them."""
    naive, members = Naive(request, first, count), initial_members(request, first, count)
    for i, (number, run) in enumerate(zip(naive.numbers, naive.members, strict=True)):
        members.good[i] = run.good
        members.outcome[i] = 0 if run.end is None else OUTCOMES[run.end.failure.reason]
        states = [list(state.to_json().values()) for state in run.states[-1]]
        members.ring[:, 0, 1:, i] = states
        if run.good:
            one = Propagation.open(request.trajectory.of_member(number), run.good)
            members.steps[:, i] = np.array(list(one.records_by_agent.values())) - 1
        for j, a in enumerate(request.analysed):
            since = naive.escape_at(run, a)
            members.escape_at[j, i] = -1 if since is None else since
            members.escape_time[j, i] = naive.escape_time(run, a)
            members.closest[j, i] = naive.closest(run, a)
            members.closest_at[j, i] = naive.closest_at(run, a)
    return members
