"""What the tests of the run protocol share: requests, stretches, and a clock that can jump."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from frontend.domain.run import ChainEntry
from frontend.storage import keys
from frontend.storage.connection import command
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    import redis

    from frontend.domain.run import Lease
    from frontend.runs.run_queue import RunQueue

INTERVALS: Final = 4  # in each stretch of these tests
MANIFEST: Final = b'{"model":"1"}'
LONG_AGO: Final = 1  # ms since 1970


def request(steps: int, seed: int = 1) -> PropagationRequest:
    return PropagationRequest(steps, Trajectory(seed=seed))


def digest_of(seed: int = 1) -> str:
    return Trajectory(seed=seed).digest


def stretch(position: int) -> tuple[ChainEntry, bytes]:
    """The one stretch at a position: whoever computes it gets these bytes."""
    data = f"stretch {position}".encode() * 50
    checksum = hashlib.sha256(data).hexdigest()
    return ChainEntry(position * INTERVALS, INTERVALS, checksum, 100), data


def entries(count: int) -> list[ChainEntry]:
    return [stretch(position)[0] for position in range(count)]


def head_before(position: int) -> str:
    return stretch(position - 1)[0].checksum if position else ""


def put(runs: RunQueue, lease: Lease, position: int) -> None:
    entry, data = stretch(position)
    runs.put(lease, position=position, previous=head_before(position), entry=entry, data=data)


def owned(runs: RunQueue, steps: int = 1_000, seed: int = 1, token: str = "token") -> Lease:  # noqa: S107  # no secret
    """A run that was asked for and acquired."""
    runs.enqueue(request(steps, seed))
    lease = runs.acquire(digest_of(seed), token, "owner").lease
    assert lease is not None
    return lease


def lapse(client: redis.Redis, digest: str) -> None:
    """Let a lease run out, as time would."""
    client.hset(keys.run(digest), "lease", LONG_AGO)
    client.zadd(keys.ACTIVE, {digest: LONG_AGO})


def let_retry(client: redis.Redis, digest: str) -> None:
    """Let the time to try again come."""
    client.hset(keys.run(digest), "retry_at", LONG_AGO)
    client.zadd(keys.RETRY, {digest: LONG_AGO})


def events(client: redis.Redis, digest: str) -> list[tuple[str, str, str]]:
    """The events of a run: name, state, and what is over."""
    return [
        (fields[b"event"].decode(), fields[b"state"].decode(), fields.get(b"id", b"").decode())
        for _, fields in command(client, "XRANGE", keys.events(digest), "-", "+")
    ]
