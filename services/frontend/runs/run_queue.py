"""The run protocol: one run per trajectory, whoever asks, and one owner of it at a time.

Guarantees, each by one Lua script in one step (`lua/`), with Redis' own clock:

- Whoever asks joins the run that is under way, or lines up; the line is bounded, and first come
  is first served. At most `max_runs` living leases exist.
- A lease that has run out is lost, also if nobody has taken it over; every call of its owner is
  then refused with `LeaseLost`, and so is every call of an owner of whom Redis knows nothing.
- Stretches are appended in order, each to the one it was computed from; a manifest is published
  when all that it rests on is there.
- Every call may be repeated with the same arguments (a reply may be lost) and does nothing twice.
- What fails is tried again, at most `max_attempts` times in a row without a new stretch.

Calls are synchronous and short; they raise `StorageError` when Redis can't be had, and are
never retried here. An asyncio caller uses `asyncio.to_thread`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

import orjson

from frontend.domain.resource import Status
from frontend.domain.run import Acquired, Lease, Renewal, RunState, pairs
from frontend.errors import ChainBroken, LeaseLost, QueueFull, ValueTooLarge
from frontend.storage import keys
from frontend.storage.connection import command, now_ms, storage_errors
from frontend.storage.scripts import Scripts
from sim.scenario import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import redis

    from frontend.domain.run import ChainEntry, Stage
    from sim.scenario import Failure, PropagationRequest

__all__ = ["VALUE_LIMIT_BYTES", "Enqueued", "RunQueue", "Snapshot"]

Verdict = Literal["queued", "extended", "joined", "failed", "complete"]

VALUE_LIMIT_BYTES: Final = 512 * 2**20  # proto-max-bulk-len, Redis' default
LEASE_MS: Final = 10_000
WAITING_FOR_ONE_RUN: Final = 256
RECENT_KEPT: Final = 10_000
RETRY_AFTER_S: Final = 10
BACK_OFF_MS: Final = 2_000  # doubled with each attempt
LEASES_READ: Final = 10_000
RECORD_LINGERS_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What came of enqueueing, and the run then; None where the result is there already."""

    verdict: Verdict
    run: RunState | None

    @property
    def adds_work(self) -> bool:
        """Whether there is more to compute than before."""
        return self.verdict in {"queued", "extended"}


class Snapshot(NamedTuple):
    """A run's record, the id of the last event in it ("0-0": none), and the stored stretches."""

    run: RunState | None
    event_id: str
    stretches: int


