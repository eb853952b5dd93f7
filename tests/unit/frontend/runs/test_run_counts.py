"""Claims about how many runs there are, by where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.runs.run_counts import STATES, count_runs
from frontend.runs.run_queue import RunQueue
from frontend.storage.connection import connect
from tests.run_protocol import digest_of, lapse, owned, request

if TYPE_CHECKING:
    import redis


def counted(client: redis.Redis) -> dict[str, int]:
    """What there is, without what there is none of."""
    return {state: number for state, number in count_runs(client).items() if number}


def test_without_runs_every_state_is_told_as_zero(redis_client: redis.Redis) -> None:
    assert count_runs(redis_client) == dict.fromkeys(STATES, 0)


def test_a_run_is_counted_where_it_stands(redis_url: str) -> None:
    with connect(redis_url) as client:
        runs = RunQueue(client)
        runs.enqueue(request(1_000))
        assert counted(client) == {"queued": 1}
        lease = runs.acquire(digest_of(), "t", "me").lease
        assert lease is not None
        assert counted(client) == {"starting": 1}
        runs.progress(lease, stage="propagating")
        assert counted(client) == {"running": 1}
        runs.progress(lease, stage="writing")
        assert counted(client) == {"writing": 1}
        runs.release(lease, "failed", "It broke.")
        assert counted(client) == {"retrying": 1}


def test_a_run_whose_owner_has_gone_is_abandoned(redis_url: str) -> None:
    with connect(redis_url) as client:
        owned(RunQueue(client))
        lapse(client, digest_of())
        assert counted(client) == {"abandoned": 1}
