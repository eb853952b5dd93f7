"""Claims about what somebody who waits for a propagation is told of its run."""

from __future__ import annotations

import pytest

from frontend.domain.resource import Status
from frontend.domain.run import RunState
from frontend.propagations.run_resource import failed_for_good, of_run, timestamp
from sim.scenario import Failure, FailureReason, PropagationRequest

REQUEST = PropagationRequest(1_000_000)
CLUSTER = {"name": "porta.abc", "dashboard": "http://127.0.0.1:1/clusters/porta.abc"}


def no_template(_cluster: str, own: str | None) -> str | None:
    return own


def run(**fields: object) -> RunState:
    return RunState(**{"digest": "d", "state": "running", "target": 2_000_000, **fields})  # type: ignore[arg-type] # any field may be varied


def test_the_time_left_follows_from_the_rate() -> None:
    resource = of_run(REQUEST, run(done=250_000, rate=50_000.0), Status.RUNNING, no_template)
    assert (resource.progress.done, resource.progress.total) == (250_000, 1_000_000)
    assert resource.progress.eta_s == 15.0


def test_before_the_first_iterations_no_time_is_guessed() -> None:
    for rate in (None, 0.0):
        resource = of_run(REQUEST, run(rate=rate), Status.RUNNING, no_template)
        assert resource.progress.eta_s is None


def test_a_run_for_more_is_done_for_whoever_asked_for_less() -> None:
    resource = of_run(REQUEST, run(done=1_500_000), Status.RUNNING, no_template)
    assert resource.progress.done == 1_000_000


def test_each_result_of_an_ensembles_run_has_a_progress_of_its_own() -> None:
    told = run(of=1_000, done=300 * 1_000, rate=50_000.0)
    ours, longer = (PropagationRequest(steps, members=400) for steps in (1_000, 2_000))
    progress = of_run(ours, told, Status.RUNNING, no_template).progress
    assert (progress.done, progress.total, progress.rate) == (300, 400, 50.0)
    progress = of_run(longer, told, Status.RUNNING, no_template).progress
    assert (progress.done, progress.total, progress.rate) == (0, 400, None)


def test_only_who_waits_in_the_line_has_a_place_in_it() -> None:
    assert of_run(REQUEST, run(position=3), Status.QUEUED, no_template).progress.position == 3
    assert of_run(REQUEST, run(position=3), Status.RUNNING, no_template).progress.position is None


def test_the_cluster_is_shown_with_its_workers_and_the_link_that_is_set() -> None:
    busy = run(cluster=CLUSTER, wanted=4, workers=2)
    cluster = of_run(REQUEST, busy, Status.STARTING, lambda name, _: f"https://d/{name}").cluster
    assert cluster is not None
    assert (cluster.name, cluster.workers, cluster.arrived) == ("porta.abc", 4, 2)
    assert cluster.dashboard == "https://d/porta.abc"


def test_a_run_that_is_over_has_no_cluster() -> None:
    over = run(cluster=CLUSTER, wanted=4, workers=2)
    assert of_run(REQUEST, over, Status.CANCELLED, no_template).cluster is None


def test_what_will_be_tried_again_says_what_went_wrong() -> None:
    waiting = run(state="failed", error="No worker came.", retry_at_ms=5)
    resource = of_run(REQUEST, waiting, Status.QUEUED, no_template)
    assert resource.error is not None
    assert (resource.error.detail, resource.error.final) == ("No worker came.", False)


def test_each_stage_lasts_from_when_this_id_was_asked_for() -> None:
    """The run was asked for at 1 s, for fewer steps, and this id 10 s later."""
    told = run(asked_ms=1_000, asked={REQUEST.id: 11_000}, started_ms=13_000, propagating_ms=16_500)
    timings = of_run(REQUEST, told, Status.RUNNING, no_template).timings
    assert (timings.asked_at, timings.queued_s) == (timestamp(11_000), 2.0)
    assert (timings.starting_s, timings.running_s) == (3.5, None)


def test_who_joins_a_run_waits_for_what_is_left_of_its_stages() -> None:
    told = run(
        asked={REQUEST.id: 11_000}, started_ms=2_000, propagating_ms=5_000, writing_ms=12_000
    )
    timings = of_run(REQUEST, told, Status.RUNNING, no_template).timings
    assert (timings.queued_s, timings.starting_s, timings.running_s) == (0.0, 0.0, 1.0)


def test_a_run_that_is_queued_again_says_nothing_of_its_last_attempt() -> None:
    told = run(state="queued", asked_ms=1_000, started_ms=2_000, propagating_ms=3_000)
    timings = of_run(REQUEST, told, Status.QUEUED, no_template).timings
    assert (timings.queued_s, timings.starting_s) == (None, None)


@pytest.mark.parametrize("made", ["by a run", "at once"])
def test_a_trajectory_that_ends_says_where_and_who(made: str) -> None:
    failure = Failure(700, ("Planet", "Satellite"), FailureReason.COLLISION)
    resource = (
        of_run(REQUEST, run(state="failed", failure=failure), Status.FAILED, no_template)
        if made == "by a run"
        else failed_for_good(REQUEST, failure)
    )
    assert resource.status is Status.FAILED
    assert resource.error is not None
    assert (resource.error.iteration, resource.error.final) == (700, True)
    assert resource.error.agents == ("Planet", "Satellite")


def test_times_are_utc_to_the_millisecond() -> None:
    assert timestamp(1_700_000_000_123) == "2023-11-14T22:13:20.123+00:00"
    assert timestamp(None) is None
