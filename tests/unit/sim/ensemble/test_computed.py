"""Claims about an ensemble in one call: its summary, its table, threads and cancelling."""

from __future__ import annotations

import threading

import pytest

from sim.engine import Propagation
from sim.ensemble.computed import compute
from sim.scenario import PropagationRequest, Trajectory
from tests.unit.sim.ensemble.ensembles import REQUESTS

REQUEST = PropagationRequest(500, Trajectory(seed=4), 200)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_do_not_change_a_bit(threads: int) -> None:
    alone, together = compute(REQUEST, threads=1), compute(REQUEST, threads=threads)
    assert together.document() == alone.document()
    assert together.table().equals(alone.table())


@pytest.mark.parametrize("name", ["nano dispersed", "binary"])
def test_a_row_is_the_end_of_the_member_as_a_run_of_its_own(name: str) -> None:
    request = REQUESTS[name]
    rows = compute(request).table().to_pylist()
    agents = request.trajectory.scenario.names
    assert len(rows) == request.members * len(agents)
    for member in (0, 7, request.members - 1):
        one = request.of_member(member)
        end = Propagation.open(one.trajectory, one.steps).end
        for agent in agents:
            row = next(r for r in rows if (r["member"], r["agent"]) == (member, agent))
            state = end[agent]
            assert (row["t"], row["x"], row["y"]) == (state.time, state.x, state.y)


def test_members_that_are_not_kept_have_no_rows() -> None:
    without = compute(REQUEST, keep_members=False)
    assert without.table().num_rows == 0
    assert without.table().schema.names[:2] == ["member", "agent"]
    assert without.nbytes < compute(REQUEST).nbytes


def test_progress_counts_members_up_to_all() -> None:
    seen: list[int] = []
    compute(REQUEST, on_progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == REQUEST.members


def test_what_is_cancelled_has_the_members_that_were_done() -> None:
    cancelled = threading.Event()
    many = PropagationRequest(20_000, Trajectory(), 2_000)
    begun = compute(many, threads=1, cancelled=cancelled, on_progress=lambda _done: cancelled.set())
    assert 0 < begun.population.finished < many.members
    assert begun.document()["partial"]
