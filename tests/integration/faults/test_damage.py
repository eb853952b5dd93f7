"""Damage to what is stored: found before it is served, and repaired."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from frontend.storage.connection import command
from sim.engine import slice_to_bytes
from sim.records import initial_records
from tests import invariants, redis_servers
from tests.asked import Asked, ask_for
from tests.deadlines import LEASE_S
from tests.installation import Installation, installed
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import redis

    from tests.redis_servers import RedisServer

STEPS: Final = 20_000_000  # two stretches and a piece of an interval
ALL: Final = ("/records?format=parquet&t0=0&t1=20000", "/overview")


@pytest.fixture(scope="module")
def shared(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    folder = tmp_path_factory.mktemp("damage")
    with installed(redis_server.url, folder, PORTA_LEASE=f"{LEASE_S}s") as running:
        ask_for(running, steps=STEPS).is_completed()
        yield running


@dataclass
class Result:
    """A result, what it was when it was new, and where it is stored."""

    asked: Asked
    stored: redis.Redis
    before: list[bytes]

    def key(self, rest: str) -> str:
        return f"trajectory/{self.asked.digest}/{rest}"

    def alter(self, key: str) -> None:
        """Flip one bit in the middle of a value."""
        data = bytearray(command(self.stored, "GET", key))
        data[len(data) // 2] ^= 1
        self.stored.set(key, bytes(data), keepttl=True)

    def forgotten_by_the_web(self) -> None:
        """Let the web have nothing of it in its own memory."""
        self.asked.installation.stop("web")
        self.asked.installation.start_web()


@pytest.fixture
def result(shared: Installation) -> Iterator[Result]:
    asked = Asked(shared, STEPS, seed=1)
    with contextlib.closing(shared.redis) as stored:
        before = [asked.get(path).raise_for_status().content for path in ALL]
        yield Result(asked, stored, before)
        asked.is_completed()
    invariants.hold(shared)


def alter_a_slice(result: Result) -> None:
    for name in result.stored.scan_iter(result.key("slice/*")):
        result.alter(name.decode())


def delete_a_slice(result: Result) -> None:
    for name in result.stored.scan_iter(result.key("slice/*")):
        result.stored.delete(name)


def alter_the_first_stretch(result: Result) -> None:
    result.alter(result.key("stretch/0"))


def alter_the_last_stretch(result: Result) -> None:
    result.alter(result.key("stretch/1"))


def delete_a_stretch(result: Result) -> None:
    assert result.stored.delete(result.key("stretch/1"))


def swap_stretches(result: Result) -> None:
    first, second = result.key("stretch/0"), result.key("stretch/1")
    one, other = result.stored.get(first), result.stored.get(second)
    result.stored.mset({first: other or b"", second: one or b""})


def alter_the_chain(result: Result) -> None:
    chain = result.key("chain")
    entry = json.loads(result.stored.lindex(chain, 0) or "null")
    result.stored.lset(chain, 0, json.dumps(entry | {"checksum": "0" * 64}))


def alter_the_manifest(result: Result) -> None:
    name = f"propagation/{result.asked.request.id}"
    manifest = json.loads(result.stored.get(name) or "null")
    manifest["result"]["checkpoints_checksum"] = "0" * 64
    result.stored.set(name, json.dumps(manifest))


def seal_an_empty_slice(result: Result) -> None:
    """Store what the worker would have sealed, had it made no records."""
    trajectory = result.asked.request.trajectory
    empty = initial_records(trajectory.scenario).slice(0, 0)
    for interval in range(3):
        data = slice_to_bytes(trajectory, interval, empty)
        result.stored.set(result.key(f"slice/{interval}"), data)


def put_a_list_for_a_slice(result: Result) -> None:
    result.stored.delete(result.key("slice/0"))
    result.stored.rpush(result.key("slice/0"), "a list")


@pytest.mark.parametrize(
    "damage",
    [alter_a_slice, delete_a_slice, seal_an_empty_slice, put_a_list_for_a_slice],
    ids=lambda one: one.__name__,
)
def test_a_lost_or_altered_slice_costs_nobody_an_answer(
    result: Result, damage: Callable[[Result], None]
) -> None:
    damage(result)
    result.forgotten_by_the_web()
    assert [result.asked.get(path).content for path in ALL] == result.before


@pytest.mark.parametrize(
    "damage",
    [
        alter_the_first_stretch,
        alter_the_last_stretch,
        delete_a_stretch,
        swap_stretches,
        alter_the_chain,
        alter_the_manifest,
    ],
    ids=lambda one: one.__name__,
)
def test_what_a_result_rests_on_is_never_served_altered_and_is_computed_again(
    result: Result, damage: Callable[[Result], None]
) -> None:
    damage(result)
    result.forgotten_by_the_web()
    for path, right in zip(ALL, result.before, strict=True):
        eventually(partial(served, result, path, right))


def repairs(result: Result) -> int:
    return int(command(result.stored, "HGET", "run/counters", "repairs/manifest") or 0)


def alter_a_statistic(manifest: dict[str, Any]) -> None:
    manifest["result"]["statistics"]["Satellite"]["r"]["min"] = 1.0


def alter_the_records_by_agent(manifest: dict[str, Any]) -> None:
    manifest["result"]["records_by_agent"]["Planet"] += 1


def alter_the_seed(manifest: dict[str, Any]) -> None:
    manifest["request"]["seed"] = 2


def alter_the_steps(manifest: dict[str, Any]) -> None:
    manifest["request"]["steps"] -= 1


@pytest.mark.parametrize(
    "alter",
    [alter_a_statistic, alter_the_records_by_agent, alter_the_seed, alter_the_steps],
    ids=lambda one: one.__name__,
)
@pytest.mark.parametrize("checksum", [True, False], ids=["sealed", "of_an_earlier_version"])
def test_nothing_of_an_altered_manifest_is_served(
    result: Result,
    alter: Callable[[dict[str, Any]], None],
    checksum: bool,  # noqa: FBT001  # pytest passes it by name
) -> None:
    name, right = f"propagation/{result.asked.request.id}", result.asked.resource["statistics"]
    manifest = json.loads(result.stored.get(name) or "null")
    if not checksum:
        del manifest["checksum"]
    before = repairs(result)
    alter(manifest)
    result.stored.set(name, json.dumps(manifest))
    # For a moment the web may still have the manifest that it read before.
    eventually(lambda: result.asked.resource["statistics"] == right and repairs(result) > before)
    assert result.asked.is_completed()["statistics"] == right
    assert repairs(result) == before + 1


def test_a_manifest_under_the_id_of_another_is_not_served(result: Result) -> None:
    document = result.stored.get(f"propagation/{result.asked.request.id}")
    other = Asked(result.asked.installation, STEPS - 1, seed=1)
    result.stored.set(f"propagation/{other.request.id}", document or b"")
    other.again()
    assert other.is_completed()["steps"] == STEPS - 1


def served(result: Result, path: str, right: bytes) -> bool:
    """Whether it is served again; fails if something else is."""
    answer = result.asked.get(path)
    if answer.status_code == httpx.codes.OK:
        assert answer.content == right
        return True
    assert answer.status_code in {httpx.codes.NOT_FOUND, httpx.codes.SERVICE_UNAVAILABLE}
    assert int(answer.headers["Retry-After"])
    return False
