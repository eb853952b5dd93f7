"""Claims about results that need no run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from frontend.admission import Admission
from frontend.domain.resource import Status
from frontend.propagations.inline import BYTES_AN_AGENT, InlineResults
from frontend.propagations.inline_rule import InlineRule
from frontend.propagations.opener import Opener
from sim.scenario import NANO, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from tests.stored import Stored

INTERVAL = Trajectory().interval
SEEDED = PropagationRequest(500, Trajectory(seed=7))
RULE = InlineRule(10_000)


@pytest.fixture
def inline(stored: Stored) -> InlineResults:
    opener = Opener(RULE, stored.store, Admission(memory=2**20, waiters=8))
    return InlineResults(RULE, stored.store, stored.runs, opener)


def crowd() -> PropagationRequest:
    """A small request whose manifest is bulky."""
    planet, satellite = NANO.agents
    many = [replace(satellite, name=f"Satellite {i}") for i in range(200)]
    return PropagationRequest(18, Trajectory(replace(NANO, agents=(planet, *many))))


def test_a_small_request_rests_on_nothing(inline: InlineResults) -> None:
    assert inline.basis(PropagationRequest(500)) == []


def test_a_large_one_rests_on_the_stretches_that_it_needs(
    inline: InlineResults, stored: Stored
) -> None:
    large = PropagationRequest(2 * INTERVAL)
    assert inline.basis(large) is None
    stored.run(large, 2)
    chain = stored.store.chain(large.trajectory.digest)
    assert inline.basis(large) == chain
    assert inline.basis(large, has_stretches=False) is None
    assert inline.basis(PropagationRequest(3 * INTERVAL)) is None


def test_a_result_is_published_with_its_reused_steps(inline: InlineResults, stored: Stored) -> None:
    large = PropagationRequest(2 * INTERVAL)
    stored.run(large, 2)
    covered = PropagationRequest(INTERVAL + 1)
    basis = inline.basis(covered)
    assert basis is not None
    resource = inline.compute(covered, basis)
    assert (resource.status, resource.timings.reused_steps) == (Status.COMPLETE, INTERVAL + 1)
    assert stored.store.document(covered.id) is not None


def test_a_bulky_result_is_not_stored_but_recomputed(inline: InlineResults, stored: Stored) -> None:
    computed = inline.compute(crowd(), [])
    assert stored.store.document(crowd().id) is None
    recomputed = inline.recompute(crowd())
    assert recomputed is not None
    assert recomputed.statistics == computed.statistics
    assert inline.recompute(SEEDED) is None


def test_what_it_leaves_in_redis_is_estimated(inline: InlineResults) -> None:
    canonical = len(NANO.canonical)
    assert inline.stored_bytes(PropagationRequest(500)) == 0
    assert inline.stored_bytes(SEEDED) == 2 * BYTES_AN_AGENT + canonical
    assert inline.stored_bytes(PropagationRequest(2 * INTERVAL, SEEDED.trajectory)) == 0
    bulky = crowd()
    assert inline.stored_bytes(bulky) == len(bulky.trajectory.scenario.canonical)
    inline.compute(bulky, [])
    assert inline.stored_bytes(bulky) == 0
