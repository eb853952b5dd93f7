"""Claims about the folder of exports: its bounds, several that write at once, and one that dies."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from frontend.errors import Busy, NotFound
from frontend.results import export_folder
from frontend.results.export_folder import ExportFolder, default_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from frontend.results.kept_file import KeptFile

MIB: Final = 2**20
A, B, C, D = (letter * 32 for letter in "abcd")  # names are entity tags


def folder_of(path: Path, budget_bytes: int = 8 * MIB) -> ExportFolder:
    return ExportFolder(path / "exports", budget_bytes, waiters=4)


def pieces(*sizes: int) -> Callable[[], Iterator[bytes]]:
    return lambda: iter([bytes([place]) * size for place, size in enumerate(sizes)])


def content(kept: KeptFile | None) -> bytes:
    assert kept is not None
    return b"".join(kept.pieces(0, kept.size - 1))


def names(path: Path) -> set[str]:
    return {one.name for one in (path / "exports").iterdir()} - {"lock"}


def used(path: Path) -> int:
    return sum(one.stat().st_size for one in (path / "exports").iterdir())


def test_a_file_that_was_kept_is_found_with_the_same_bytes(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    assert folder.find(A) is None
    written = content(folder.keep(A, pieces(10, MIB, 3)))
    assert written == bytes(10) + b"\1" * MIB + b"\2" * 3
    assert content(folder.find(A)) == content(folder_of(tmp_path).find(A)) == written
    assert names(tmp_path) == {A}


def test_all_files_together_keep_to_the_budget_and_the_one_not_read_for_the_longest_goes_first(
    tmp_path: Path,
) -> None:
    folder = folder_of(tmp_path)
    for place, name in enumerate((A, B, C)):
        content(folder.keep(name, pieces(2 * MIB)))
        os.utime(tmp_path / "exports" / name, (place, place))
    content(folder.find(A))  # now the latest
    content(folder.keep(D, pieces(2 * MIB)))
    assert B not in names(tmp_path)
    assert {A, D} <= names(tmp_path)
    for place in range(20):
        content(folder.keep(f"{place:032x}", pieces(MIB, MIB, MIB)))
        assert used(tmp_path) <= 8 * MIB


def test_there_are_no_more_files_than_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_folder, "MOST_FILES", 5)
    folder = folder_of(tmp_path)
    for place in range(20):
        content(folder.keep(f"{place:032x}", pieces(1)))
    assert len(names(tmp_path)) <= 5
    assert f"{19:032x}" in names(tmp_path)


def test_files_that_are_no_exports_are_neither_removed_nor_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_folder, "MOST_FILES", 2)
    (tmp_path / "exports").mkdir(mode=0o700)
    own = ("thesis.txt", "0.part", f"{A}.txt", A.upper(), "part", "lock")
    for name in own:
        (tmp_path / "exports" / name).write_bytes(bytes(3 * MIB))
        os.utime(tmp_path / "exports" / name, (0, 0))
    folder = folder_of(tmp_path)
    for place in range(5):
        content(folder.keep(f"{place:032x}", pieces(3 * MIB)))
    assert {one.name for one in (tmp_path / "exports").iterdir()} > set(own)
    assert (tmp_path / "exports" / "thesis.txt").stat().st_size == 3 * MIB


def test_a_file_that_is_read_stays_and_what_has_no_room_beside_it_is_not_kept(
    tmp_path: Path,
) -> None:
    folder = folder_of(tmp_path)
    first, second = (folder.keep(name, pieces(3 * MIB)) for name in (A, B))
    assert folder.keep(C, pieces(3 * MIB)) is None
    assert names(tmp_path) == {A, B}
    assert content(first) == content(second)
    content(folder.keep(C, pieces(3 * MIB)))


def test_a_file_larger_than_half_the_budget_is_not_kept_and_not_tried_again(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    assert folder.may_keep(A)
    assert not folder.may_keep(A, least_bytes=5 * MIB)
    assert folder.keep(A, pieces(*[MIB] * 5)) is None
    assert not folder.may_keep(A)
    assert names(tmp_path) == set()


def test_a_budget_of_nothing_keeps_nothing_and_makes_no_folder(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 0)
    assert folder.keep(A, pieces(1)) is None
    assert folder.find(A) is None
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_who_writes_is_raised_and_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise NotFound("It is gone.")

    folder = folder_of(tmp_path)
    for _ in range(2):
        with pytest.raises(NotFound):
            folder.keep(A, broken)
    assert names(tmp_path) == set()
    assert content(folder.keep(A, pieces(4))) == bytes(4)


def test_a_file_is_written_once_however_many_ask_for_it(tmp_path: Path) -> None:
    writes, begun, go = [], threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        writes.append(1)
        begun.set()
        yield b"one "
        assert go.wait(10)
        yield b"two"

    found: list[bytes] = []
    folders = (folder_of(tmp_path), folder_of(tmp_path))  # as two processes have them
    threads = [
        threading.Thread(target=lambda one=one: found.append(content(one.keep(A, slow))))
        for one in (folders[0], *folders)
    ]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(10)
    assert found == [b"one two"] * 3
    assert writes == [1]


def test_who_waits_for_too_long_or_where_many_wait_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_folder, "WAIT_S", 0.05)
    folder = ExportFolder(tmp_path / "exports", 8 * MIB, waiters=1)

    def asks_again() -> Iterator[bytes]:
        with pytest.raises(Busy):
            folder.keep(A, pieces(1))
        yield b"whole"

    assert content(folder.keep(A, asks_again)) == b"whole"


WRITER: Final = """
import sys
from pathlib import Path
from frontend.results.export_folder import ExportFolder

