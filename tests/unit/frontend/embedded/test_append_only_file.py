"""Claims about a damaged append-only file: Redis starts with what can be had, and it is said."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from typing import TYPE_CHECKING, Final

import pytest
import redis

from frontend.embedded.append_only_file import FOLDER, KEPT, MANIFEST
from frontend.embedded.data_dir import DataDir
from frontend.embedded.valkey import redis_process, redis_url
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from frontend.embedded.managed_process import ManagedProcess

BASE: Final = "appendonly.aof.2.base.rdb"
WRITES: Final = "appendonly.aof.2.incr.aof"
EARLIER: Final = 300  # keys, which the base holds
LATER: Final = 300  # keys, written after it


@contextlib.contextmanager
def started(data: Path, sockets: Path) -> Iterator[tuple[redis.Redis, list[str]]]:
    """Start the server as the supervisor does; yield a client, and what was repaired."""
    data_dir = DataDir(data)
    data_dir.logs.mkdir(parents=True, exist_ok=True)
    data_dir.redis.mkdir(exist_ok=True)
    process = redis_process(data_dir, sockets, {})
    repaired = [process.prepare()]
    for _ in range(4):
        position = process.log.stat().st_size if process.log.exists() else 0
        with process.start() as server:
            while server.poll() is None and not process.answers():
                time.sleep(0.02)
            if server.poll() is None:
                with contextlib.closing(redis.Redis.from_url(redis_url(sockets))) as client:
                    yield client, [sentence for sentence in repaired if sentence]
                server.kill()
                return
        repaired.append(process.repair(process.logged(position)))
        assert repaired[-1], process.logged(position)
    pytest.fail("it was repaired again and again")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Redis that has rewritten its file once, and was killed later."""
    data = tmp_path_factory.mktemp("whole")
    with started(data, tmp_path_factory.mktemp("sockets")) as (client, _):
        client.mset({f"earlier/{n}": "x" * 50 for n in range(EARLIER)})
        client.bgrewriteaof()
        eventually((data / "redis" / FOLDER / BASE).exists)
        eventually(lambda: not client.info("persistence")["aof_rewrite_in_progress"])
        for n in range(LATER):
            client.set(f"later/{n}", "x" * 50)
    return data


def zeros_at_the_end(folder: Path) -> None:
    with (folder / WRITES).open("ab") as file:
        file.write(bytes(4_096))


def a_framing_byte(folder: Path) -> None:
    data = bytearray((folder / WRITES).read_bytes())
    data[data.index(b"*3\r\n", len(data) // 2)] ^= 1
    (folder / WRITES).write_bytes(data)


def a_length(folder: Path) -> None:
    data = bytearray((folder / WRITES).read_bytes())
    data[data.index(b"$50\r\n", len(data) // 2) + 1] ^= 1
    (folder / WRITES).write_bytes(data)


def a_byte_of_the_base(folder: Path) -> None:
    data = bytearray((folder / BASE).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / BASE).write_bytes(data)


def the_bases_beginning(folder: Path) -> None:
    (folder / BASE).write_bytes(b"\0" + (folder / BASE).read_bytes()[1:])


def half_of_the_base(folder: Path) -> None:
    os.truncate(folder / BASE, (folder / BASE).stat().st_size // 2)


def the_base(folder: Path) -> None:
    (folder / BASE).unlink()


def the_writes(folder: Path) -> None:
    (folder / WRITES).unlink()


def the_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def the_manifests_text(folder: Path) -> None:
    (folder / MANIFEST).write_text("nonsense\n")


def the_manifests_end(folder: Path) -> None:
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text()[:-10])


def the_manifest_and_the_end(folder: Path) -> None:
    the_manifest(folder)
    zeros_at_the_end(folder)


ALL: Final = EARLIER + LATER


@pytest.mark.parametrize(
    ("damage", "least", "most"),
    [
        (zeros_at_the_end, ALL, ALL),
        (a_framing_byte, EARLIER + LATER // 3, ALL - 1),
        (a_length, EARLIER + LATER // 3, ALL - 1),
        (the_manifest, ALL, ALL),
        (the_manifests_text, ALL, ALL),
        (the_manifests_end, ALL, ALL),
        (the_manifest_and_the_end, ALL, ALL),
        (a_byte_of_the_base, 0, 0),
        (the_bases_beginning, 0, 0),
        (half_of_the_base, 0, 0),
        (the_base, 0, 0),
        (the_writes, EARLIER, EARLIER),
    ],
)
def test_a_damaged_file_is_repaired_set_aside_and_said(
    whole: Path, tmp_path: Path, damage: Callable[[Path], None], least: int, most: int
) -> None:
    data = tmp_path / "data"
    shutil.copytree(whole, data)
    damage(data / "redis" / FOLDER)
    before = {one.name: one.read_bytes() for one in (data / "redis" / FOLDER).iterdir()}
    with started(data, tmp_path) as (client, repaired):
        assert least <= client.dbsize() <= most
        assert repaired
        assert most == ALL or "computed again" in repaired[0] or "computes them" in repaired[0]
        client.set("afterwards", "kept")
    aside = min((data / "redis").glob("damaged-*"))
    assert str(aside) in repaired[0]
    assert {one.name: one.read_bytes() for one in aside.iterdir()} == before
    with started(data, tmp_path) as (client, repaired):
        assert client.get("afterwards") == b"kept"
        assert repaired == []


@pytest.mark.parametrize("lost", [FOLDER, "."])
def test_a_file_that_is_gone_is_said_to_be(whole: Path, tmp_path: Path, lost: str) -> None:
    shutil.copytree(whole, tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "redis" / lost)
    with started(tmp_path / "data", tmp_path) as (client, repaired):
        assert client.dbsize() == 0
        (sentence,) = repaired
        assert "starts without results" in sentence


def test_a_first_start_repairs_nothing(tmp_path: Path) -> None:
    with started(tmp_path / "data", tmp_path) as (_, repaired):
        assert repaired == []


def test_an_undamaged_file_is_left_alone_however_its_server_ended(
    whole: Path, tmp_path: Path
) -> None:
    shutil.copytree(whole, tmp_path / "data")
    with started(tmp_path / "data", tmp_path) as (client, repaired):
        assert client.dbsize() == ALL
        assert repaired == []
    process = redis_process(DataDir(tmp_path / "data"), tmp_path, {})
    assert process.repair("No space left on device") == ""
    assert not list((tmp_path / "data" / "redis").glob("damaged-*"))


def test_what_was_set_aside_is_bounded(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "data")
    process: ManagedProcess = redis_process(DataDir(tmp_path / "data"), tmp_path, {})
    for _ in range(KEPT + 2):
        the_manifest(tmp_path / "data" / "redis" / FOLDER)
        assert "written anew" in process.prepare()
    assert len(list((tmp_path / "data" / "redis").glob("damaged-*"))) == KEPT
