from __future__ import annotations

import math

import numpy as np
import pytest

from sim import Propagation
from sim.ensemble.endings import recompute_ended
from sim.ensemble.members import initial_members
from sim.errors import IntegrityError
from sim.scenario import NANO, PropagationRequest, Trajectory
from tests.unit.sim.ensemble.ensembles import REQUESTS


@pytest.mark.parametrize("good", [1, 700, 65_536, 70_001])
def test_a_member_is_as_its_trajectory_after_so_many_iterations(good: int) -> None:
    request = PropagationRequest(100_000, Trajectory(NANO, 1), 1_000)
    members = initial_members(request, 7, 3)
    members.outcome[1], members.good[1] = 2, good
    recompute_ended(request, members, np.array([1]))
    propagation = Propagation.open(request.trajectory.of_member(8), good)
    newest = [list(state.to_json().values()) for state in propagation.end.values()]
    assert members.ring[:, 0, 1:, 1].tolist() == newest
    assert (members.steps[:, 1] + 1).tolist() == list(propagation.records_by_agent.values())
    of_agent: dict[str, object] = propagation.statistics()["Satellite"]  # type: ignore[assignment] # JSON
    assert {"min": members.closest[0, 1], "min_at": members.closest_at[0, 1]}.items() <= (
        of_agent["r"].items()  # type: ignore[attr-defined] # JSON
    )
    since = of_agent["unbound_from"]
    assert members.escape_at[0, 1] == (-1 if since is None else since)
    assert (members.steps[:, [0, 2]] == 0).all()


def test_a_member_that_escaped_before_its_end_has_the_time_of_that_step() -> None:
    request = PropagationRequest(200_000, Trajectory(NANO, 0), 10)
    members = initial_members(request, 0, 10)
    members.good[:] = 200_000
    escaped = 0
    for i in range(10):
        since = Propagation.open(request.trajectory.of_member(i), 200_000).statistics()
        at = since["Satellite"]["unbound_from"]  # type: ignore[index] # JSON
        if at is None or escaped == 2:
            continue
        escaped += 1
        recompute_ended(request, members, np.array([i]))
        assert members.escape_at[0, i] == at
        before = Propagation.open(request.trajectory.of_member(i), at).end["Satellite"]
        assert members.escape_time[0, i] == before.time
    assert escaped == 2


def test_a_member_that_ends_in_its_first_iteration_is_at_its_start() -> None:
    request = REQUESTS["falling"]
    members, start = initial_members(request, 0, 2), initial_members(request, 0, 2)
    members.ring[:], members.good[:], members.outcome[:] = math.nan, 0, 1
    recompute_ended(request, members, np.array([0, 1]))
    np.testing.assert_array_equal(members.ring, start.ring)
    assert (members.closest == math.inf).all()
    assert (members.escape_at == -1).all()


def test_an_end_that_is_not_one_is_refused() -> None:
    request = REQUESTS["runaway"]
    members = initial_members(request, 0, 1)
    members.good[0] = 80  # it diverges before
    with pytest.raises(IntegrityError, match="ends before"):
        recompute_ended(request, members, np.array([0]))