def write():
    yield bytes(3 * 2**20)
    print("begun", flush=True)
    sys.stdin.read()

ExportFolder(Path(sys.argv[1]), 8 * 2**20, waiters=1).keep("a" * 32, write)
"""


def test_what_a_killed_process_has_left_makes_room(tmp_path: Path) -> None:
    command = (sys.executable, "-c", WRITER, str(tmp_path / "exports"))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:  # noqa: S603 - our own words
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"begun\n"
        folder = folder_of(tmp_path, 7 * MIB)
        assert folder.keep(B, pieces(MIB)) is None  # what is written holds its room
        writer.send_signal(signal.SIGKILL)
    assert names(tmp_path) == {f"{A}.part"}
    assert folder.find(A) is None
    content(folder.keep(B, pieces(MIB)))
    assert names(tmp_path) == {B}


def test_a_part_that_a_killed_process_has_left_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir(mode=0o700)
    (tmp_path / "exports" / f"{A}.part").write_bytes(b"half of somethi")
    assert content(folder_of(tmp_path).keep(A, pieces(4))) == bytes(4)


def test_a_folder_that_cannot_be_written_costs_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "exports").write_text("no folder")
    folder = folder_of(tmp_path)
    with caplog.at_level(logging.WARNING):
        assert folder.keep(A, pieces(1)) is None
        assert folder.keep(B, pieces(1)) is None
    assert folder.find(A) is None
    assert len([one for one in caplog.records if "served without" in one.message]) == 1


def test_a_disk_that_is_full_costs_no_answer(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    (tmp_path / "exports").mkdir(mode=0o700)
    folder = folder_of(tmp_path)
    (tmp_path / "exports" / "lock").mkdir()  # room can't be made either
    assert folder.keep(A, pieces(MIB)) is None
    assert A not in names(tmp_path)


def test_a_folder_that_others_may_write_into_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports").chmod(0o777)
    assert folder_of(tmp_path).keep(A, pieces(1)) is None
    assert names(tmp_path) == set()
    (tmp_path / "exports" / A).write_text("planted")
    assert folder_of(tmp_path).find(A) is None


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    content(folder.keep(B, pieces(1)))
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "exports" / A).symlink_to(tmp_path / "secret")
    assert folder.find(A) is None


def test_by_default_it_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_folder() == Path("/somewhere/porta/exports")
