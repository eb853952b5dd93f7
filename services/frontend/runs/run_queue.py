"""The queue of runs: one run per trajectory, however many ask, and one owner of it at a time.

Guarantees, each by one Lua script in one step (`storage/lua/`), with Redis' own clock:

- A request joins the run that is under way for its trajectory, or is queued. The queue is bounded,
  first in, first out. There are at most `max_runs` live leases.
- An expired lease is lost, even if no other runner has taken it over. Every later call of its
  owner is refused with `LeaseLost`, and so is any call under a lease that Redis does not know.
- Stretches are appended in order, each to the one that it was computed from. A manifest is
  published only when all stretches that it rests on are stored.
- Every call may be repeated with the same arguments, since a reply may be lost, and has no effect
  the second time.
- A run that fails is tried again, at most `max_attempts` times in a row without a new stretch. One
  that lacks something waits for it, for at most `wait_limit_s`, without a slot or an attempt.

Calls are synchronous and short; they raise `StorageError` where Redis fails, and are never
retried here. An asyncio caller uses `asyncio.to_thread`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, cast

import orjson

from frontend.domain.order_record import OrderRecord
from frontend.domain.run import Acquired, Enqueued, Lease, Renewal, RunState, Snapshot, pairs
from frontend.errors import ChainBroken, LeaseLost, QueueFull, QuotaExceeded, ValueTooLarge
from frontend.settings import Settings
from frontend.storage import keys
from frontend.storage.connection import command, now_ms, storage_errors
from frontend.storage.scripts import Scripts, sha1_of
from sim.order import Order
from sim.scenario import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import redis

    from frontend.domain.run import ChainEntry, Charge, Stage, Verdict
    from frontend.domain.waiting import WaitReason
    from sim.scenario import Failure, PropagationRequest

__all__ = ["VALUE_LIMIT_BYTES", "RunQueue"]

VALUE_LIMIT_BYTES: Final = 512 * 2**20  # proto-max-bulk-len, Redis' default
DEFAULTS: Final = Settings()
Publication = Literal["published", "again", "unwanted", "needed"]
WAITING_FOR_ONE_RUN: Final = 256  # ids that are kept; bounds a snapshot
RECENT_KEPT: Final = 10_000  # ids, some 1 MB
RETRY_AFTER_S: Final = 10
BACK_OFF_MS: Final = 2_000  # doubled with each attempt
LEASES_READ: Final = 10_000  # ten times what PORTA_MAX_RUNS allows
RECORD_LINGERS_MS: Final = 86_400_000  # a day in which a page can still say how a run ended


class RunQueue:
    """The runs of one installation: asked for, owned, read."""

    def __init__(  # keyword-only settings, each with its default
        self,
        client: redis.Redis,
        *,
        lease_ms: int = DEFAULTS.lease_s * 1_000,
        max_runs: int = DEFAULTS.max_runs,
        max_waiting: int = DEFAULTS.max_waiting,
        max_attempts: int = 4,
        back_off_ms: int = BACK_OFF_MS,
        result_ttl_s: int | None = None,
        wait_limit_s: int = DEFAULTS.wait_limit_s,
    ) -> None:
        self.lease_ms = lease_ms
        self._client = client
        self._scripts = Scripts(client)
        self._max_runs = max_runs
        self._max_waiting = max_waiting
        self._max_attempts = max_attempts
        self._back_off_ms = back_off_ms
        self._result_ttl_s = result_ttl_s
        self._wait_limit_s = wait_limit_s

    # Callers who ask.

    def enqueue(
        self,
        request: PropagationRequest,
        *,
        retry: bool = False,
        charges: Sequence[Charge] = (),
        damaged: bytes | None = None,
    ) -> Enqueued:
        """Join the run that is under way for this trajectory, or enqueue a new one.

        A propagation that failed for good is returned as failed; `retry` tries it again unless
        the trajectory itself ends. A manifest with the bytes `damaged` counts as none. New work is
        charged in the same step, and refused with QuotaExceeded; so is each step count of an
        ensemble, which is computed for itself. Raises QueueFull, and StorageFull: a full storage
        refuses new work at the door.
        """
        digest = request.digest
        verdict, *rest = self._scripts.on_run(
            "enqueue",
            digest,
            *(request.id, request.steps, request.subject.canonical),
            *(self._max_waiting, WAITING_FOR_ONE_RUN, int(retry), sha1_of(damaged)),
            OrderRecord.of(request).to_bytes() if isinstance(request, Order) else b"",
            int(request.is_ensemble),
            *(word for one in charges for word in (one.cost, one.limit, one.window_s)),
            request=keys.request(digest),
            published=keys.published(digest),
            manifest=keys.manifest(request.id),
            order=keys.order(request.id),
            charged=[one.key for one in charges],
        )
        if verdict == b"quota":
            refused = charges[rest[0]]
            raise QuotaExceeded(refused.what, refused.rate, retry_after_s=rest[1])
        if verdict == b"full":
            raise QueueFull(waiting=rest[0], retry_after_s=RETRY_AFTER_S)
        run = Snapshot.from_reply(digest, rest[0]).run if rest else None
        return Enqueued(cast("Verdict", verdict.decode()), run)

    def cancel(self, request: PropagationRequest) -> bool:
        """Stop waiting for a propagation; its run continues if other ids wait for it.

        Returns False where it was not waited for.
        """
        verdict: bytes = self._scripts.on_run("cancel", request.digest, request.id)
        return verdict == b"cancelled"

    def state(self, digest: str) -> RunState | None:
        """Read a run's record; None where there is none."""
        return self.snapshot(digest).run

    def snapshot(self, digest: str) -> Snapshot:
        """Read a run's record, the event that it includes, and the length of its chain."""
        return Snapshot.from_reply(digest, self._scripts.on_run("snapshot", digest))

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
        runs = (Snapshot.from_reply(*pair).run for pair in zip(digests, replies, strict=True))
        return [run for run in runs if run is not None]

    # Owners.

    def candidates(self, limit: int = 16) -> list[str]:
        """List whom to acquire next, best first: abandoned runs, those to try again, the queue."""
        lists = {"active": keys.ACTIVE, "retry": keys.RETRY, "queue": keys.QUEUE}
        found = self._scripts.call("candidates", lists, limit)
        return [digest.decode() for digest in found]

    def check_room(self) -> None:
        """Raise StorageFull where nothing more can be stored."""
        self._scripts.call("room", {})

    def acquire(
        self, digest: str, fencing_token: str, owner: str, *, obstacle: WaitReason | None = None
    ) -> Acquired:
        """Become the owner of a run if it is free; `fencing_token` is new and random.

        With an `obstacle` no run may start now: one that is free waits, for that reason.
        """
        reply = self._scripts.on_run(
            "acquire",
            digest,
            fencing_token,
            owner,
            self.lease_ms,
            self._max_runs,
            self._max_attempts,
            *(() if obstacle is None else self._waiting_words(obstacle)),
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
        """Extend the lease by `lease_ms` from now; raises LeaseLost."""
        reply = self._owner("renew", lease, self.lease_ms)
        return Renewal(bool(reply[1]), reply[2], pairs(reply[3:]))

    def progress(  # noqa: PLR0913 - each argument is a field of the record
        self,
        lease: Lease,
        *,
        stage: Stage | None = None,
        of: int | None = None,
        done: int | None = None,
        rate: float | None = None,
        workers: int | None = None,
        wanted: int | None = None,
        cluster: Mapping[str, object] | None = None,
        error: str | None = None,
    ) -> None:
        """Report the progress of a run (None: unchanged); raises LeaseLost.

        `done` counts iterations from the trajectory's beginning, `rate` is iterations a second,
        `workers` of the `wanted` have arrived, `cluster` is any JSON object. `of` is the number of
        steps of the result that `done` and `rate` are of, where each of a run's has its own.
        `error` is what a run that starts seems to lack; the next stage ends it.
        """
        named = {
            "stage": stage,
            "of": of,  # before what it tells of
            "done": done,
            "rate": rate,
            "workers": workers,
            "wanted": wanted,
            "error": error,
        }
        fields: dict[str, str | float | bytes] = {k: v for k, v in named.items() if v is not None}
        if cluster is not None:
            fields["cluster"] = orjson.dumps(dict(cluster))
        self._owner("progress", lease, *(word for pair in fields.items() for word in pair))

    def put(
        self, lease: Lease, *, position: int, previous: str, entry: ChainEntry, data: bytes
    ) -> None:
        """Append the stretch at `position`, computed from the one with the checksum `previous`.

        Raises LeaseLost, StorageFull or ValueTooLarge, and then writes nothing.
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
    ) -> Publication:
        """Publish a result that rests on the stretches `chain`.

        Without a manifest (b"") it is not stored, but remade from the stretches. Returns `unwanted`
        where it is no longer waited for, and `needed` where the run is for this result, so that
        it takes a manifest. Raises LeaseLost, and ChainBroken where a stretch is missing.
        """
        return self._publish("publish", request, manifest, chain, lease.fencing_token, lease.epoch)

    def publish_derived(
        self,
        request: PropagationRequest,
        manifest: bytes,
        chain: Sequence[ChainEntry] = (),
        *,
        is_repair: bool = False,
        parts_bytes: int = 0,
    ) -> None:
        """Publish a result that needs no run: computed at once, or covered by the chain.

        The first to publish wins. A repair stays for as long as what it replaces would have.
        An ensemble's parts, so many bytes, are stored before. Raises StorageFull and ChainBroken.
        """
        self._publish(
            "derive",
            request,
            manifest,
            chain,
            *("", 0),
            is_repair=is_repair,
            parts_bytes=parts_bytes,
        )

    def settle(
        self, lease: Lease, order: Order, record: OrderRecord
    ) -> Literal["wanted", "settled", "gone"]:
        """Note what an order has come to; raises LeaseLost.

        `wanted`: the propagation that answers it waits beside it now; once that is published, this
        is to be called again. `settled` or `gone`: the order waits no longer.
        """
        answer = None if record.steps is None else order.answer(record.steps)
        words = (order.id, record.to_bytes(), answer.id if answer else "", record.steps or 0)
        verdict: Literal["wanted", "settled", "gone"] = self._owner(
            "settle",
            lease,
            *words,
            order=keys.order(order.id),
            published=keys.published(lease.digest),
        ).decode()
        return verdict

    def order(self, order_id: str) -> OrderRecord | None:
        """Read the record of an order; None where it is unknown, or was too long ago."""
        with storage_errors():
            data: bytes | None = command(self._client, "GET", keys.order(order_id))
        return None if data is None else OrderRecord.from_bytes(data)

    def forget_order(self, order_id: str) -> bool:
        """Delete the record of an order that does not wait; return whether there was one."""
        with storage_errors():
            return bool(command(self._client, "DEL", keys.order(order_id)))

    def finish(self, lease: Lease) -> Literal["covered", "queued", "done"]:
        """Release the run with everything published up to the target; raises LeaseLost.

        Returns `done`; `covered` where another id joined that is to be published before finishing
        again; `queued` where more was asked for and waits in the queue.
        """
        verdict: Literal["covered", "queued", "done"] = self._owner("finish", lease).decode()
        return verdict

    def release(
        self, lease: Lease, outcome: Literal["requeue", "failed", "cancelled"], error: str = ""
    ) -> RunState | None:
        """Release the run before its end; raises LeaseLost.

        `requeue`: to its place in the queue, not counted as an attempt. `failed`: to be tried again
        later unless it was too often; `error` is the sentence for its readers. `cancelled`: as a
        renewal demanded.
        """
        self._owner("release", lease, outcome, error, self._back_off_ms, self._max_attempts)
        return self.state(lease.digest)

    def wait(self, lease: Lease, reason: WaitReason) -> RunState | None:
        """Release a run that lacks something, to be tried again later; raises LeaseLost."""
        self._owner("release", lease, "wait", *self._waiting_words(reason))
        return self.state(lease.digest)

    def _waiting_words(self, reason: WaitReason) -> tuple[str | float, ...]:
        """Return the arguments that `wait_for` in `storage/lua/prelude.lua` reads."""
        pauses = (reason.first_pause_ms, reason.longest_pause_ms)
        limit_s = self._wait_limit_s
        return (reason.sentence, *pauses, limit_s * 1_000, reason.given_up(limit_s))

    def end(self, lease: Lease, failure: Failure) -> RunState | None:
        """Release the run of a trajectory that ends in a failure; raises LeaseLost.

        Ids with more steps than the iterations before the failure fail, now and whenever they are
        asked for again.
        """
        why = canonical_json(failure.to_json())
        self._owner("release", lease, "ended", why, self._back_off_ms, self._max_attempts)
        return self.state(lease.digest)

    def living(self) -> dict[str, str]:
        """Return the fencing token of each live lease, by digest.

        To compare clusters with leases, list the clusters first: a cluster is started only under a
        lease, so one without a lease here is an orphan.
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
        """Clean up after runs that have been over for a while; return how many.

        The events go first; a day later the record, and the stretches of a trajectory from which
        nothing was ever published.
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

    def _publish(
        self,
        script: str,
        request: PropagationRequest,
        manifest: bytes,
        chain: Sequence[ChainEntry],
        fencing_token: str,
        epoch: int,
        *,
        is_repair: bool = False,
        parts_bytes: int = 0,
    ) -> Publication:
        digest = request.digest
        is_default, canonical = request.is_default, request.subject.canonical
        life_s = 0 if is_default else self._result_ttl_s or 0
        kept_beside = 0 if is_default or fencing_token else len(canonical) + parts_bytes
        verdict, *where = self._scripts.on_run(
            script,
            digest,
            *(fencing_token, epoch, request.id, request.steps, manifest),
            *(len(chain), chain[-1].checksum if chain else "", life_s * 1000, RECENT_KEPT),
            "" if is_repair else kept_beside,
            _parts_of(request),
            manifest=keys.manifest(request.id),
            published=keys.published(digest),
            recent=keys.RECENT,
            expiring=keys.EXPIRING,
            parts=keys.ensemble_result(request.id),
            stretches=keys.stretches(digest, 0, len(chain)),
            **keys.of_answers(digest),
        )
        if verdict == b"lost":
            raise LeaseLost(digest)
        if verdict == b"broken":
            raise ChainBroken(digest, where[0], "it is not what the result was computed from")
        return cast("Publication", verdict.decode())

    def _owner(self, script: str, lease: Lease, *args: str | float | bytes, **more: str) -> Any:  # noqa: ANN401  # a reply's shape is its script's
        reply = self._scripts.on_run(
            script, lease.digest, lease.fencing_token, lease.epoch, *args, **more
        )
        if b"lost" in (reply, reply[0] if isinstance(reply, list) else None):
            raise LeaseLost(lease.digest)
        return reply


def _parts_of(request: PropagationRequest) -> int:
    """Return how many parts a manifest rests on: summary, nominal, and two for each agent."""
    return 2 + 2 * len(request.analysed) if request.is_ensemble else 0
