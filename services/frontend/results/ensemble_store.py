"""The ensembles in Redis: blocks of members, the parts of results, and what is known meanwhile.

- A block is stored under its run's lease as it comes, with checksums in an index. It has a TTL: one
  that is missing or altered is computed again.
- The parts of a result are stored before its manifest, which names their checksums. They have a TTL
  until the manifest is published, so a run that dies between leaves nothing behind for ever.
- A run keeps blocks within a budget: the states of a million members take some hundred megabytes.
  Of a block that there is no room for, the index says only that it was computed.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from frontend.errors import LeaseLost
from frontend.storage import keys
from frontend.storage.connection import command, storage_errors
from frontend.storage.scripts import Scripts
from sim.engine import checksum
from sim.ensemble.planning import usable_spans
from sim.scenario import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import redis

    from frontend.domain.run import Lease
    from sim.ensemble.block import Block
    from sim.scenario import PropagationRequest

__all__ = ["MEMBERS", "NOMINAL", "SUMMARY", "BlockEntry", "EnsembleStore", "packed", "unpacked"]

MEMBERS: Final = "members"  # the part of a block that holds the members
NOMINAL: Final = "nominal"  # what the members are compared with
SUMMARY: Final = "summary"  # the part of a result that is the JSON document
CHECKSUM_LENGTH: Final = 64  # a SHA-256 in hex digits
PARTIAL_LIFE_S: Final = 600
UNPUBLISHED_LIFE_S: Final = 86_400  # of a result's parts until the manifest comes

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """A block that was computed: its members, and if it is kept the SHA-256 of each part.

    Its `name` is that of its first member; with the number of members, where a block of a larger
    ensemble has that name already.
    """

    name: str
    first: int
    count: int
    checksums: Mapping[str, str]

    @property
    def end(self) -> int:
        """The first member after it."""
        return self.first + self.count

    @property
    def is_kept(self) -> bool:
        """Whether there was room for it."""
        return bool(self.checksums)

    @classmethod
    def of(cls, name: bytes, document: bytes) -> BlockEntry | None:
        """Read an entry of the index; None where it is damaged."""
        try:
            match orjson.loads(document):
                case {"count": int(count), "checksums": dict(checksums)} if count > 0:
                    first, _, _ = name.partition(b"+")
                    return cls(name.decode(), int(first), count, checksums)
        except ValueError:
            pass
        return None


def packed(document: object) -> bytes:
    """Return JSON as it is stored: compressed, the same bytes for the same document."""
    return gzip.compress(orjson.dumps(document), 6, mtime=0)


def unpacked(data: bytes) -> bytes:
    """Return the JSON text that `packed` has compressed."""
    return gzip.decompress(data)


class EnsembleStore:
    """The ensembles of one installation."""

    def __init__(self, client: redis.Redis, *, block_ttl_s: int) -> None:
        self._client = client
        self._scripts = Scripts(client)
        self._block_ttl_s = block_ttl_s

    # Blocks.

    def steps_known(self, request: PropagationRequest) -> list[int]:
        """Return the step counts of which there are blocks of these members, ascending."""
        with storage_errors():
            found: list[bytes] = command(
                self._client, "ZRANGE", keys.ensemble(request.trajectory.digest), 0, -1
            )
        return [int(steps) for steps in found]

    def entries(self, request: PropagationRequest, steps: int | None = None) -> list[BlockEntry]:
        """List the kept blocks that lie within the ensemble's members, without overlaps, in order.

        Of so many steps, or of the request's.
        """
        listed = self._listed(request, steps)
        return _without_overlaps(request, (entry for entry in listed if entry.is_kept))

    def not_lost(self, request: PropagationRequest) -> list[BlockEntry]:
        """List the blocks that are there, and those that there was no room for, without overlaps.

        Not those that were kept, and are evicted.
        """
        entries = _without_overlaps(request, self._listed(request, None))
        digest, steps, analysed = _of(request, None)
        with storage_errors(), self._client.pipeline(transaction=False) as pipe:
            for entry in entries:
                pipe.exists(keys.ensemble_block(digest, steps, entry.name, analysed))
            found = pipe.execute()
        there = zip(entries, found, strict=True)
        return [entry for entry, is_there in there if is_there or not entry.is_kept]

    def _listed(self, request: PropagationRequest, steps: int | None) -> list[BlockEntry]:
        name = keys.ensemble_blocks(*_of(request, steps))
        with storage_errors():
            found: dict[Any, Any] = self._client.hgetall(name)
        read = (BlockEntry.of(*pair) for pair in found.items())
        return [entry for entry in read if entry is not None]

    def drop(self, request: PropagationRequest, entry: BlockEntry) -> None:
        """Delete a block that is damaged: its members are computed again when they are wanted."""
        digest, steps, analysed = _of(request, None)
        with storage_errors():
            self._client.unlink(keys.ensemble_block(digest, steps, entry.name, analysed))
        _log.warning(
            "the block of ensemble %s from member %d on is damaged", request.id, entry.first
        )

    def part_of_block(
        self, request: PropagationRequest, entry: BlockEntry, name: str, steps: int | None = None
    ) -> bytes | None:
        """Read a part of a block; None where it is missing, or is not what was stored."""
        digest, of_steps, analysed = _of(request, steps)
        key = keys.ensemble_block(digest, of_steps, entry.name, analysed)
        with storage_errors():
            data: bytes | None = command(self._client, "HGET", key, name)
        if data is None or checksum(data) != entry.checksums.get(name):
            return None
        return data

    def put_block(
        self, lease: Lease, request: PropagationRequest, block: Block, *, keep: bool = True
    ) -> None:
        """Store a block for as long as slices live; raises LeaseLost or StorageFull.

        Or note that it was computed, but is not kept.
        """
        digest, steps, analysed = _of(request, None)
        name = self._name_of(request, block)
        parts = block.parts if keep else {}
        entry = {"count": block.count, "checksums": {n: checksum(d) for n, d in parts.items()}}
        verdict = self._scripts.on_run(
            "put_block",
            lease.digest,
            *(lease.fencing_token, lease.epoch, name, steps, self._block_ttl_s),
            orjson.dumps(entry),
            *(word for pair in parts.items() for word in pair),
            block=keys.ensemble_block(digest, steps, name, analysed),
            blocks=keys.ensemble_blocks(digest, steps, analysed),
            steps_known=keys.ensemble(digest),
        )
        if verdict == b"lost":
            raise LeaseLost(lease.digest)

    def _name_of(self, request: PropagationRequest, block: Block) -> str:
        """Return a name under which a block replaces none that reaches beyond the ensemble."""
        name = str(block.first)
        stored = self._part(keys.ensemble_blocks(*_of(request, None)), name)
        entry = None if stored is None else BlockEntry.of(name.encode(), stored)
        reaches_beyond = entry is not None and entry.end > request.members
        return f"{name}+{block.count}" if reaches_beyond else name

    def nominal(self, request: PropagationRequest) -> bytes | None:
        """Read the nominal trajectory's part; None where there is none, or it is damaged."""
        stored = self._part(keys.ensemble_blocks(*_of(request, None)), NOMINAL)
        if stored is None:
            return None
        data = stored[CHECKSUM_LENGTH:]
        return data if stored[:CHECKSUM_LENGTH] == checksum(data).encode() else None

    def put_nominal(self, lease: Lease, request: PropagationRequest, data: bytes) -> None:
        """Store the nominal trajectory's part beside the blocks, after its checksum.

        Raises LeaseLost or StorageFull.
        """
        name = keys.ensemble_blocks(*_of(request, None))
        stored = checksum(data).encode() + data
        self._put(request, name, {NOMINAL: stored}, self._block_ttl_s, lease)

    # Results.

    def put_result(
        self, request: PropagationRequest, parts: Mapping[str, bytes], *, lease: Lease | None = None
    ) -> None:
        """Store the parts of a result before its manifest; raises LeaseLost or StorageFull."""
        name = keys.ensemble_result(request.id)
        self._put(request, name, parts, UNPUBLISHED_LIFE_S, lease)

    def put_partial(
        self, lease: Lease, request: PropagationRequest, parts: Mapping[str, bytes]
    ) -> None:
        """Store what is known while the run goes on; raises LeaseLost or StorageFull."""
        self._put(request, keys.ensemble_partial(request.id), parts, PARTIAL_LIFE_S, lease)

    def _put(
        self,
        request: PropagationRequest,
        name: str,
        parts: Mapping[str, bytes],
        life_s: int,
        lease: Lease | None,
    ) -> None:
        token, epoch = ("", 0) if lease is None else (lease.fencing_token, lease.epoch)
        for part, data in parts.items():  # one by one: together they may be a hundred megabytes
            verdict = self._scripts.on_run(
                "put_part",
                request.digest,
                *(token, epoch, life_s, part, data),
                manifest=keys.manifest(request.id),
                parts=name,
            )
            if verdict == b"lost":
                raise LeaseLost(request.digest)

    def result_part(self, propagation_id: str, name: str) -> bytes | None:
        """Read a part of a result, unverified; None where there is none."""
        return self._part(keys.ensemble_result(propagation_id), name)

    def partial_part(self, propagation_id: str, name: str) -> bytes | None:
        """Read a part of what is known while a run goes on; None where there is none."""
        return self._part(keys.ensemble_partial(propagation_id), name)

    def _part(self, key: str, name: str) -> bytes | None:
        with storage_errors():
            data: bytes | None = command(self._client, "HGET", key, name)
        return data


def _without_overlaps(
    request: PropagationRequest, entries: Iterable[BlockEntry]
) -> list[BlockEntry]:
    """Return the blocks that lie within the ensemble's members, in order.

    Of two that share members the one that begins first, and of two that begin there the longer one.
    A run that computes members again begins at the first one that is missing, so its blocks come
    before those that they replace.
    """
    by_span = {(entry.first, entry.count): entry for entry in entries}
    return [by_span[span] for span in usable_spans(request.members, by_span)]


def _of(request: PropagationRequest, steps: int | None) -> tuple[str, int, str]:
    """Return what the keys of an ensemble's blocks consist of."""
    analysed = ""
    if request.agents:
        names = canonical_json(list(request.agents)).encode()
        analysed = hashlib.sha256(names).hexdigest()[:16]
    return request.trajectory.digest, request.steps if steps is None else steps, analysed
