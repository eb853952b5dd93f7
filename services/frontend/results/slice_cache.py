"""The cache of slices in Redis: the records of single intervals, each with a TTL.

It costs nobody a response: a slice that is missing, evicted or not written is remade from its
checkpoint, and its reader verifies what it is given.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontend.errors import StorageError
from frontend.observability.process_metrics import SLICE_HIT, SLICE_MISS
from frontend.storage import keys
from frontend.storage.connection import command, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    import redis

__all__ = ["RedisSliceCache"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RedisSliceCache:
    """The slices of one trajectory, by interval; an error of Redis, of any kind, is a miss."""

    client: redis.Redis
    digest: str
    ttl_s: int

    def get(self, interval: int) -> bytes | None:
        """Return the bytes of a slice as they are stored, unverified; None where there are none."""
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

    def put_many(self, slices: Iterable[tuple[int, bytes]]) -> int:
        """Keep the bytes of several slices for `ttl_s` seconds; return how many bytes were kept."""
        kept = 0
        try:
            for interval, data in slices:
                with storage_errors():
                    self.client.set(keys.slice_of(self.digest, interval), data, ex=self.ttl_s)
                kept += len(data)
        except StorageError as error:
            _log.debug("slices are not kept: %s", error)
        return kept
