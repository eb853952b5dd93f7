"""`--output`: what it may name, and what stays where it can't be written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from frontend.cli.output import Output
from frontend.errors import BadRequest, FrontendError
from sim.engine import Propagation
from sim.scenario import Trajectory
from tests.written_files import records_bytes

FIRST = Propagation.open(Trajectory(seed=1), 500)
SECOND = Propagation.open(Trajectory(seed=2), 2_000)


def content(propagation: Propagation, form: str) -> bytes:
    return records_bytes(propagation, form)


def porta(*words: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    """Run the command line as a process, with this standard output."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "frontend.cli", *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


def test_of_two_writers_each_writes_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "orbit.csv"
    wholes = {content(propagation, "csv") for propagation in (FIRST, SECOND)}
    for _ in range(5):
        with ThreadPoolExecutor(2) as writers:
            list(writers.map(Output.of(str(path)).write, (FIRST, SECOND)))
        assert path.read_bytes() in wholes
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "orbit.csv", tmp_path / "link.csv"
    link.symlink_to(target.name)
    Output.of(str(link)).write(FIRST)
    assert link.is_symlink()
    assert target.read_bytes() == content(FIRST, "csv")


def test_a_pipe_gets_csv_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    Output.of(str(pipe)).write(FIRST)
    reader.join()
    assert read == [content(FIRST, "csv")]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_that_is_full_is_an_error_with_a_sentence() -> None:
    with pytest.raises(FrontendError, match="/dev/full can't be written: No space left"):
        Output.of("/dev/full").write(FIRST)


def test_a_name_of_250_bytes_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("o" * 242 + ".parquet")
    Output.of(str(path)).write(FIRST)
    assert path.read_bytes() == content(FIRST, "parquet")


def test_the_format_may_be_named_whatever_the_suffix(tmp_path: Path) -> None:
    path = tmp_path / "orbit.txt"
    Output.of(str(path), "json").write(FIRST)
    assert path.read_bytes() == content(FIRST, "json")


def test_without_a_suffix_a_file_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"\.parquet, \.oem, name the format with --format"):
        Output.of(str(tmp_path / "orbit"))


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1"])
def test_standard_output_has_many_names(name: str) -> None:
    assert Output.of(name).path is None


def test_standard_output_gets_the_records_and_nothing_else() -> None:
    done = porta("propagate", "500", "--seed", "1", "--output", "-")
    assert done.stdout == content(FIRST, "csv")
    assert done.stderr.startswith(b"Wrote standard output: ")
    assert done.returncode == 0


def test_a_format_that_is_not_there_is_refused() -> None:
    done = porta("propagate", "500", "--output", "-", "--format", "xml")
    assert done.returncode == 2
    assert b"'xml' must be one of js, json, csv, arrow, parquet" in done.stderr


@pytest.mark.parametrize(
    "words", [("propagate", "500"), ("propagate", "500", "--output", "-"), ("--help",)]
)
def test_a_full_standard_output_is_an_error_with_a_sentence(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = porta(*words, stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr == (b"Error: standard output can't be written: No space left on device.\n")


@pytest.mark.parametrize("words", [(), ("--output", "-")])
def test_a_reader_that_has_read_enough_ends_the_writer_without_a_word(
    words: tuple[str, ...],
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = porta("propagate", "20000", *words, stdout=writing)
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == b""