class RunQueue:
    """The runs of one installation, as asked for, owned, and read."""

    def __init__(  # keyword-only settings, each with its default
        self,
        client: redis.Redis,
        *,
        lease_ms: int = LEASE_MS,
        max_runs: int = 4,
        max_waiting: int = 100,
        max_attempts: int = 4,
        back_off_ms: int = BACK_OFF_MS,
        result_ttl_s: int | None = None,
    ) -> None:
        self.lease_ms = lease_ms
        self._client = client
        self._scripts = Scripts(client)
        self._max_runs = max_runs
        self._max_waiting = max_waiting
        self._max_attempts = max_attempts
        self._back_off_ms = back_off_ms
        self._result_ttl_s = result_ttl_s

    # Callers who ask.

    def enqueue(self, request: PropagationRequest, *, retry: bool = False) -> Enqueued:
        """Join the run that is under way for this trajectory, or enqueue a new one.

        A propagation that failed for good is returned as failed; `retry` tries it again unless
        the trajectory itself ends. Raises QueueFull, and StorageFull: a full storage refuses new
        work at the door.
        """
        digest = request.trajectory.digest
        verdict, *rest = self._scripts.on_run(
            "enqueue",
            digest,
            *(request.id, request.steps, canonical_json(request.trajectory.to_json())),
            *(self._max_waiting, WAITING_FOR_ONE_RUN, int(retry)),
            request=keys.request(digest),
            published=keys.published(digest),
            manifest=keys.manifest(request.id),
        )
        if verdict == b"full":
            raise QueueFull(waiting=rest[0], retry_after_s=RETRY_AFTER_S)
        run = _snapshot(digest, rest[0]).run if rest else None
        return Enqueued(cast("Verdict", verdict.decode()), run)

    def cancel(self, request: PropagationRequest) -> bool:
        """Stop waiting for a propagation; its run goes on for whoever else waits.

        False: nobody waits for it.
        """
        verdict: bytes = self._scripts.on_run("cancel", request.trajectory.digest, request.id)
        return verdict == b"cancelled"

    def state(self, digest: str) -> RunState | None:
        """Read a run's record; None where there is none."""
        return self.snapshot(digest).run

    def snapshot(self, digest: str) -> Snapshot:
        """Read a run's record, the event that it includes, and the length of its chain."""
        return _snapshot(digest, self._scripts.on_run("snapshot", digest))

    def line_length(self) -> int:
        """Count the runs that wait for a slot, or for being tried again."""
        with storage_errors():
            return int(self._client.zcard(keys.QUEUE)) + int(self._client.zcard(keys.RETRY))

    def under_way(self, limit: int = 100) -> list[RunState]:
        """Read the runs that have an owner, then those to be tried again, then the queue."""
        with storage_errors(), self._client.pipeline(transaction=False) as pipe:
            for name in (keys.ACTIVE, keys.RETRY, keys.QUEUE):
                pipe.zrange(name, 0, limit - 1)
            found = [digest.decode() for digests in pipe.execute() for digest in digests]
        digests = found[:limit]
        if not digests:
            return []
        records = [key for digest in digests for key in keys.record(digest)]
        replies = self._scripts.call("snapshots", {"queue": keys.QUEUE, "runs": records}, *digests)
        runs = (_snapshot(*pair).run for pair in zip(digests, replies, strict=True))
        return [run for run in runs if run is not None]

    # Owners.

    def candidates(self, limit: int = 16) -> list[str]:
        """List whom to acquire next, best first: abandoned runs, those to try again, the line."""
        lists = {"active": keys.ACTIVE, "retry": keys.RETRY, "queue": keys.QUEUE}
        found = self._scripts.call("candidates", lists, limit)
        return [digest.decode() for digest in found]

    def acquire(self, digest: str, fencing_token: str, owner: str) -> Acquired:
        """Become the owner of a run if it is free; `fencing_token` is new and random."""
        reply = self._scripts.on_run(
            "acquire",
            digest,
            fencing_token,
            owner,
            self.lease_ms,
            self._max_runs,
            self._max_attempts,
        )
        kind: Literal["run", "mine", "busy", "full", "done"] = reply[0].decode()
        epoch, position, head, intervals, target, attempts = reply[1:7]
        return Acquired(
            kind=kind,
            lease=Lease(digest, fencing_token, epoch) if kind in {"run", "mine"} else None,
            next=position,
            head=head.decode(),
            intervals=intervals,
            target=target,
            attempts=attempts,
            waiting=pairs(reply[7:]),
        )

    def renew(self, lease: Lease) -> Renewal:
        """Keep the lease for another `lease_ms`; raises LeaseLost."""
        reply = self._owner("renew", lease, self.lease_ms)
        return Renewal(bool(reply[1]), reply[2], pairs(reply[3:]))

    def progress(  # whichever is known; each is one field of the record
        self,
        lease: Lease,
        *,
        stage: Stage | None = None,
        done: int | None = None,
        rate: float | None = None,
        workers: int | None = None,
        wanted: int | None = None,
        cluster: Mapping[str, object] | None = None,
    ) -> None:
        """Say how far the run is (what is None is as before); raises LeaseLost.

        `done` counts iterations from the trajectory's beginning, `rate` is iterations a second,
        `workers` are there of the `wanted`, `cluster` is any JSON object.
        """
        named = {"stage": stage, "done": done, "rate": rate, "workers": workers, "wanted": wanted}
        told: dict[str, str | float | bytes] = {k: v for k, v in named.items() if v is not None}
        if cluster is not None:
            told["cluster"] = orjson.dumps(dict(cluster))
        self._owner("progress", lease, *(word for pair in told.items() for word in pair))

    def put(
        self, lease: Lease, *, position: int, previous: str, entry: ChainEntry, data: bytes
    ) -> None:
        """Append stretch `position`, computed from the one with the checksum `previous`.

        Raises LeaseLost, StorageFull, or ValueTooLarge; nothing is written then.
        """
        if len(data) > VALUE_LIMIT_BYTES:
            raise ValueTooLarge(len(data), VALUE_LIMIT_BYTES)
        words = (position, previous, entry.checksum, entry.to_bytes(), data)
        self._owner("put", lease, *words, stretch=keys.stretch(lease.digest, position))

    def publish(
        self,
        lease: Lease,
        request: PropagationRequest,
        manifest: bytes,
        chain: Sequence[ChainEntry],
    ) -> bool:
        """Publish a result that rests on the stretches `chain`; False: nobody wants it any more.

        Raises LeaseLost, and ChainBroken where a stretch is not there.
        """
        return self._publish("publish", request, manifest, chain, lease.fencing_token, lease.epoch)

    def publish_derived(
        self, request: PropagationRequest, manifest: bytes, chain: Sequence[ChainEntry] = ()
    ) -> None:
        """Publish a result that needs no run: computed at once, or covered by the chain.

        The first to publish wins. Raises StorageFull, and ChainBroken.
        """
        self._publish("derive", request, manifest, chain, "", 0)

    def finish(self, lease: Lease) -> Literal["covered", "queued", "done"]:
        """Give the run back with everything published up to the target; raises LeaseLost.

        `covered`: somebody joined meanwhile, publish that and finish again. `queued`: more was
        asked for, and waits for its own turn in the line.
        """
        verdict: Literal["covered", "queued", "done"] = self._owner("finish", lease).decode()
        return verdict

    def release(
        self, lease: Lease, outcome: Literal["requeue", "failed", "cancelled"], error: str = ""
    ) -> RunState | None:
        """Give the run back before its end; raises LeaseLost.

        `requeue`: nothing is wrong with it. `failed`: tried again later unless it has been too
        often, `error` is the sentence that people read. `cancelled`: as a renewal asked for.
        """
        self._owner("release", lease, outcome, error, self._back_off_ms, self._max_attempts)
        return self.state(lease.digest)

    def end(self, lease: Lease, failure: Failure) -> RunState | None:
        """Give back the run of a trajectory that ends in a failure; raises LeaseLost.

        Whoever waits for more than its good iterations is told, now and whenever they ask again.
        """
        why = canonical_json(failure.to_json())
        self._owner("release", lease, "ended", why, self._back_off_ms, self._max_attempts)
        return self.state(lease.digest)

    def living(self) -> dict[str, str]:
        """Return the fencing token of each living lease, by the digest of its run.

        Whoever compares clusters with leases lists the clusters first: a cluster is asked for
        only under a lease, so one without a lease here has been left behind.
        """
        with storage_errors():
            since = f"({now_ms(self._client)}"
            digests = self._members(keys.ACTIVE, since, "+inf", LEASES_READ)
            with self._client.pipeline(transaction=False) as pipe:
                for digest in digests:
                    pipe.hget(keys.run(digest), "token")
                tokens = pipe.execute()
        return {d: t.decode() for d, t in zip(digests, tokens, strict=True) if t is not None}

    def sweep(self, limit: int = 100) -> int:
        """Put away what is left of runs that have been over for a while; tell of how many.

        First go the events, a day later the record, and the stretches of a trajectory from
        which nothing was ever published.
        """
        with storage_errors():
            due = self._members(keys.OVER, "-inf", str(now_ms(self._client)), limit)
        swept = [self._sweep(digest) for digest in due]
        return sum(verdict != b"kept" for verdict in swept)

    def _members(self, key: str, low: str, high: str, limit: int) -> list[str]:
        found = command(self._client, "ZRANGEBYSCORE", key, low, high, "LIMIT", 0, limit)
        return [member.decode() for member in found]

    def _sweep(self, digest: str) -> bytes:
        with storage_errors():
            length = self._client.llen(keys.chain(digest))
        verdict: bytes = self._scripts.on_run(
            "sweep",
            *(digest, length, RECORD_LINGERS_MS),
            published=keys.published(digest),
            request=keys.request(digest),
            stretches=keys.stretches(digest, 0, length),
        )
        return verdict

    def _publish(  # private: the two ways to publish, in one place
        self,
        script: str,
        request: PropagationRequest,
        manifest: bytes,
        chain: Sequence[ChainEntry],
        fencing_token: str,
        epoch: int,
    ) -> bool:
        digest = request.trajectory.digest
        life_s = 0 if request.trajectory.is_default else self._result_ttl_s or 0
        verdict, *where = self._scripts.on_run(
            script,
            digest,
            *(fencing_token, epoch, request.id, request.steps, manifest),
            *(len(chain), chain[-1].checksum if chain else "", life_s * 1000, RECENT_KEPT),
            manifest=keys.manifest(request.id),
            published=keys.published(digest),
            recent=keys.RECENT,
            expiring=keys.EXPIRING,
            stretches=keys.stretches(digest, 0, len(chain)),
        )
        if verdict == b"lost":
            raise LeaseLost(digest)
        if verdict == b"broken":
            raise ChainBroken(digest, where[0], "it is not what the result was computed from")
        return bool(verdict != b"unwanted")

    def _owner(self, script: str, lease: Lease, *args: str | float | bytes, **more: str) -> Any:  # noqa: ANN401  # a reply's shape is its script's
        reply = self._scripts.on_run(
            script, lease.digest, lease.fencing_token, lease.epoch, *args, **more
        )
        if b"lost" in (reply, reply[0] if isinstance(reply, list) else None):
            raise LeaseLost(lease.digest)
        return reply


def _snapshot(digest: str, reply: Sequence[Any]) -> Snapshot:
    words, waiting, ended, rank, event_id, stretches = reply
    fields: dict[bytes, bytes] = dict(zip(words[::2], words[1::2], strict=True))
    if b"state" not in fields:
        return Snapshot(None, event_id.decode(), stretches)
    run = RunState.from_fields(
        digest,
        fields,
        position=None if rank < 0 else rank + 1,
        waiting=pairs(waiting),
        ended=_statuses(ended),
    )
    return Snapshot(run, event_id.decode(), stretches)


def _statuses(ended: Sequence[bytes]) -> dict[str, Status]:
    """Read `<id> cancelled` and `<id> failed`."""
    words = (member.decode().split(" ", 1) for member in ended)
    return {propagation_id: Status(status) for propagation_id, status in words}
