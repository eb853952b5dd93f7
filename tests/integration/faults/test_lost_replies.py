"""Replies of Redis that are lost on the way, though what was asked is done."""

from __future__ import annotations

import hashlib
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx
import pytest
import redis

from frontend.storage.scripts import source
from tests import invariants, redis_servers
from tests.asked import Asked, ask_for
from tests.deadlines import LEASE_S, within
from tests.installation import Installation, installed
from tests.processes import eventually
from tests.tcp_proxy import Fate, TcpProxy, proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer

OWNERS: Final = ("acquire", "renew", "progress", "put", "publish", "finish")
SHORT: Final = 2_000_000


@dataclass
class Losing:
    """Loses the first reply to each of some scripts."""

    scripts: tuple[str, ...]
    lost: list[str] = field(default_factory=list)

    def __call__(self, call: bytes) -> Fate:
        for name in self.scripts:
            called = hashlib.sha1(source(name).encode(), usedforsecurity=False).hexdigest()
            if name not in self.lost and called.encode() in call:
                self.lost.append(name)
                return Fate.LOSE_REPLY
        return Fate.GO_ON


@pytest.fixture(scope="module")
def between(redis_server: RedisServer) -> Iterator[TcpProxy]:
    with redis.Redis.from_url(redis_server.url) as known:
        where = known.connection_pool.connection_kwargs
    with proxy((where["host"], where["port"])) as carrying:
        yield carrying


@pytest.fixture(scope="module")
def shared(
    redis_server: RedisServer, between: TcpProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    url = f"redis://127.0.0.1:{between.port}/0"
    folder = tmp_path_factory.mktemp("replies")
    with installed(url, folder, PORTA_LEASE=f"{LEASE_S}s") as running:
        ask_for(running, seed=3, steps=SHORT).is_completed()  # so that Redis has every script
        yield running


@pytest.fixture
def installation(shared: Installation, between: TcpProxy) -> Iterator[Installation]:
    yield shared
    between.judge = lambda _call: Fate.GO_ON
    invariants.hold(shared)


def test_an_owner_whose_replies_are_lost_is_the_owner_all_the_same_and_does_nothing_twice(
    installation: Installation, between: TcpProxy
) -> None:
    between.judge = losing = Losing(OWNERS)
    asked = ask_for(installation)
    asked.is_completed()
    assert set(losing.lost) == set(OWNERS)
    assert asked.epoch == 1
    with installation.redis as stored:
        events = stored.xrange(f"run/{asked.digest}/events")
    assert [fields[b"outcome"] for _, fields in events if b"outcome" in fields] == [b"complete"]


def test_who_asked_and_was_not_answered_may_ask_again_and_there_is_one_run(
    installation: Installation, between: TcpProxy
) -> None:
    asked = Asked(installation, SHORT, seed=4)
    asked.forget()
    between.judge = losing = Losing(("enqueue",))
    assert asked.again().status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert losing.lost == ["enqueue"]
    assert asked.again().status_code == httpx.codes.ACCEPTED
    asked.is_completed()
    assert asked.epoch == 1


def test_a_run_given_back_without_a_reply_is_taken_over_all_the_same(
    installation: Installation, between: TcpProxy
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    between.judge = losing = Losing(("release",))
    process = installation.processes.pop("runner")
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=within(10))
    assert losing.lost == ["release"]
    assert asked.record["state"] == "queued"
    installation.start_runner()
    eventually(lambda: asked.epoch == 2)
    asked.is_completed()
