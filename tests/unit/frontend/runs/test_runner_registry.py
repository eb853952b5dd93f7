"""Claims about who works, and who reaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from frontend.runs.runner_registry import RunnerRegistry, is_on_this_host, new_runner_name
from frontend.storage import keys
from frontend.storage.connection import connect, now_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def runners(client: redis.Redis) -> RunnerRegistry:
    return RunnerRegistry(client)


def test_a_runner_is_alive_from_its_first_word(runners: RunnerRegistry) -> None:
    runners.heartbeat("one", {"gateway": "ok", "runs": []})
    runners.heartbeat("two", {})
    alive = runners.alive()
    assert set(alive) == {"one", "two"}
    assert (alive["one"]["gateway"], alive["one"]["runs"]) == ("ok", [])
    assert 0 <= alive["one"]["age_ms"] < 10_000


def silent_for(client: redis.Redis, name: str, ms: int) -> None:
    client.hset(keys.RUNNERS, name, orjson.dumps({"at_ms": now_ms(client) - ms}))


def test_a_runner_that_has_been_silent_is_not_alive(
    runners: RunnerRegistry, client: redis.Redis
) -> None:
    silent_for(client, "silent", 20_000)
    assert runners.alive() == {}
    assert set(runners.alive(within_ms=30_000)) == {"silent"}


def test_runners_that_have_been_silent_for_long_are_forgotten(
    runners: RunnerRegistry, client: redis.Redis
) -> None:
    silent_for(client, "gone", 3_600_000)
    runners.heartbeat("here", {})
    assert client.hkeys(keys.RUNNERS) == [b"here"]


def test_a_runner_that_leaves_is_gone_at_once(runners: RunnerRegistry) -> None:
    runners.heartbeat("one", {})
    runners.leave("one")
    assert runners.alive() == {}


def test_one_leads_until_its_lease_is_out_or_given_back(
    runners: RunnerRegistry, client: redis.Redis
) -> None:
    assert runners.lead("a", 60_000)
    assert runners.lead("a", 60_000)
    assert not runners.lead("b", 60_000)
    client.hset(keys.REAPER, "lease", 1)
    assert runners.lead("b", 60_000)
    assert not runners.lead("a", 60_000)
    runners.stop_leading("a")
    assert not runners.lead("a", 60_000)
    runners.stop_leading("b")
    assert runners.lead("a", 60_000)


def test_an_installation_has_one_name_for_good(
    runners: RunnerRegistry, client: redis.Redis
) -> None:
    name = runners.installation()
    assert len(name) == 16
    assert RunnerRegistry(client).installation() == name


def test_a_runners_name_says_its_host() -> None:
    name = new_runner_name()
    assert name != new_runner_name()
    assert is_on_this_host(name)
    assert not is_on_this_host(f"another-{name}")
    host, pid, word = name.rsplit("-", 2)
    assert not is_on_this_host(f"{host}2-{pid}-{word}")
