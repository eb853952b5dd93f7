"""How many runs there are, by state."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from frontend.storage import keys
from frontend.storage.connection import now_ms, storage_errors

if TYPE_CHECKING:
    import redis

__all__ = ["STATES", "count_runs"]

RETRYING, QUEUED, ABANDONED = "retrying", "queued", "abandoned"
STAGES: Final = {b"starting": "starting", b"propagating": "running", b"writing": "writing"}
STATES: Final = (QUEUED, *STAGES.values(), RETRYING, ABANDONED)


def count_runs(client: redis.Redis) -> dict[str, int]:
    """Count the runs that are not over, by state; raises StorageError.

    `abandoned` are those whose lease has expired, and that no runner has taken over yet.
    """
    with storage_errors():
        now = now_ms(client)
        with client.pipeline(transaction=False) as pipe:
            pipe.zcard(keys.QUEUE)
            pipe.zcard(keys.RETRY)
            pipe.zcount(keys.ACTIVE, "-inf", now)
            pipe.zrangebyscore(keys.ACTIVE, f"({now}", "+inf")
            queued, retrying, abandoned, owned = pipe.execute()
            for digest in owned:
                pipe.hget(keys.run(digest.decode()), "stage")
            stages = pipe.execute()
    by_stage = Counter(STAGES[stage] for stage in stages if stage in STAGES)
    waiting = {QUEUED: queued, RETRYING: retrying, ABANDONED: abandoned}
    return {state: waiting.get(state, by_stage[state]) for state in STATES}
