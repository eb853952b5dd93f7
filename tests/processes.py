"""Real processes for tests: starts and finds them, and waits until a condition holds."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final, TypeVar

import psutil

from tests.deadlines import EVENTUALLY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

POLL_S: Final = 0.02
MOST_POLL_S: Final = 0.2
RESTS: Final = 4  # times as long as a look takes: what is waited for needs the cores too
Seen = TypeVar("Seen")


def python(
    program: str,
    *arguments: object,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start a Python program, with pipes to talk with it, in a session of its own."""
    return subprocess.Popen(  # noqa: S603 - the tests' own programs
        (sys.executable, "-c", program, *map(str, arguments)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        start_new_session=True,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that a program prints, without its end."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def eventually(look: Callable[[], Seen | None], *, within_s: float = EVENTUALLY_S) -> Seen:
    """Poll until the result is true, and return it; fail if it is not in time."""
    begun = time.monotonic()
    deadline = begun + within_s
    while not (seen := look()):
        now = time.monotonic()
        assert now < deadline, f"not within {within_s} s"
        time.sleep(min(max(POLL_S, RESTS * (now - begun)), MOST_POLL_S))
        begun = time.monotonic()
    return seen


def of_folder(data: Path) -> list[psutil.Process]:
    """The living processes of a data directory: it is in their command, environment or cwd."""
    return [one for one in psutil.process_iter() if _belongs(one, str(data))]


def _belongs(process: psutil.Process, data: str) -> bool:
    with contextlib.suppress(psutil.Error):
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        words = [*process.cmdline(), *process.environ().values(), process.cwd()]
        return any(data in word for word in words)
    return False


def has_words(process: psutil.Process, words: tuple[str, ...]) -> bool:
    """Whether a process is alive and its command has these words."""
    with contextlib.suppress(psutil.Error):
        command = " ".join(process.cmdline())
        return all(word in command for word in words)
    return False


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Pause a process (SIGSTOP) during the context, and resume it (SIGCONT)."""
    process = psutil.Process(pid)
    process.suspend()
    try:
        yield
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()


def lives(pid: int) -> bool:
    """Whether a process is alive, and not a zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextlib.contextmanager
def none_left(data: Path) -> Iterator[None]:
    """Kill what a test leaves behind in a data directory, for the sake of other tests."""
    try:
        yield
    finally:
        for one in of_folder(data):
            with contextlib.suppress(psutil.Error):
                one.kill()
