"""The results in Redis: manifests, and the chain of stretches of each trajectory.

- Reads verify before they serve. A stretch that is missing or altered is cut off the chain, with
  all that follows it, and is computed again. Its run's owner, if there is one, loses the run,
  since the end that it continues from is gone.
- Only `runs/run_queue.py` writes manifests, each as the last step of publishing. Here they are
  read, verified, listed and deleted. A manifest of another model version counts as absent.
- A trajectory is deleted with the last result that needs it, unless a run holds it. A result that
  is not stored, because it is soon remade, needs it as well.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson

from frontend.caching import SingleFlightCache
from frontend.domain import manifest
from frontend.domain.run import ChainEntry
from frontend.errors import StorageUnavailable
from frontend.settings import Settings
from frontend.storage import keys
from frontend.storage.connection import command, now_ms, storage_errors
from frontend.storage.scripts import Scripts, sha1_of
from sim.engine import Checkpoint, Stretch, checksum, initial_checkpoint
from sim.errors import IntegrityError, SimError
from sim.scenario import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import redis

    from frontend.storage.client_side_cache import ClientSideCache
    from sim.scenario import PropagationRequest, Trajectory

__all__ = ["TrajectoryStore"]

INLINE_RESULT_LIFE_MS: Final = 86_400_000
SAME_MS: Final = 64  # results published within a millisecond: more than Redis can
KNOWN_BYTES: Final = 8 * 2**20
PARSED: Final = 6  # a subject of 1,000 agents, by the bytes of its canonical JSON
CHANGES_TOLERATED: Final = 5  # of a chain, between looking at it and acting on it

_log = logging.getLogger(__name__)


class _DamageError(Exception):
    """A stretch that can't be used; `sha1` is the digest of the bytes that were read, if any."""

    def __init__(self, reason: str, sha1: str) -> None:
        super().__init__(reason)
        self.sha1 = sha1


