"""Claims about what a run's record says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.domain.resource import Status
from frontend.domain.run import ChainEntry, RunState, State
from sim.errors import Failure, FailureReason, IntegrityError


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("queued", Status.QUEUED),
        ("running", Status.RUNNING),
        ("publishing", Status.RUNNING),
        ("done", Status.COMPLETE),
        ("failed", Status.FAILED),
        ("cancelled", Status.CANCELLED),
    ],
)
def test_each_state_is_a_status(state: State, status: Status) -> None:
    assert RunState(digest="d", state=state, stage="propagating").status is status


def test_a_run_whose_cluster_is_not_there_yet_is_starting() -> None:
    assert RunState(digest="d", state="running", stage="starting").status is Status.STARTING


def test_a_run_that_will_be_tried_again_is_queued() -> None:
    run = RunState(digest="d", state="failed", retry_at_ms=1)
    assert run.status is Status.QUEUED
    assert run.is_under_way


def test_each_propagation_of_a_run_has_a_status_of_its_own() -> None:
    failure = Failure(100, ("Planet",), FailureReason.DIVERGENCE)
    run = RunState(
        digest="d",
        state="running",
        waiting={"50": 50},
        ended={"40": Status.CANCELLED},
        failure=failure,
    )
    assert run.status_of("50", 50) is Status.RUNNING
    assert run.status_of("40", 40) is Status.CANCELLED
    assert run.status_of("101", 101) is Status.FAILED
    assert run.status_of("30", 30) is None


def test_an_event_is_told_to_who_waits() -> None:
    assert RunState(digest="d", state="queued").status_of("50", 50) is Status.QUEUED


def test_fields_of_a_later_version_are_left_out() -> None:
    run = RunState.from_fields("d", {b"state": b"queued", b"novelty": b"1"})
    assert run.state == "queued"


entries = st.builds(
    ChainEntry,
    first=st.integers(0, 2**40),
    count=st.integers(0, 256),
    checksum=st.text("0123456789abcdef", min_size=64, max_size=64),
    records=st.integers(0, 2**40),
)


@given(entries)
def test_an_entry_of_the_chain_reads_back_as_it_was(entry: ChainEntry) -> None:
    assert ChainEntry.from_bytes(entry.to_bytes()) == entry
    assert entry.end - entry.first == entry.count


@given(st.binary() | st.sampled_from([b"[]", b"{}", b"null", b'{"first":-1,"count":1}']))
def test_anything_else_is_no_entry(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        ChainEntry.from_bytes(data)
