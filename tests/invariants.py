"""What must hold after every fault, checked from outside, without Porta's own readers."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import psutil

from frontend.storage.connection import command
from sim.engine import Stretch, initial_checkpoint
from sim.scenario import Subject, Trajectory
from tests.deadlines import under_load
from tests.processes import eventually, of_folder

if TYPE_CHECKING:
    import redis

    from tests.installation import Installation

GONE_S: Final = 60.0  # the contract's: an orphan is found and stopped within a minute
ALIVE: Final = "pending,running,stopping"
CLUSTER_MARK: Final = "DASK_GATEWAY_CLUSTER_NAME"


def hold(installation: Installation, *, within_s: float = GONE_S) -> None:
    """Check all invariants, after runs have had time to end."""
    within_s = under_load(within_s)
    with contextlib.closing(installation.redis) as stored:
        eventually(lambda: not held_slots(stored), within_s=within_s)
        stored_results_are_sound(stored)
    eventually(lambda: not installation.clusters(ALIVE), within_s=within_s)
    eventually(lambda: not cluster_processes(installation), within_s=within_s)


def held_slots(stored: redis.Redis) -> list[bytes]:
    """The runs that hold a slot, or wait for one."""
    zsets = ("run/active", "run/queue", "run/retry")
    return [digest for name in zsets for digest in command(stored, "ZRANGE", name, 0, -1)]


def cluster_processes(installation: Installation) -> list[psutil.Process]:
    """The living schedulers and workers of this installation's Gateway."""
    found = []
    for one in of_folder(installation.logs / "gateway"):
        with contextlib.suppress(psutil.Error):
            if CLUSTER_MARK in one.environ():
                found.append(one)
    return found


def stored_results_are_sound(stored: redis.Redis) -> None:
    """Check that each chain is complete and sound, and that each manifest rests on one."""
    digests = {name.decode().split("/")[1] for name in stored.scan_iter("trajectory/*")}
    published: list[str] = []
    for digest in digests:
        intervals = chain_is_sound(stored, digest)
        members = command(stored, "SMEMBERS", f"trajectory/{digest}/published")
        ids = [one.decode() for one in members]
        published += ids
        for one in ids:
            manifest_is_sound(stored, one, digest, intervals)
    assert len(set(published)) == len(published)
    manifests = {name.decode().split("/", 1)[1] for name in stored.scan_iter("propagation/*")}
    assert manifests == set(published)
    ensembles_expire_or_are_whole(stored, manifests)


def ensembles_expire_or_are_whole(stored: redis.Redis, manifests: set[str]) -> None:
    """Check that a key of an ensemble expires, unless a manifest rests on it, and rests soundly."""
    for name in stored.scan_iter("ensemble/*"):
        if stored.ttl(name) == -1:
            one = name.decode().split("/")[1]
            assert name.decode() == f"ensemble/{one}/result"
            assert one in manifests, name
    for one in manifests:
        manifest: dict[str, Any] = json.loads(stored.get(f"propagation/{one}") or "null")
        if manifest["request"]["members"] > 1:
            parts: dict[bytes, bytes] = command(stored, "HGETALL", f"ensemble/{one}/result")
            found = {
                part.decode(): hashlib.sha256(data).hexdigest() for part, data in parts.items()
            }
            assert found == manifest["computed"]["parts"]
            assert stored.ttl(f"ensemble/{one}/result") == -1


def chain_is_sound(stored: redis.Redis, digest: str) -> int:
    """Check one trajectory's stretches, each against its entry and its predecessor's end."""
    entries = [json.loads(entry) for entry in stored.lrange(f"trajectory/{digest}/chain", 0, -1)]
    names = set(stored.scan_iter(f"trajectory/{digest}/stretch/*"))
    assert names == {f"trajectory/{digest}/stretch/{at}".encode() for at in range(len(entries))}
    if not entries:
        return 0
    trajectory = Trajectory.from_json(json.loads(stored.get(f"trajectory/{digest}/request") or ""))
    assert trajectory.digest == digest
    end, intervals = initial_checkpoint(trajectory.scenario), 0
    for at, entry in enumerate(entries):
        data = command(stored, "GET", f"trajectory/{digest}/stretch/{at}") or b""
        assert hashlib.sha256(data).hexdigest() == entry["checksum"]
        stretch = Stretch.from_bytes(trajectory, data)
        assert (stretch.first, stretch.count) == (entry["first"], entry["count"])
        assert stretch.first == intervals
        assert stretch.checkpoint(0) == end
        end, intervals = stretch.tail, stretch.first + stretch.count
    return intervals


def manifest_is_sound(stored: redis.Redis, one: str, digest: str, intervals: int) -> None:
    """Check that a manifest exists, has its own id, and rests on stretches that exist."""
    manifest: dict[str, Any] = json.loads(stored.get(f"propagation/{one}") or "null")
    assert manifest["id"] == one
    if manifest["request"]["members"] > 1:  # it rests on no stretches
        subject = Subject.from_json(json.loads(stored.get(f"trajectory/{digest}/request") or ""))
        assert subject.digest == digest
        return
    complete = manifest["request"]["steps"] // 65_536  # of two agents
    assert manifest["computed"]["timings"]["where"] == "inline" or complete <= intervals, digest