class TrajectoryStore:
    """The results of one installation."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        manifests: ClientSideCache | None = None,
        inline_storage: int = Settings().inline_storage,
    ) -> None:
        self._client = client
        self._inline_storage = inline_storage
        self._manifests = manifests
        self._scripts = Scripts(client)
        self._known = SingleFlightCache[Subject](
            KNOWN_BYTES, lambda one: PARSED * len(one.canonical)
        )

    # Manifests.

    def manifest(self, propagation_id: str) -> dict[str, Any] | None:
        """Read the manifest of an id; None where there is none that is sound, and of this model."""
        document = self.document(propagation_id)
        return None if document is None else manifest.sealed(document, propagation_id)

    def document(self, propagation_id: str) -> bytes | None:
        """Read the bytes of a manifest, unverified; None where there are none."""
        name = keys.manifest(propagation_id)
        if self._manifests is not None:
            return self._manifests.get(name)
        with storage_errors():
            data: bytes | None = command(self._client, "GET", name)
        return data

    def recent(self, count: int = 20) -> list[tuple[str, bytes]]:
        """Read the ids published last and their manifests, unverified, the newest first."""
        with storage_errors():
            ids: list[bytes] = command(self._client, "ZREVRANGE", keys.RECENT, 0, count - 1)
        names = [propagation_id.decode() for propagation_id in ids]
        pairs = zip(names, self.documents(names), strict=True)
        return [(name, document) for name, document in pairs if document is not None]

    def published(self, before: tuple[int, str] | None, count: int) -> list[tuple[str, int]]:
        """Read ids and when they were published (ms), the newest first, with one call.

        `before`: only what comes after this time and id in that order.
        """
        latest = "+inf" if before is None else before[0]
        with storage_errors():
            found: Any = self._client.zrevrangebyscore(
                keys.RECENT, latest, "-inf", start=0, num=count + SAME_MS, withscores=True
            )
        pairs = ((name.decode(), int(at_ms)) for name, at_ms in found)
        beyond = (
            one for one in pairs if before is None or one[1] < before[0] or one[0] < before[1]
        )
        return list(islice(beyond, count))

    def documents(self, ids: Sequence[str]) -> list[bytes | None]:
        """Read the manifests of published ids, unverified; those that are gone leave the list."""
        if not ids:
            return []
        with storage_errors():
            found: list[bytes | None] = command(self._client, "MGET", *map(keys.manifest, ids))
            gone = [name for name, there in zip(ids, found, strict=True) if there is None]
            if gone:
                self._client.zrem(keys.RECENT, *gone)
        return found

    def stored(self) -> int:
        """Count the published results (at most the latest 10,000)."""
        with storage_errors():
            return int(self._client.zcard(keys.RECENT))

    def delete(self, request: PropagationRequest) -> bool:
        """Delete a result, and with the last result of a trajectory the trajectory.

        Returns False where there was no such result.
        """
        return self._remove(request.digest, request.id, "free")

    def withdraw(self, request: PropagationRequest, document: bytes | None = None) -> None:
        """Delete a manifest that is damaged, or that its trajectory contradicts; that stays.

        With `document`, unless the manifest is no longer the one that was read.
        """
        digest, seen = request.digest, sha1_of(document)
        if self._remove(digest, request.id, "keep", seen=seen):
            _log.warning("the manifest of %s can't be used; it is computed again", request.id)

    def reseal(self, request: PropagationRequest, document: bytes, sealed: bytes) -> None:
        """Replace a manifest of an earlier version, unless it has changed since it was read."""
        name, timings = keys.manifest(request.id), manifest.read(sealed)["computed"]["timings"]
        self._scripts.call(
            "reseal",
            {"manifest": name, **keys.of_answers(request.digest)},
            *(sha1_of(document), sealed),
            keys.answer(request.id, request.digest) if timings["where"] == "inline" else "",
        )
        if self._manifests is not None:
            self._manifests.forget(name)

    def trim(self, limit: int = 1_000) -> int:
        """Remove the oldest answers at once that do not fit into their share; return how many."""
        due = self._scripts.call("overdue", keys.OF_ANSWERS, self._inline_storage, limit)
        return self._remove_all(due, "evict")

    def expire_due(self, limit: int = 1_000) -> int:
        """Delete the results that have expired (docs/adr/0096); return how many.

        Redis' own TTL would not do: an evicted result would leave its trajectory behind for ever.
        """
        with storage_errors():
            now = now_ms(self._client)
            range_by_score = ("ZRANGEBYSCORE", keys.EXPIRING, "-inf", now, "LIMIT", 0, limit)
            due: list[bytes] = command(self._client, *range_by_score)
        return self._remove_all(due, "free")

    def _remove_all(self, members: Sequence[bytes], trajectory: str) -> int:
        for member in members:
            propagation_id, digest = member.decode().split(" ")
            self._remove(digest, propagation_id, trajectory)
        return len(members)

    def _remove(self, digest: str, propagation_id: str, trajectory: str, *, seen: str = "") -> bool:
        for _ in range(CHANGES_TOLERATED):
            with storage_errors():
                length = self._client.llen(keys.chain(digest))
            verdict = self._scripts.on_run(
                "remove",
                *(digest, propagation_id, length, trajectory, seen),
                manifest=keys.manifest(propagation_id),
                published=keys.published(digest),
                recent=keys.RECENT,
                expiring=keys.EXPIRING,
                request=keys.request(digest),
                parts=keys.ensemble_result(propagation_id),
                partial=keys.ensemble_partial(propagation_id),
                stretches=keys.stretches(digest, 0, length),
                **keys.of_answers(digest),
            )
            if verdict != b"changed":
                if self._manifests is not None:
                    self._manifests.forget(keys.manifest(propagation_id))
                return bool(verdict)
        raise StorageUnavailable("The trajectory grows too fast to be deleted; try again.")

    # Trajectories.

    def remember(self, request: PropagationRequest, *, for_a_day: bool = False) -> None:
        """Store the request's subject under its digest, so that an id can be resolved.

        `for_a_day`: on behalf of an answer at once. It expires or goes with that, unless
        another result needs it.
        """
        digest = request.digest
        name, document = keys.request(digest), request.subject.canonical
        if for_a_day:
            self._scripts.call(
                "remember",
                {
                    "request": name,
                    "expiring": keys.EXPIRING,
                    "published": keys.published(digest),
                    **keys.of_answers(digest),
                },
                *(request.id, digest, document, INLINE_RESULT_LIFE_MS),
            )
        else:
            with storage_errors():
                self._client.set(name, document)

    def subject(self, digest: str) -> Subject | None:
        """Return what a digest stands for; None where it is unknown, or damaged.

        It is read once per process: a digest never stands for anything else.
        """
        try:
            return self._known.get(digest, lambda: self._read_subject(digest))
        except LookupError:
            return None

    def subjects(self, digests: Sequence[str]) -> dict[str, Subject]:
        """Return what these digests stand for, where it is known, read in one call at most."""
        found = {digest: self._known.find(digest) for digest in digests}
        missing = [digest for digest, subject in found.items() if subject is None]
        if missing:
            with storage_errors():
                documents = command(self._client, "MGET", *map(keys.request, missing))
            for digest, document in zip(missing, documents, strict=True):
                with suppress(LookupError):
                    subject = found[digest] = _subject(digest, document)
                    self._known.keep(digest, subject)
        return {digest: known for digest, known in found.items() if known is not None}

    def _read_subject(self, digest: str) -> Subject:
        with storage_errors():
            document: bytes | None = command(self._client, "GET", keys.request(digest))
        return _subject(digest, document)

    def chain(self, digest: str) -> list[ChainEntry]:
        """Read the entries of the chain in order, up to a damaged one; no stretch is read."""
        chain: list[ChainEntry] = []
        with suppress(IntegrityError):
            chain.extend(map(ChainEntry.from_bytes, self._entries(digest)))
        return chain

    def stretch_bytes(self, digest: str, position: int) -> bytes | None:
        """Read the bytes of a stretch, unverified; None where there are none."""
        with storage_errors():
            data: bytes | None = command(self._client, "GET", keys.stretch(digest, position))
        return data

    def _entries(self, digest: str) -> list[bytes]:
        with storage_errors():
            entries: list[bytes] = command(self._client, "LRANGE", keys.chain(digest), 0, -1)
        return entries

    def stretches(
        self, trajectory: Trajectory, *, until: int | None = None, least_level: int = 0
    ) -> list[Stretch]:
        """Read and verify the stretches that begin before interval `until` (None: all).

        Each is coarsened to `least_level` before the next is read. A damaged stretch is cut off
        with all that follows it, and logged: the stretches that are returned are sound, and may be
        fewer.
        """
        digest = trajectory.digest
        entries = self._entries(digest)
        sound: list[Stretch] = []
        for position, entry in enumerate(entries):
            if until is not None and sound and sound[-1].first + sound[-1].count >= until:
                break
            try:
                stretch = self._stretch(trajectory, position, entry, sound)
                sound.append(stretch.coarsened(least_level))
                del stretch  # some hundred megabytes, before the next is read
            except _DamageError as damage:
                self._truncate(digest, position, len(entries), damage)
                break
        return sound

    def _stretch(
        self, trajectory: Trajectory, position: int, entry_json: bytes, before: list[Stretch]
    ) -> Stretch:
        data = self.stretch_bytes(trajectory.digest, position)
        if data is None:
            raise _DamageError("it is missing", sha1_of(None))
        sha1 = sha1_of(data)
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

    def chain_bytes(self, digest: str, *, until: int) -> Iterator[bytes]:
        """Yield the stored stretches that begin before interval `until`, up to a damaged one."""
        for position, entry in enumerate(self.chain(digest)):
            if entry.first >= until:
                return
            data = self.stretch_bytes(digest, position)
            if data is None or checksum(data) != entry.checksum:
                return
            yield data

    def discard(self, trajectory: Trajectory) -> None:
        """Cut off a whole chain that is sound in itself but contradicts its manifest."""
        digest = trajectory.digest
        if entries := self._entries(digest):
            with storage_errors():
                data: bytes | None = command(self._client, "GET", keys.stretch(digest, 0))
            damage = _DamageError("it contradicts what was published", sha1_of(data))
            self._truncate(digest, 0, len(entries), damage)

    def _truncate(self, digest: str, position: int, length: int, damage: _DamageError) -> None:
        """Cut the chain before a damaged stretch, unless it has changed since it was read."""
        verdict = self._scripts.on_run(
            "truncate",
            *(digest, position, length, damage.sha1),
            stretches=keys.stretches(digest, position, length),
        )
        _log.warning(
            "stretch %d of trajectory %s can't be used: %s (%s)",
            *(position, digest, damage, verdict.decode()),
        )


def _subject(digest: str, document: bytes | None) -> Subject:
    """Read a stored subject; raises LookupError where there is none, or another."""
    try:
        subject = Subject.from_json(orjson.loads(document or b"null"))
    except (orjson.JSONDecodeError, SimError) as error:
        raise LookupError(digest) from error
    if subject.digest != digest:
        raise LookupError(digest)
    return subject


def _end_of(trajectory: Trajectory, stretches: list[Stretch]) -> Checkpoint:
    return stretches[-1].tail if stretches else initial_checkpoint(trajectory.dispersed)
