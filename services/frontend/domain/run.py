"""A run at one moment, as values: its record, its lease, the entries of its chain.

Nothing here calls Redis: `runs/` makes these values of its replies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson

from frontend.domain.resource import Status
from sim.errors import Failure, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Acquired",
    "ChainEntry",
    "Charge",
    "Enqueued",
    "Lease",
    "Renewal",
    "RunState",
    "Snapshot",
    "Stage",
    "State",
    "Verdict",
    "pairs",
]

State = Literal["queued", "running", "publishing", "done", "failed", "cancelled"]
Stage = Literal["starting", "propagating", "writing"]
Verdict = Literal["queued", "extended", "joined", "failed", "complete"]


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One stretch of a trajectory's chain: its intervals, the SHA-256 of its bytes, its records."""

    first: int
    count: int
    checksum: str
    records: int

    @property
    def end(self) -> int:
        """The first interval after the stretch."""
        return self.first + self.count

    def to_bytes(self) -> bytes:
        """Return the entry's JSON."""
        return orjson.dumps(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> ChainEntry:
        """Read an entry's JSON; raises IntegrityError where it is not one."""
        try:
            match orjson.loads(data):
                case {
                    "first": int(first),
                    "count": int(count),
                    "checksum": str(checksum),
                    "records": int(records),
                } if min(first, count, records) >= 0:
                    return cls(first, count, checksum, records)
        except orjson.JSONDecodeError:
            pass
        raise IntegrityError("an entry of the chain is damaged")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to extend a trajectory: one owner holds its fencing token in an epoch.

    The Lua scripts compare token and epoch with the run's record at each write, so a former owner
    is refused (M. Kleppmann, Designing Data-Intensive Applications, 2017, chapter 8, "fencing
    tokens").
    """

    digest: str
    fencing_token: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What new work costs of a quota: the counter's key in Redis, its limit and its window."""

    what: str
    rate: str
    key: str
    cost: int
    limit: int
    window_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquired:
    """The reply to `acquire`; the kinds `run` and `mine` come with the lease.

    `next` is the position of the next stretch, `head` the checksum of the one before it ("" at the
    start), `intervals` the number of stored ones, `target` the steps to reach.
    """

    kind: Literal["run", "mine", "busy", "full", "done"]
    lease: Lease | None
    next: int
    head: str
    intervals: int
    target: int
    attempts: int
    waiting: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Renewal:
    """The reply to `renew`: whether to stop, the steps to reach, and the steps of waiting ids."""

    cancelled: bool
    target: int
    waiting: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """A run's record, as read (with `waiting` and `ended`) or as an event carried it (without).

    `target` and `done` are iterations, `rate` is iterations a second, `workers` of the `wanted`
    have arrived, `of` is the number of steps of the result that `done` and `rate` are of (None:
    they are the trajectory's), `error` is why the last owner failed, `position` is its place in the
    queue from 1, times are Redis' own in ms. `waiting` has the steps of each id that waits; of a
    `crowded` run, only of the longest. `orders` are those of the waiting ids that are orders, as
    JSON; `asked` says since when each of them waits.
    """

    digest: str
    state: State
    stage: Stage | None = None
    target: int = 0
    epoch: int = 0
    attempts: int = 0
    of: int | None = None
    done: int = 0
    rate: float | None = None
    workers: int | None = None
    wanted: int | None = None
    cluster: Mapping[str, object] | None = None
    error: str | None = None
    failure: Failure | None = None
    retry_at_ms: int | None = None
    asked_ms: int | None = None
    started_ms: int | None = None
    propagating_ms: int | None = None
    writing_ms: int | None = None
    over_ms: int | None = None
    position: int | None = None
    waiting: Mapping[str, int] | None = None
    ended: Mapping[str, Status] = field(default_factory=dict)
    crowded: bool = False
    orders: Mapping[str, bytes] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)

    def asked_at_ms(self, propagation_id: str) -> int | None:
        """Return when a propagation was asked for; of one that does not wait, when the run was."""
        return self.asked.get(propagation_id, self.asked_ms)

    @property
    def is_under_way(self) -> bool:
        """Whether it waits, runs, or will be tried again."""
        return self.state in {"queued", "running", "publishing"} or self.retry_at_ms is not None

    @property
    def status(self) -> Status:
        """The status of a propagation that waits for this run."""
        match self.state:
            case "queued":
                return Status.QUEUED
            case "running" | "publishing":
                return Status.STARTING if self.stage == "starting" else Status.RUNNING
            case "failed":
                return Status.FAILED if self.retry_at_ms is None else Status.QUEUED
            case "cancelled":
                return Status.CANCELLED
            case "done":
                return Status.COMPLETE

    def status_of(self, propagation_id: str, steps: int) -> Status | None:
        """Return the status of one propagation; None where the run does not concern it.

        An event does not say which ids wait; those that receive it do.
        """
        if self.waiting is None or propagation_id in self.waiting:
            return self.status
        if self.failure is not None and steps > self.failure.iteration:
            return Status.FAILED
        if self.crowded and steps <= max(self.target, *self.waiting.values(), 0):
            return self.ended.get(propagation_id, self.status)
        return self.ended.get(propagation_id)

    @classmethod
    def from_fields(
        cls,
        digest: str,
        fields: Mapping[bytes, bytes],
        *,
        position: int | None = None,
        waiting: Mapping[str, int] | None = None,
        ended: Mapping[str, Status] | None = None,
    ) -> RunState:
        """Read a record or an event's fields; those that are missing get their defaults."""
        text = {name.decode(): value.decode(errors="replace") for name, value in fields.items()}
        return cls(
            digest=digest,
            state=text["state"],  # type: ignore[arg-type]  # only our own scripts write it
            stage=text.get("stage"),  # type: ignore[arg-type]  # and this
            target=int(text.get("target", 0)),
            epoch=int(text.get("epoch", 0)),
            attempts=int(text.get("attempts", 0)),
            of=_whole(text, "of"),
            done=int(text.get("done", 0)),
            rate=float(text["rate"]) if "rate" in text else None,
            workers=_whole(text, "workers"),
            wanted=_whole(text, "wanted"),
            cluster=orjson.loads(text["cluster"]) if text.get("cluster") else None,
            error=text.get("error"),
            failure=Failure.from_json(orjson.loads(text["failure"])) if "failure" in text else None,
            retry_at_ms=_whole(text, "retry_at"),
            asked_ms=_whole(text, "asked"),
            started_ms=_whole(text, "started"),
            propagating_ms=_whole(text, "propagating"),
            writing_ms=_whole(text, "writing"),
            over_ms=_whole(text, "over"),
            position=_whole(text, "position") if position is None else position,
            waiting=waiting,
            ended=ended or {},
            crowded="crowded" in text,
            orders={
                name.removeprefix("order:"): value.encode()
                for name, value in text.items()
                if name.startswith("order:")
            },
            asked={
                name.removeprefix("asked:"): int(value)
                for name, value in text.items()
                if name.startswith("asked:")
            },
        )


class Snapshot(NamedTuple):
    """A run's record, the id of the last event in it ("0-0": none), and the stored stretches."""

    run: RunState | None
    event_id: str
    stretches: int

    @classmethod
    def from_reply(cls, digest: str, reply: Sequence[Any]) -> Snapshot:
        """Read what `snapshot_of` in `storage/lua/record.lua` returns."""
        words, waiting, ended, rank, event_id, stretches = reply
        fields: dict[bytes, bytes] = dict(zip(words[::2], words[1::2], strict=True))
        if b"state" not in fields:
            return cls(None, event_id.decode(), stretches)
        run = RunState.from_fields(
            digest,
            fields,
            position=None if rank < 0 else rank + 1,
            waiting=pairs(waiting),
            ended=_statuses(ended),
        )
        return cls(run, event_id.decode(), stretches)


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The reply to `enqueue`: a verdict, and the run; None where the result is there already."""

    verdict: Verdict
    run: RunState | None

    @property
    def adds_work(self) -> bool:
        """Whether there is more to compute than before."""
        return self.verdict in {"queued", "extended"}


def _statuses(ended: Sequence[bytes]) -> dict[str, Status]:
    """Read members `<id> cancelled` and `<id> failed`."""
    words = (member.decode().split(" ", 1) for member in ended)
    return {propagation_id: Status(status) for propagation_id, status in words}


def _whole(text: Mapping[str, str], name: str) -> int | None:
    return int(text[name]) if name in text else None


def pairs(words: Sequence[bytes]) -> dict[str, int]:
    """Read a flat reply `id, steps, id, steps, ...`."""
    return {key.decode(): int(value) for key, value in zip(words[::2], words[1::2], strict=True)}
