from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from frontend.results.kept_file import (
    CHUNK_BYTES,
    KeptFile,
    files_in,
    locked_part,
    opened,
    removed,
    write_all,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * (CHUNK_BYTES // 100))
    return path


def opened_now(path: Path) -> KeptFile:
    kept = opened(path)
    assert kept is not None
    return kept


@pytest.mark.parametrize(
    ("first", "last"), [(0, 0), (5, 5), (0, CHUNK_BYTES), (3, 2 * CHUNK_BYTES)]
)
def test_any_part_of_a_file_is_read_in_pieces_of_a_bounded_size(
    path: Path, first: int, last: int
) -> None:
    pieces = list(opened_now(path).pieces(first, last))
    assert b"".join(pieces) == path.read_bytes()[first : last + 1]
    assert max(map(len, pieces)) <= CHUNK_BYTES


def test_a_file_that_is_shorter_than_it_was_is_an_error_not_a_loop(path: Path) -> None:
    kept = opened_now(path)
    os.truncate(path, 10)
    with pytest.raises(OSError, match="has ended at 10"):
        list(kept.pieces(0, 100))


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert opened(pipe) is None
    with pytest.raises(PermissionError):
        locked_part(pipe)


def test_the_file_of_another_user_is_not_read_and_not_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert opened(path) is None
    with pytest.raises(PermissionError):
        locked_part(path)
    assert path.stat().st_size > CHUNK_BYTES


def test_it_is_closed_once(path: Path) -> None:
    kept = opened_now(path)
    descriptor = kept.descriptor
    kept.close()
    kept.close()
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(descriptor)


def test_a_file_is_removed_only_when_nobody_reads_it(path: Path) -> None:
    kept = opened_now(path)
    assert not removed(path)
    kept.close()
    assert removed(path)
    assert not removed(path)


def test_a_part_belongs_to_one_writer_until_it_is_closed(tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    mine = locked_part(part)
    assert mine is not None
    assert locked_part(part) is None
    assert not removed(part)
    write_all(mine, b"something")
    os.close(mine)
    again = locked_part(part)
    assert again is not None
    assert part.read_bytes() == b""
    os.close(again)


def test_files_are_counted_by_the_blocks_that_they_take(tmp_path: Path) -> None:
    for name, size in (("a", 1), ("b", 4_097), ("lock", 0), ("ab", 1)):
        (tmp_path / name).write_bytes(bytes(size))
    found = {path.name: size for _, size, path in files_in(tmp_path, re.compile("[ab]"))}
    assert found == {"a": 4_096, "b": 8_192}
