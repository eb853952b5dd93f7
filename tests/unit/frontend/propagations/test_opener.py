"""Claims about opening propagations from what is stored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import orjson
import pytest

from frontend.admission import Admission, fair_gate
from frontend.domain import manifest
from frontend.errors import BadRequest, Busy
from frontend.propagations.inline_rule import InlineRule
from frontend.propagations.opener import Opener, Unsupported
from frontend.storage import keys
from sim.engine import Propagation
from sim.scenario import PropagationRequest, Trajectory
from tests.busy_admission import occupied
from tests.crowded import crowded

if TYPE_CHECKING:
    from tests.stored import Stored

INTERVAL = Trajectory().interval
LARGE = PropagationRequest(2 * INTERVAL)


@pytest.fixture
def opener(stored: Stored) -> Opener:
    return Opener(InlineRule(10_000), stored.store, Admission(memory=2**20, waiters=8))


def manifest_of(request: PropagationRequest, **changed: object) -> bytes:
    """A manifest with a right checksum, whatever it says."""
    opened = Propagation.open(request.trajectory, request.steps)
    document = orjson.loads(manifest.compose(request, opened, manifest.Computed(by="a test")))
    document["result"] |= changed
    return manifest.seal(document)


def test_a_small_propagation_needs_nothing_stored(opener: Opener) -> None:
    assert opener.open(PropagationRequest(500)).records == 805


def test_a_large_one_is_opened_from_its_stretches_once(opener: Opener, stored: Stored) -> None:
    stored.run(LARGE, 2)
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(opener.open, [LARGE] * 8))
    assert {id(one) for one in opened} == {id(opened[0])}
    straight = Propagation.open(LARGE.trajectory, LARGE.steps)
    assert opened[0].end == straight.end
    opener.forget(LARGE)
    assert opener.open(LARGE) is not opened[0]


@pytest.mark.parametrize("damage", [None, b"altered"])
def test_lost_stretches_do_not_support_it(
    opener: Opener, stored: Stored, damage: bytes | None
) -> None:
    stored.run(LARGE, 2)
    key = keys.stretch(LARGE.trajectory.digest, 0)
    stored.client.delete(key)
    if damage is not None:
        stored.client.set(key, damage)
    with pytest.raises(Unsupported):
        opener.open(LARGE)
    assert stored.store.chain(LARGE.trajectory.digest) == []


def test_it_is_held_to_its_manifest(opener: Opener, stored: Stored) -> None:
    stored.run(LARGE, 2)
    stored.client.set(keys.manifest(LARGE.id), manifest_of(LARGE, checkpoints_checksum="0"))
    with pytest.raises(Unsupported):
        opener.open(LARGE, is_published=True)
    assert stored.store.chain(LARGE.trajectory.digest) == []
    stored.put_stretch(LARGE.trajectory, 2)
    stored.client.set(keys.manifest(LARGE.id), manifest_of(LARGE))
    assert opener.open(LARGE, is_published=True).steps == LARGE.steps


@pytest.mark.parametrize("changed", [{"records": 1}, {"statistics": {}}], ids=str)
def test_wrong_statistics_cost_the_manifest_and_no_stretch(
    opener: Opener, stored: Stored, changed: dict[str, object]
) -> None:
    stored.run(LARGE, 2)
    stored.client.set(keys.manifest(LARGE.id), manifest_of(LARGE, **changed))
    with pytest.raises(Unsupported):
        opener.open(LARGE, is_published=True)
    assert len(stored.store.chain(LARGE.trajectory.digest)) == 1


def test_a_wrong_manifest_of_a_small_one_costs_no_stretch(opener: Opener, stored: Stored) -> None:
    stored.run(LARGE, 2)
    small = PropagationRequest(500)
    stored.client.set(keys.manifest(small.id), manifest_of(small, records=1))
    with pytest.raises(Unsupported):
        opener.open(small, is_published=True)
    assert len(stored.store.chain(LARGE.trajectory.digest)) == 1


def test_what_is_computed_at_once_needs_a_turn_and_what_is_open_does_not(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_gate, "WAIT_S", 0.1)
    admission = Admission(memory=2**20, waiters=8, cores=1)
    opener = Opener(InlineRule(10_000), stored.store, admission)
    opener.open(PropagationRequest(500))
    with occupied(admission):
        with pytest.raises(Busy):
            opener.open(PropagationRequest(501))
        assert opener.open(PropagationRequest(500)).records == 805
    assert opener.open(PropagationRequest(501)).steps == 501


def test_of_many_agents_it_holds_no_more_than_it_may(stored: Stored) -> None:
    trajectory = Trajectory(crowded(300))
    request = PropagationRequest(2 * trajectory.interval, trajectory)
    stored.run(request, 2)
    budget_bytes = 2**22
    admission = Admission(memory=2**20, waiters=8)
    opener = Opener(InlineRule(0), stored.store, admission, budget_bytes=budget_bytes)
    opened = opener.open(request)
    whole = Propagation.open(trajectory, request.steps)
    assert whole.nbytes > 10 * budget_bytes
    assert opened.nbytes < 1.2 * budget_bytes
    assert opened.summary() == whole.summary()


def test_one_that_needs_more_than_there_is_is_refused_with_a_sentence(stored: Stored) -> None:
    trajectory = Trajectory(crowded(300))
    request = PropagationRequest(2 * trajectory.interval, trajectory)
    stored.run(request, 2)
    admission = Admission(memory=2**20, waiters=8)
    opener = Opener(InlineRule(0), stored.store, admission, budget_bytes=100_000)
    with pytest.raises(BadRequest, match="ask for fewer steps or agents"):
        opener.open(request)
