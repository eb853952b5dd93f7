"""What Porta keeps in Redis: manifests, the chain of stretches of each trajectory, slices.

- Reads verify before they serve: a stretch that is missing or altered is cut off the chain,
  with all that follows it, so that it is made again (and its run's owner, if there is one,
  loses the run, since what it goes on from is gone).
- A manifest is written by `runs.py` alone, last; here it is read, listed, and taken away. One of
  another model version, or that can't be read, counts as absent.
- With a trajectory's last manifest goes the trajectory, unless a run holds it.
- Slices are a cache with a TTL: losing one, or not being able to write it, costs nobody an answer.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from frontend.caching import SingleFlightCache
from frontend.domain import manifest
from frontend.domain.run import ChainEntry
from frontend.errors import StorageError, StorageUnavailable
from frontend.observability.process_metrics import SLICE_HIT, SLICE_MISS
from frontend.storage import keys
from frontend.storage.connection import command, now_ms, storage_errors
from frontend.storage.scripts import Scripts
from sim.engine import Checkpoint, Stretch, checksum, initial_checkpoint
from sim.errors import IntegrityError, SimError
from sim.scenario import Trajectory, canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    import redis

    from frontend.storage.client_side_cache import ClientSideCache
    from sim.scenario import PropagationRequest

__all__ = ["RedisSliceCache", "TrajectoryStore"]

SLICE_TTL_S: Final = 86_400
AT_ONCE_LIFE_MS: Final = 86_400_000
KNOWN_BYTES: Final = 16 * 2**20
CHANGES_TOLERATED: Final = 5  # of a chain, between looking at it and acting on it

_log = logging.getLogger(__name__)


class _DamageError(Exception):
    """A stretch that can't be used; `sha1` names the bytes that were looked at, if any."""

    def __init__(self, reason: str, sha1: str) -> None:
        super().__init__(reason)
        self.sha1 = sha1


