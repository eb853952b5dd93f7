from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from sim.export.whole_file import UNFINISHED, unfinished_path, whole_file


def write(path: Path, data: bytes) -> None:
    with whole_file(path) as file:
        file.write(data)


def test_a_file_appears_when_all_of_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "orbit.csv"
    with whole_file(path) as file:
        file.write(b"all")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"all"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_fails_leaves_what_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "orbit.csv"
    write(path, b"before")
    with pytest.raises(TypeError), whole_file(path) as file:
        file.writelines([b"part of", "what is no bytes"])  # type: ignore[list-item] # on purpose
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_each_of_two_writers_writes_a_whole_file_and_the_last_stays(tmp_path: Path) -> None:
    path = tmp_path / "orbit.csv"
    with whole_file(path) as first:
        first.write(b"first, which is longer")
        with whole_file(path) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first, which is longer"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link, target = tmp_path / "link.csv", tmp_path / "far" / "orbit.csv"
    link.symlink_to("far/orbit.csv")
    for data in (b"while the target is not there", b"and while it is"):
        write(link, data)
        assert link.is_symlink()
        assert target.read_bytes() == data
    assert list(target.parent.iterdir()) == [target]


def test_links_that_lead_nowhere_are_an_error_of_the_system(tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to("link.csv")
    with pytest.raises(OSError, match="symbolic links"):
        write(link, b"")


def test_a_pipe_stays_a_pipe_and_its_reader_gets_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    write(path, b"all")
    reader.join()
    assert read == [b"all"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_device_is_written_to() -> None:
    write(Path(os.devnull), b"all")
    with pytest.raises(OSError, match="No space left"):
        write(Path("/dev/full"), b"all")


@pytest.mark.parametrize("length", [250, 255])
def test_a_long_name_is_a_name(tmp_path: Path, length: int) -> None:
    path = tmp_path / ("o" * (length - 4) + ".csv")
    write(path, b"all")
    assert path.read_bytes() == b"all"


def test_a_file_keeps_the_permissions_that_it_had(tmp_path: Path) -> None:
    path = tmp_path / "orbit.csv"
    write(path, b"first")
    path.chmod(0o640)
    write(path, b"second")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_unfinished_files_are_known_by_their_names(tmp_path: Path) -> None:
    first, second = unfinished_path(tmp_path), unfinished_path(tmp_path)
    assert first != second
    assert UNFINISHED.fullmatch(first.name)
    assert not UNFINISHED.fullmatch("orbit.unfinished")
