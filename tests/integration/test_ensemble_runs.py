"""Ensembles over the whole path: real web, runner, Redis, Gateway and cluster.

Two judges: this process, which computes the same members in blocks of another size, and for single
members the reference in plain Python.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import math
import os
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import httpx
import psutil
import pytest

from frontend.storage.connection import command
from sim.reference import simulate
from sim.scenario import PropagationRequest, Trajectory
from tests import redis_servers
from tests.asked_ensemble import OVER, AskedEnsemble, ask_for_ensemble
from tests.ensemble_results import DISPERSED, MASSIVE, TEST_PARTICLES
from tests.installation import Installation, installed
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import redis

    from tests.redis_servers import RedisServer

ALL: Final = {
    "nano": (Trajectory(seed=1), 2_000),
    "nano-dispersed": (DISPERSED, 2_000),
    "test-particles": (TEST_PARTICLES, 500),
    "massive": (MASSIVE, 500),
}
LONG: Final = {"steps": 50_000, "members": 10_000}
LIMITS: Final = itertools.count(1)  # so that no page is remembered
STATE: Final = ("x", "y", "z", "vx", "vy", "vz")


@pytest.fixture(scope="module")
def installation(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    with installed(
        redis_server.url, tmp_path_factory.mktemp("ensembles"), PORTA_INLINE_WORK="200000"
    ) as running:
        yield running


@pytest.fixture
def stored(installation: Installation) -> Iterator[redis.Redis]:
    with contextlib.closing(installation.redis) as client:
        yield client


@pytest.fixture(scope="module")
def small(installation: Installation) -> AskedEnsemble:
    """A complete ensemble, of which blocks and parts are lost."""
    asked = ask_for_ensemble(installation, Trajectory(seed=2), steps=2_000, members=1_000)
    asked.is_completed()
    return asked


def opened(asked: AskedEnsemble, member: int) -> dict[str, Any]:
    """Open the link of a member; return its resource."""
    with asked.installation.client() as client:
        page = client.get(f"/propagate/{asked.request.id}?member={member}")
        assert page.status_code == httpx.codes.OK
    found = asked.get(f"?member={member}").raise_for_status().json()
    assert (found["status"], found["member"], found["members"]) == ("complete", member, 1)
    resource: dict[str, Any] = found
    return resource


@pytest.mark.parametrize("name", ALL)
def test_members_are_the_runs_that_their_links_open_and_those_of_the_reference(
    installation: Installation, name: str
) -> None:
    trajectory, steps = ALL[name]
    asked = ask_for_ensemble(installation, trajectory, steps=steps, members=300)
    complete = asked.is_completed()
    assert complete["timings"]["where"] == "cluster"
    rows = {(row["member"], row["agent"]): row for row in asked.table()}
    names = trajectory.scenario.names
    for member in random.Random(name).sample(range(300), 20):
        statistics = opened(asked, member)["statistics"]
        of_member = trajectory.of_member(member)
        last = {
            names[record.agent]: record
            for record in simulate(of_member.dispersed, trajectory.seed, steps, member)
        }
        for agent, primary in zip(names, trajectory.scenario.orbited, strict=True):
            row, end, own = rows[member, agent], statistics["end"][agent], last[agent]
            there = [column for column in STATE if column in row]
            assert [row[column] for column in there] == [end[column] for column in there]
            assert [row[column] for column in there] == [
                getattr(own.state, column) for column in there
            ]
            assert row["t"] == end["time"]
            if primary is not None:
                figures = statistics["statistics"][agent]
                assert (row["closest"], row["closest_at"]) == (
                    figures["r"]["min"],
                    figures["r"]["min_at"],
                )
                assert row["escape_at"] == figures["unbound_from"]
                assert (row["outcome"] == "escaped") == (row["escape_at"] is not None)


def test_a_partial_result_is_served_while_the_run_goes_on_and_the_whole_one_afterwards(
    installation: Installation,
) -> None:
    asked = ask_for_ensemble(installation, Trajectory(seed=3), **LONG)
    assert asked.get("/ensemble").status_code == httpx.codes.NOT_FOUND

    def partial() -> dict[str, Any] | None:
        answer = asked.get("/ensemble?partial=1")
        found: dict[str, Any] | None = answer.json() if answer.is_success else None
        return found

    first = eventually(partial)
    assert first["partial"]
    assert 0 < first["finished"] < LONG["members"]
    agent = first["agents"]["Satellite"]
    assert sum(agent["outcomes"].values()) == first["finished"]
    assert asked.get("/density?partial=1").status_code == httpx.codes.OK
    progress = asked.resource["progress"]
    assert first["finished"] <= progress["done"] <= progress["total"] == LONG["members"]
    asked.is_completed()
    whole = asked.get("/ensemble").raise_for_status()
    assert whole.json()["finished"] == LONG["members"]
    assert not whole.json()["partial"]
    assert whole.headers["ETag"]


def test_a_run_that_is_cancelled_ends_and_goes_on_with_the_missing_members_when_asked_again(
    installation: Installation, stored: redis.Redis
) -> None:
    asked = ask_for_ensemble(installation, Trajectory(seed=3), **LONG)
    asked.has_begun(members=200)
    assert asked.delete().status_code == httpx.codes.NO_CONTENT
    assert asked.resource["status"] == "cancelled"
    eventually(lambda: not installation.clusters("pending,running,stopping"))
    assert all(stored.ttl(name) > 0 for name in stored.scan_iter("ensemble/*-*/partial"))
    there = len(asked.blocks())
    assert there > 0
    assert asked.again().status_code == httpx.codes.ACCEPTED
    complete = asked.is_completed()
    assert 0 < complete["timings"]["reused_members"] < LONG["members"]


def test_a_deleted_ensemble_leaves_nothing_but_what_expires(
    installation: Installation, stored: redis.Redis
) -> None:
    asked = ask_for_ensemble(installation, Trajectory(seed=4), steps=2_000, members=300)
    asked.is_completed()
    digests = {asked.request.digest, asked.request.trajectory.digest}
    assert asked.delete().status_code == httpx.codes.NO_CONTENT
    left = [name for name in stored.scan_iter("*") if any(d in name.decode() for d in digests)]
    assert left, "its blocks"
    assert all(stored.ttl(name) > 0 for name in left)
    assert asked.get("/ensemble").status_code == httpx.codes.NOT_FOUND
    assert asked.get("/ensemble?partial=1").status_code == httpx.codes.NOT_FOUND


def test_more_members_and_more_steps_are_computed_from_what_there_is(
    installation: Installation, small: AskedEnsemble
) -> None:
    grown = AskedEnsemble(installation, replace(small.request, members=2_000))
    assert grown.again().status_code == httpx.codes.ACCEPTED
    assert grown.is_completed()["timings"]["reused_members"] == small.request.members
    longer = AskedEnsemble(installation, replace(small.request, steps=4_000))
    assert longer.again().status_code == httpx.codes.ACCEPTED
    longer.is_completed()
    for name in small.blocks():
        with contextlib.closing(installation.redis) as client:
            client.delete(name)
    longest = AskedEnsemble(installation, replace(small.request, steps=8_000))
    assert longest.again().status_code == httpx.codes.ACCEPTED
    longest.is_completed()


def lose_all(asked: AskedEnsemble, client: redis.Redis) -> None:
    for name in client.scan_iter(f"ensemble/{asked.request.trajectory.digest}*"):
        client.delete(name)


def lose_one(asked: AskedEnsemble, client: redis.Redis) -> None:
    client.delete(asked.blocks()[-1])


def damage_one(asked: AskedEnsemble, client: redis.Redis) -> None:
    name = asked.blocks()[0]
    data = bytearray(command(client, "HGET", name, "members") or b"")
    data[len(data) // 2] ^= 1
    client.hset(name, "members", bytes(data))


@pytest.mark.parametrize("loss", [lose_all, lose_one, damage_one], ids=lambda one: one.__name__)
def test_members_that_are_gone_are_made_again_when_asked_for_and_the_result_stays(
    small: AskedEnsemble,
    stored: redis.Redis,
    loss: Callable[[AskedEnsemble, redis.Redis], None],
) -> None:
    small.again()
    eventually(small.has_members)
    rows, etag = small.table(), small.get("/ensemble").headers["ETag"]
    document = stored.get(f"propagation/{small.request.id}")
    loss(small, stored)
    gone = small.get(f"/members?sort=-closest&limit={next(LIMITS)}")  # all are looked at
    assert gone.status_code == httpx.codes.NOT_FOUND, gone.text
    assert "POST it again" in gone.json()["detail"]
    assert int(gone.headers["Retry-After"])
    assert small.get("/ensemble").headers["ETag"] == etag
    assert small.again().status_code == httpx.codes.ACCEPTED
    assert small.get("/ensemble").headers["ETag"] == etag, "served all the while"
    eventually(small.has_members)
    assert small.table() == rows
    assert stored.get(f"propagation/{small.request.id}") == document
    small.is_right()
    assert small.again().status_code == httpx.codes.OK


def alter_the_summary(asked: AskedEnsemble, client: redis.Redis) -> None:
    key = f"ensemble/{asked.request.id}/result"
    document = json.loads(gzip.decompress(command(client, "HGET", key, "summary") or b""))
    document["agents"]["Satellite"]["closest"]["quantiles"]["50"] = 0.0
    client.hset(key, "summary", gzip.compress(json.dumps(document).encode()))


def lose_the_summary(asked: AskedEnsemble, client: redis.Redis) -> None:
    client.hdel(f"ensemble/{asked.request.id}/result", "summary")


def lose_the_parts(asked: AskedEnsemble, client: redis.Redis) -> None:
    client.delete(f"ensemble/{asked.request.id}/result")


def damage_the_density(asked: AskedEnsemble, client: redis.Redis) -> None:
    client.hset(f"ensemble/{asked.request.id}/result", "density/0", b"damaged")


def alter_the_manifest(asked: AskedEnsemble, client: redis.Redis) -> None:
    manifest = asked.manifest or {}
    manifest["result"]["agents"]["Satellite"]["outcomes"]["escaped"] += 1
    client.set(f"propagation/{asked.request.id}", json.dumps(manifest))


def lose_the_parts_and_the_blocks(asked: AskedEnsemble, client: redis.Redis) -> None:
    lose_the_parts(asked, client)
    lose_all(asked, client)


DAMAGES: Final = (
    alter_the_summary,
    lose_the_summary,
    lose_the_parts,
    damage_the_density,
    alter_the_manifest,
    lose_the_parts_and_the_blocks,
)
DENSITY: Final = "/density?format=npy"


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("members", [1_000, 40], ids=["run", "at_once"])
def test_what_a_result_rests_on_is_never_served_altered_and_is_made_again(
    installation: Installation,
    stored: redis.Redis,
    damage: Callable[[AskedEnsemble, redis.Redis], None],
    members: int,
) -> None:
    asked = AskedEnsemble(installation, PropagationRequest(2_000, Trajectory(seed=2), members))
    asked.again()
    asked.is_completed()
    right = [asked.get(what).raise_for_status() for what in ("/ensemble", DENSITY)]
    damage(asked, stored)
    installation.stop("web")
    installation.start_web()  # so that it has nothing in its own memory
    for what, before in zip(("/ensemble", DENSITY), right, strict=True):

        def served(what: str = what, before: httpx.Response = before) -> bool:
            answer = asked.get(what)
            if answer.is_success:
                assert answer.content == before.content
                assert answer.headers["ETag"] == before.headers["ETag"]
                return True
            assert answer.status_code in {404, 503}, answer.text
            assert int(answer.headers["Retry-After"])
            return False

        eventually(served)
    asked.is_completed()
    key = f"ensemble/{asked.request.id}/result"
    assert stored.ttl(key) == -1
    assert sorted(stored.hkeys(key)) == [b"agent/0", b"density/0", b"nominal", b"summary"]


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(
    ("members", "most_mb"),
    [
        (100_000, 4),
        pytest.param(
            *(1_000_000, 10),
            marks=pytest.mark.skipif(
                "CHAOS_MINUTES" not in os.environ, reason="make chaos runs it"
            ),
        ),
    ],
)
def test_many_members_take_a_bounded_memory_and_leave_a_bounded_result(
    installation: Installation, small: AskedEnsemble, members: int, most_mb: int
) -> None:
    assert small.manifest is not None, "the runner has computed before"
    runner = psutil.Process(installation.processes["runner"].pid)
    before = runner.memory_info().rss
    asked = ask_for_ensemble(installation, Trajectory(seed=6), steps=1_000, members=members)
    most = [before]

    def is_over() -> bool:
        most.append(runner.memory_info().rss)
        return bool(asked.resource["status"] in OVER)

    eventually(is_over, within_s=1_500)
    assert asked.resource["status"] == "complete"
    assert max(most) - before < 256 * 2**20
    with contextlib.closing(installation.redis) as client:
        parts: dict[bytes, bytes] = command(
            client, "HGETALL", f"ensemble/{asked.request.id}/result"
        )
    assert sum(len(parts[name]) for name in (b"agent/0", b"density/0")) < most_mb * 10**6
    agent = asked.get("/ensemble").raise_for_status().json()["agents"]["Satellite"]
    assert sum(agent["outcomes"].values()) == members
    page = asked.get("/members?sort=-closest&limit=2").raise_for_status().json()
    assert page["matching"] == 2 * members, "all are kept"
    assert asked.delete().status_code == httpx.codes.NO_CONTENT


def test_what_is_served_is_what_the_table_says(small: AskedEnsemble) -> None:
    small.again()
    eventually(small.has_members)
    rows = [row for row in small.table() if row["agent"] == "Satellite"]
    agent = small.get("/ensemble").raise_for_status().json()["agents"]["Satellite"]
    assert [row["member"] for row in rows] == list(range(small.request.members))
    assert agent["outcomes"]["escaped"] == sum(row["outcome"] == "escaped" for row in rows)
    ranked = sorted(row["closest"] for row in rows)
    for level in (5, 50, 95):
        exact = ranked[math.ceil(level * len(ranked) / 100) - 1]
        served = agent["closest"]["quantiles"][str(level)]
        assert served <= exact < served * (1 + 2**-7)