class TrajectoryStore:
    """The results of one installation."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        slice_ttl_s: int = SLICE_TTL_S,
        manifests: ClientSideCache | None = None,
    ) -> None:
        self._client = client
        self._manifests = manifests
        self._scripts = Scripts(client)
        self._slice_ttl_s = slice_ttl_s
        self._known = SingleFlightCache[Trajectory](
            KNOWN_BYTES, lambda one: len(one.scenario.canonical)
        )

    # Manifests.

    def manifest(self, propagation_id: str) -> dict[str, Any] | None:
        """Read a manifest of this model version; None where there is none."""
        return _manifest(self.document(propagation_id))

    def document(self, propagation_id: str) -> bytes | None:
        """Read the bytes of a manifest, of whatever model version; None where there are none."""
        name = keys.manifest(propagation_id)
        if self._manifests is not None:
            return self._manifests.get(name)
        with storage_errors():
            data: bytes | None = command(self._client, "GET", name)
        return data

    def recent(self, count: int = 20) -> list[dict[str, Any]]:
        """Read the manifests that were published last, newest first."""
        with storage_errors():
            ids: list[bytes] = command(self._client, "ZREVRANGE", keys.RECENT, 0, count - 1)
            if not ids:
                return []
            names = [keys.manifest(propagation_id.decode()) for propagation_id in ids]
            found = [_manifest(data) for data in command(self._client, "MGET", *names)]
            gone = [name for name, there in zip(ids, found, strict=True) if there is None]
            if gone:
                self._client.zrem(keys.RECENT, *gone)
        return [known for known in found if known is not None]

    def stored(self) -> int:
        """Count the results that are remembered as published (at most the latest 10,000)."""
        with storage_errors():
            return int(self._client.zcard(keys.RECENT))

    def delete(self, request: PropagationRequest) -> bool:
        """Delete a result, and with the last of its trajectory all that is kept of that.

        False: there was none.
        """
        return self._remove(request.trajectory.digest, request.id, "free")

    def withdraw(self, request: PropagationRequest) -> None:
        """Take back a manifest that can't be honoured; the trajectory stays."""
        self._remove(request.trajectory.digest, request.id, "keep")

    def expire_due(self, limit: int = 1_000) -> int:
        """Delete the results whose time is over (docs/adr/0096); tell of how many.

        Not by Redis' TTL: a result that may be evicted would take its trajectory along, or leave
        it behind for ever.
        """
        with storage_errors():
            now = now_ms(self._client)
            range_by_score = ("ZRANGEBYSCORE", keys.EXPIRING, "-inf", now, "LIMIT", 0, limit)
            due: list[bytes] = command(self._client, *range_by_score)
        for member in due:
            propagation_id, digest = member.decode().split(" ")
            self._remove(digest, propagation_id, "free")
        return len(due)

    def _remove(self, digest: str, propagation_id: str, trajectory: str) -> bool:
        for _ in range(CHANGES_TOLERATED):
            with storage_errors():
                length = self._client.llen(keys.chain(digest))
            own = [keys.manifest(propagation_id), keys.published(digest), keys.RECENT]
            rest = [keys.EXPIRING, keys.request(digest), *keys.stretches(digest, 0, length)]
            verdict = self._scripts.on_run(
                "remove", digest, propagation_id, length, trajectory, others=[*own, *rest]
            )
            if verdict != b"changed":
                if self._manifests is not None:
                    self._manifests.forget(own[0])
                return bool(verdict)
        raise StorageUnavailable("The trajectory grows too fast to be deleted; try again.")

    # Trajectories.

    def remember(self, request: PropagationRequest, *, for_a_day: bool = False) -> None:
        """Keep what a digest stands for, so that an id can be resolved.

        For a day: then it goes, with the result, unless the trajectory is needed otherwise.
        """
        trajectory = request.trajectory
        with storage_errors():
            if for_a_day:  # first: what is kept without an end would be kept for ever
                end = now_ms(self._client) + AT_ONCE_LIFE_MS
                command(
                    self._client, "ZADD", keys.EXPIRING, end, f"{request.id} {trajectory.digest}"
                )
            self._client.set(keys.request(trajectory.digest), canonical_json(trajectory.to_json()))

    def trajectory(self, digest: str) -> Trajectory | None:
        """Tell what a digest stands for; None where nobody asked for it, or it is damaged.

        Read once: it never stands for anything else.
        """
        try:
            return self._known.get(digest, lambda: self._resolved(digest))
        except LookupError:
            return None

    def _resolved(self, digest: str) -> Trajectory:
        """Read what a digest stands for; raises LookupError."""
        with storage_errors():
            data: bytes | None = command(self._client, "GET", keys.request(digest))
        try:
            trajectory = Trajectory.from_json(orjson.loads(data or b"null"))
        except (orjson.JSONDecodeError, SimError) as error:
            raise LookupError(digest) from error
        if trajectory.digest != digest:
            raise LookupError(digest)
        return trajectory

    def chain(self, digest: str) -> list[ChainEntry]:
        """Read what stretches there are, in order, without looking at their bytes."""
        chain: list[ChainEntry] = []
        with suppress(IntegrityError):
            chain.extend(map(ChainEntry.from_bytes, self._entries(digest)))  # up to a damaged one
        return chain

    def _entries(self, digest: str) -> list[bytes]:
        with storage_errors():
            entries: list[bytes] = command(self._client, "LRANGE", keys.chain(digest), 0, -1)
        return entries

    def stretches(self, trajectory: Trajectory, *, until: int | None = None) -> list[Stretch]:
        """Read the stretches that begin before interval `until` (all), each verified.

        Damage is cut off, with what follows it, and logged: what comes back is sound, if short.
        """
        digest = trajectory.digest
        entries = self._entries(digest)
        sound: list[Stretch] = []
        for position, entry in enumerate(entries):
            if until is not None and sound and sound[-1].first + sound[-1].count >= until:
                break
            try:
                sound.append(self._stretch(trajectory, position, entry, sound))
            except _DamageError as damage:
                self._truncate(digest, position, len(entries), damage)
                break
        return sound

    def _stretch(
        self, trajectory: Trajectory, position: int, entry_json: bytes, before: list[Stretch]
    ) -> Stretch:
        with storage_errors():
            name = keys.stretch(trajectory.digest, position)
            data: bytes | None = command(self._client, "GET", name)
        if data is None:
            raise _DamageError("it is missing", _sha1(None))
        sha1 = _sha1(data)
        try:
            entry = ChainEntry.from_bytes(entry_json)
            if checksum(data) != entry.checksum:
                raise _DamageError("its checksum is another", sha1)
            stretch = Stretch.from_bytes(trajectory, data)
        except IntegrityError as error:
            raise _DamageError(str(error), sha1) from error
        if (stretch.first, stretch.count) != (entry.first, entry.count):
            raise _DamageError("it is another stretch", sha1)
        if stretch.checkpoint(0) != _end_of(trajectory, before):
            raise _DamageError("it does not begin where the one before it ends", sha1)
        return stretch

    def discard(self, trajectory: Trajectory) -> None:
        """Cut off a whole chain that is sound in itself, and yet not what was published from it."""
        digest = trajectory.digest
        if entries := self._entries(digest):
            with storage_errors():
                data: bytes | None = command(self._client, "GET", keys.stretch(digest, 0))
            damage = _DamageError("it contradicts what was published", _sha1(data))
            self._truncate(digest, 0, len(entries), damage)

    def _truncate(self, digest: str, position: int, length: int, damage: _DamageError) -> None:
        """Cut the chain before a damaged stretch, if it still is what was looked at."""
        verdict = self._scripts.on_run(
            "truncate",
            digest,
            *(position, length, damage.sha1),
            others=keys.stretches(digest, position, length),
        )
        _log.warning(
            "stretch %d of trajectory %s can't be used: %s (%s)",
            *(position, digest, damage, verdict.decode()),
        )

    # Slices.

    def slice_cache(self, digest: str) -> RedisSliceCache:
        """Return the cache of a trajectory's slices."""
        return RedisSliceCache(self._client, digest, self._slice_ttl_s)


