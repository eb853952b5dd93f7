"""The names of Porta's keys in Redis.

Only slices, blocks of ensembles, partial results, the counters of quotas and what an order came to
have a TTL: under `volatile-lru`, any key with one may be evicted.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ACTIVE",
    "ANSWERS",
    "ANSWER_BYTES",
    "COUNTERS",
    "EXPIRING",
    "INSTALLATION",
    "LIMITS",
    "MANIFESTS",
    "OF_ANSWERS",
    "OVER",
    "PROBE",
    "QUEUE",
    "REAPER",
    "RECENT",
    "RETRY",
    "RUNNERS",
    "SEQUENCE",
    "answer",
    "chain",
    "ended",
    "ensemble",
    "ensemble_block",
    "ensemble_blocks",
    "ensemble_partial",
    "ensemble_result",
    "events",
    "manifest",
    "of_answers",
    "of_run",
    "order",
    "published",
    "record",
    "request",
    "run",
    "slice_of",
    "stretch",
    "stretches",
    "waiting",
]

MANIFESTS: Final = "propagation/"  # the prefix of manifests
QUEUE: Final = "run/queue"  # zset: digest -> its number in the queue
ACTIVE: Final = "run/active"  # zset: digest -> end of its lease, ms
RETRY: Final = "run/retry"  # zset: digest -> when it may be tried again, ms
OVER: Final = "run/over"  # zset: digest -> when the sweeper cleans up after it, ms
SEQUENCE: Final = "run/sequence"  # the last number that was given out in the queue
RUNNERS: Final = "run/runners"  # hash: runner -> its heartbeat, JSON
REAPER: Final = "run/reaper"  # hash: token and lease of the runner that reaps
INSTALLATION: Final = "run/installation"  # the random name of this installation
LIMITS: Final = "run/limits"  # and `:LIMITER/...`: quota counters, each with a TTL
RECENT: Final = "run/recent"  # zset: id -> when it was published, ms
COUNTERS: Final = "run/counters"  # hash: field -> count (counters.py)
ANSWERS: Final = "run/answers"  # zset: `<id> <digest>` of an answer at once -> when it was stored
ANSWER_BYTES: Final = "run/answers/bytes"  # hash: `<id> <digest>` -> its bytes; `total`: of all
PROBE: Final = "run/probe"  # what `/readyz` writes to see whether Redis takes writes
EXPIRING: Final = "run/expiring"  # zset: `<id> <digest>` -> when the result expires, ms


OF_ANSWERS: Final = {"answers": ANSWERS, "answer_bytes": ANSWER_BYTES}  # by their names in scripts


def answer(propagation_id: str, digest: str) -> str:
    """Return the member of an answer at once in the lists that remove results."""
    return f"{propagation_id} {digest}"


def of_answers(digest: str) -> dict[str, str]:
    """Return the keys of a trajectory's answers at once by their names in `lua/answer.lua`."""
    return {**OF_ANSWERS, "siblings": f"trajectory/{digest}/answers"}  # zset, as ANSWERS


def manifest(propagation_id: str) -> str:
    """Return the key of a propagation's manifest, which is written last: it makes the result."""
    return f"{MANIFESTS}{propagation_id}"


def request(digest: str) -> str:
    """Return the key of a trajectory's JSON (scenario, seed and member)."""
    return f"trajectory/{digest}/request"


def chain(digest: str) -> str:
    """Return the key of the list of a trajectory's stretches, in order."""
    return f"trajectory/{digest}/chain"


def stretch(digest: str, position: int) -> str:
    """Return the key of one stretch's bytes."""
    return f"trajectory/{digest}/stretch/{position}"


def stretches(digest: str, start: int, stop: int) -> list[str]:
    """Return the keys of the stretches from `start` to before `stop`."""
    return [stretch(digest, position) for position in range(start, stop)]


def ensemble(digest: str) -> str:
    """Return the key of the zset of the step counts of which members have blocks.

    `digest` is that of the trajectory of member 0, here and in the keys of blocks.
    """
    return f"ensemble/{digest}"


def ensemble_blocks(digest: str, steps: int, analysed: str = "") -> str:
    """Return the key of the index of blocks: a hash, name -> entry (JSON).

    `analysed` stands for the analysed agents where these are not the default.
    """
    return f"ensemble/{digest}/{steps}{analysed and f'-{analysed}'}"


def ensemble_block(digest: str, steps: int, name: int | str, analysed: str = "") -> str:
    """Return the key of a block: a hash of its parts. Its name is that of its first member.

    With the number of its members (`256+44`) where a block of a larger ensemble has that name.
    """
    return f"ensemble/{digest}/{steps}/{name}{analysed and f'/{analysed}'}"


def ensemble_result(propagation_id: str) -> str:
    """Return the key of what an ensemble's manifest rests on: a hash of parts, without a TTL."""
    return f"ensemble/{propagation_id}/result"


def ensemble_partial(propagation_id: str) -> str:
    """Return the key of what is known of an ensemble while its run goes on: a hash of parts."""
    return f"ensemble/{propagation_id}/partial"


def published(digest: str) -> str:
    """Return the key of the set of ids whose results need a trajectory, stored or remade."""
    return f"trajectory/{digest}/published"


def slice_of(digest: str, interval: int) -> str:
    """Return the key of one slice's bytes, which has a TTL."""
    return f"trajectory/{digest}/slice/{interval}"


def order(order_id: str) -> str:
    """Return the key of an order and what it came to (JSON), which has a TTL."""
    return f"run/order/{order_id}"


def run(digest: str) -> str:
    """Return the key of the record of the run that extends a trajectory."""
    return f"run/{digest}"


def waiting(digest: str) -> str:
    """Return the key of the zset of the ids that wait for a run, with their steps."""
    return f"run/{digest}/waiting"


def ended(digest: str) -> str:
    """Return the key of the zset of `<id> cancelled` and `<id> failed`, with the time of each."""
    return f"run/{digest}/ended"


def events(digest: str) -> str:
    """Return the key of the stream of a run's events."""
    return f"run/{digest}/events"


def record(digest: str) -> list[str]:
    """Return the keys of a run that its snapshot reads (`lua/record.lua`)."""
    return [run(digest), waiting(digest), ended(digest), events(digest), chain(digest)]


def of_run(digest: str) -> dict[str, str]:
    """Return the keys of a run by the names that the scripts have for them (`lua/prelude.lua`)."""
    return {
        "run": run(digest),
        "waiting": waiting(digest),
        "ended": ended(digest),
        "events": events(digest),
        "chain": chain(digest),
        "queue": QUEUE,
        "active": ACTIVE,
        "retry": RETRY,
        "over": OVER,
        "sequence": SEQUENCE,
        "counters": COUNTERS,
    }
