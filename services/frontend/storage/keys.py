"""The names of Porta's keys in Redis: one place, so that reader, writer and script agree.

Only slices and the counters of quotas carry a TTL: whatever else had one could be evicted under
`volatile-lru`.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ACTIVE",
    "COUNTERS",
    "EXPIRING",
    "INSTALLATION",
    "LIMITS",
    "MANIFESTS",
    "OVER",
    "QUEUE",
    "REAPER",
    "RECENT",
    "RETRY",
    "RUNNERS",
    "SEQUENCE",
    "chain",
    "ended",
    "events",
    "manifest",
    "of_run",
    "published",
    "record",
    "request",
    "run",
    "slice_of",
    "stretch",
    "stretches",
    "waiting",
]

MANIFESTS: Final = "propagation/"  # what the names of manifests begin with
QUEUE: Final = "run/queue"  # zset: digest -> its number in the line
ACTIVE: Final = "run/active"  # zset: digest -> end of its lease, ms
RETRY: Final = "run/retry"  # zset: digest -> when it may be tried again, ms
OVER: Final = "run/over"  # zset: digest -> when the sweeper looks at what is left of it, ms
SEQUENCE: Final = "run/sequence"  # the last number given out in the line
RUNNERS: Final = "run/runners"  # hash: runner -> its heartbeat, JSON
REAPER: Final = "run/reaper"  # hash: token and lease of the runner that reaps
INSTALLATION: Final = "run/installation"  # the random name of this installation
LIMITS: Final = "run/limits"  # and `:LIMITER/...`: counters of what was started, with a TTL each
RECENT: Final = "run/recent"  # zset: id -> when it was published, ms
COUNTERS: Final = "run/counters"  # hash: what -> how often it happened (counters.py)
EXPIRING: Final = "run/expiring"  # zset: id -> when the result is dropped, ms


def manifest(propagation_id: str) -> str:
    """Name the manifest of a propagation: written last, and with it the result is there."""
    return f"{MANIFESTS}{propagation_id}"


def request(digest: str) -> str:
    """Name the JSON of a trajectory (scenario and seed)."""
    return f"trajectory/{digest}/request"


def chain(digest: str) -> str:
    """Name the list of a trajectory's stretches, in order."""
    return f"trajectory/{digest}/chain"


def stretch(digest: str, position: int) -> str:
    """Name the bytes of one stretch."""
    return f"trajectory/{digest}/stretch/{position}"


def stretches(digest: str, start: int, stop: int) -> list[str]:
    """Name the stretches from `start` to before `stop`."""
    return [stretch(digest, position) for position in range(start, stop)]


def published(digest: str) -> str:
    """Name the set of ids that were published from a trajectory."""
    return f"trajectory/{digest}/published"


def slice_of(digest: str, interval: int) -> str:
    """Name the bytes of one slice, which has a TTL."""
    return f"trajectory/{digest}/slice/{interval}"


def run(digest: str) -> str:
    """Name the record of the run that extends a trajectory."""
    return f"run/{digest}"


def waiting(digest: str) -> str:
    """Name the zset of the ids that wait for a run, with their steps."""
    return f"run/{digest}/waiting"


def ended(digest: str) -> str:
    """Name the zset of `<id> cancelled` and `<id> failed`, with the time of each."""
    return f"run/{digest}/ended"


def events(digest: str) -> str:
    """Name the stream of a run's events."""
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