@dataclass(frozen=True, slots=True)
class RedisSliceCache:
    """Slices by interval: whatever goes wrong with Redis is a miss, or a slice not kept."""

    client: redis.Redis
    digest: str
    ttl_s: int

    def get(self, interval: int) -> bytes | None:
        """Return the bytes of a slice as they are stored; whoever reads them checks them."""
        try:
            with storage_errors():
                data: bytes | None = command(
                    self.client, "GET", keys.slice_of(self.digest, interval)
                )
        except StorageError as error:
            _log.debug("slice %d is not read: %s", interval, error)
            data = None
        (SLICE_MISS if data is None else SLICE_HIT).inc()
        return data

    def put(self, interval: int, data: bytes) -> None:
        """Keep the bytes of a slice for a while."""
        self.put_many([(interval, data)])

    def put_many(self, slices: Iterable[tuple[int, bytes]]) -> int:
        """Keep several; tell how many bytes were."""
        kept = 0
        try:
            for interval, data in slices:
                with storage_errors():
                    self.client.set(keys.slice_of(self.digest, interval), data, ex=self.ttl_s)
                kept += len(data)
        except StorageError as error:
            _log.debug("slices are not kept: %s", error)
        return kept


def _manifest(data: bytes | None) -> dict[str, Any] | None:
    return None if data is None else manifest.of_this_model(data)


def _end_of(trajectory: Trajectory, stretches: list[Stretch]) -> Checkpoint:
    return stretches[-1].tail if stretches else initial_checkpoint(trajectory.scenario)


def _sha1(data: bytes | None) -> str:
    """Name bytes for a script, to see whether they are still the same; "": there are none."""
    return "" if data is None else hashlib.sha1(data, usedforsecurity=False).hexdigest()
