"""The history that the observer of a campaign recorded, and the claims that it must satisfy."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import redis

from frontend.storage.connection import command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOOK_S: Final = 0.03


@dataclass(frozen=True)
class Sight:
    """A run's record at one moment; `era` counts how often Redis had been started before."""

    era: int
    digest: str
    state: str
    epoch: int
    fencing_token: str
    owner: str
    stretches: int


@dataclass
class History:
    """Sights of runs and manifests, in order; `durable`: no acknowledged write is ever lost."""

    url: str
    durable: bool
    max_runs: int
    era: int = 0
    sights: list[Sight] = field(default_factory=list)
    manifests: dict[tuple[int, str], set[bytes]] = field(default_factory=lambda: defaultdict(set))
    most_at_once: int = 0
    acknowledged: set[str] = field(default_factory=set)

    @contextlib.contextmanager
    def observed(self, digests: Sequence[str]) -> Iterator[None]:
        """Observe Redis many times a second during the context."""
        done = threading.Event()
        observer = threading.Thread(target=self._observe, args=(digests, done))
        observer.start()
        try:
            yield
        finally:
            done.set()
            observer.join()

    def _observe(self, digests: Sequence[str], done: threading.Event) -> None:
        with contextlib.closing(redis.Redis.from_url(self.url, retry=None)) as stored:
            while not done.is_set():
                with contextlib.suppress(redis.RedisError):
                    self._look(stored, digests)
                time.sleep(LOOK_S)

    def _look(self, stored: redis.Redis, digests: Sequence[str]) -> None:
        era = self.era
        with stored.pipeline(transaction=True) as pipe:  # one moment
            pipe.time()
            pipe.zrange("run/active", 0, -1, withscores=True)
            for digest in digests:
                pipe.hgetall(f"run/{digest}")
            (seconds, micros), active, *records = pipe.execute()
        if era != self.era:
            return  # Redis was killed meanwhile: which of its lives was that?
        now = seconds * 1_000 + micros // 1_000
        self.most_at_once = max(self.most_at_once, sum(until > now for _, until in active))
        for digest, record in zip(digests, records, strict=True):
            if b"epoch" in record:
                self._note(era, digest, {k.decode(): v.decode() for k, v in record.items()})
        for name in command(stored, "KEYS", "propagation/*"):
            self.manifests[era, name.decode()].add(command(stored, "GET", name))

    def _note(self, era: int, digest: str, record: dict[str, str]) -> None:
        sight = Sight(
            era=era,
            digest=digest,
            state=record["state"],
            epoch=int(record["epoch"]),
            fencing_token=record.get("token", ""),
            owner=record.get("owner", ""),
            stretches=int(record.get("next", 0)),
        )
        self.sights.append(sight)

    # The claims.

    def check(self) -> None:
        """Check all of them."""
        assert self.sights, "nothing was observed"
        assert self.most_at_once <= self.max_runs
        self._each_epoch_has_one_owner()
        self._epochs_and_chains_only_grow()
        self._each_key_has_one_publisher()

    def _life(self, era: int) -> int:
        """Which life of the data an era belongs to: one that loses nothing goes on."""
        return 0 if self.durable else era

    def _each_epoch_has_one_owner(self) -> None:
        tokens: dict[tuple[int, str, int], set[str]] = defaultdict(set)
        for sight in self.sights:
            if sight.state in {"running", "publishing"}:
                assert sight.fencing_token, f"a lease without an owner: {sight}"
                assert sight.owner, f"a lease without an owner: {sight}"
                tokens[self._life(sight.era), sight.digest, sight.epoch].add(sight.fencing_token)
        assert all(len(found) == 1 for found in tokens.values())

    def _epochs_and_chains_only_grow(self) -> None:
        last: dict[tuple[int, str], Sight] = {}
        for sight in self.sights:
            before = last.get((self._life(sight.era), sight.digest))
            if before is not None:
                assert sight.epoch >= before.epoch, (before, sight)
                assert sight.stretches >= before.stretches, (before, sight)
            last[self._life(sight.era), sight.digest] = sight

    def _each_key_has_one_publisher(self) -> None:
        contents: dict[tuple[int, str], set[bytes]] = defaultdict(set)
        for (era, name), found in self.manifests.items():
            contents[self._life(era), name] |= found
        assert all(len(found) == 1 for found in contents.values())
