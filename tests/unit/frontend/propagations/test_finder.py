"""Claims about what is known of propagations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.admission import Admission
from frontend.domain.resource import Status
from frontend.domain.waiting import NO_RUNNER
from frontend.errors import NotFound
from frontend.propagations.finder import Finder, Known
from frontend.propagations.inline_rule import InlineRule
from frontend.propagations.opener import Opener
from frontend.propagations.verified_results import VerifiedResults
from frontend.runs.runner_registry import RunnerRegistry
from frontend.runs.runner_status import RunnerStatus
from frontend.settings import Settings
from frontend.storage import keys
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    from tests.stored import Stored

LARGE = PropagationRequest(2 * Trajectory().interval)


@pytest.fixture
def finder(stored: Stored) -> Finder:
    runner_status = RunnerStatus(RunnerRegistry(stored.client))
    opener = Opener(InlineRule(10_000), stored.store, Admission(memory=2**20, waiters=8))
    results = VerifiedResults(stored.store, opener, lambda *_: pytest.fail("nothing is damaged"))
    return Finder(Settings(), stored.store, results, stored.runs, runner_status)


def test_of_what_was_never_asked_for_nothing_is_known(finder: Finder) -> None:
    assert finder.known(LARGE) == Known(None, has_stretches=False)


def test_a_run_says_where_its_propagations_stand_and_why_they_wait(
    finder: Finder, stored: Stored
) -> None:
    stored.runs.enqueue(LARGE)
    known = finder.known(LARGE)
    assert known.resource is not None
    assert known.resource.status is Status.QUEUED
    assert known.resource.error is not None
    assert known.resource.error.detail == NO_RUNNER.sentence
    assert not known.has_stretches


def test_of_another_length_it_knows_the_stretches(finder: Finder, stored: Stored) -> None:
    stored.run(LARGE, 2)
    assert finder.known(PropagationRequest(LARGE.steps + 1)) == Known(None, has_stretches=True)


def test_a_result_that_was_removed_is_not_found(finder: Finder) -> None:
    with pytest.raises(NotFound, match="was removed"):
        finder.finished(LARGE)


def test_a_run_without_its_trajectory_is_not_listed(finder: Finder, stored: Stored) -> None:
    for seed in (1, 2):
        stored.runs.enqueue(PropagationRequest(LARGE.steps, Trajectory(seed=seed)))
    stored.client.delete(keys.request(Trajectory(seed=1).digest))
    assert [one.seed for one in finder.under_way()] == [2]
