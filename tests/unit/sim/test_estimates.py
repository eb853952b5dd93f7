"""Claims about what is told of a request before it starts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.cost_model import COSTS, ensemble_seconds, workers_for_ensemble
from sim.estimates import Estimate, estimate
from sim.scenario import PropagationRequest

ensembles = st.builds(
    lambda steps, members: PropagationRequest(steps, members=members),
    st.integers(1, 10**7),
    st.integers(2, 10**6),
)
worker_limits = st.integers(1, 500)


@given(ensembles, worker_limits, st.integers(1, 16))
def test_each_worker_works_for_twice_as_long_as_it_takes_to_start(
    request: PropagationRequest, most: int, cores: int
) -> None:
    workers = workers_for_ensemble(request, max_workers=most, worker_cores=cores)
    assert 1 <= workers <= most
    share_s = ensemble_seconds(request) / cores / workers
    assert workers == 1 or share_s >= 2 * COSTS.worker_start_s
    one_more_s = ensemble_seconds(request) / cores / (workers + 1)
    assert workers == most or one_more_s < 2 * COSTS.worker_start_s


@given(ensembles, worker_limits)
def test_an_estimate_is_start_and_work_divided(request: PropagationRequest, most: int) -> None:
    told = estimate(request, max_workers=most)
    assert told.workers == workers_for_ensemble(request, max_workers=most)
    assert told.core_seconds == pytest.approx(ensemble_seconds(request), abs=1e-3)
    least_s = COSTS.worker_start_s + ensemble_seconds(request) / told.workers
    assert told.seconds >= least_s - 1e-3
    assert told.more_workers_help == (
        workers_for_ensemble(request, max_workers=10**6) > told.workers
    )


@given(ensembles, worker_limits, st.floats(0.1, 10.0))
def test_speed_changes_seconds_and_neither_workers_nor_whether_more_help(
    request: PropagationRequest, most: int, speed: float
) -> None:
    table, here = (
        estimate(request, max_workers=most),
        estimate(request, max_workers=most, speed=speed),
    )
    assert (here.workers, here.more_workers_help) == (table.workers, table.more_workers_help)
    assert here.core_seconds == pytest.approx(table.core_seconds / speed, abs=2e-3 / min(1, speed))


@pytest.mark.parametrize("speed", [1.0, 1e3, 1e9])
def test_what_takes_time_is_never_told_as_nothing(speed: float) -> None:
    told = estimate(PropagationRequest(1, members=2), max_workers=1, workers=0, speed=speed)
    assert told.seconds > 0
    assert told.core_seconds > 0


def test_one_trajectory_is_a_chain_and_more_workers_do_not_help() -> None:
    told = estimate(PropagationRequest(100_000_000), max_workers=8)
    assert (told.workers, told.more_workers_help) == (1, False)
    assert estimate(PropagationRequest(100_000_000), max_workers=8, workers=8).seconds >= (
        0.99 * told.core_seconds
    )


def test_an_export_has_work_for_several() -> None:
    told = estimate(PropagationRequest(100_000_000), max_workers=2, export=True)
    assert (told.workers, told.more_workers_help) == (2, True)
    alone = estimate(PropagationRequest(100_000_000), max_workers=1, export=True)
    assert told.seconds < alone.seconds


def test_this_process_starts_nothing_and_uses_its_cores() -> None:
    request = PropagationRequest(100_000, members=10_000)
    alone = estimate(request, max_workers=4, workers=0)
    both = estimate(request, max_workers=4, workers=0, worker_cores=2)
    assert alone.seconds == pytest.approx(alone.core_seconds)
    assert both.seconds == pytest.approx(alone.seconds / 2, rel=0.01)


def test_a_run_is_late_when_it_has_taken_four_times_as_long_as_was_said() -> None:
    told = Estimate(workers=1, seconds=5.0, core_seconds=3.0, more_workers_help=False)
    assert not told.is_late(20.0)
    assert told.is_late(20.1)
