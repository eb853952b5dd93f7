"""A terminal for tests: a program of its own session on it, what it shows, and Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A session's leader takes its standard input for the terminal that controls it. A test runner that
# was started in the background ignores SIGINT, and programs inherit that.
ON_TERMINAL: Final = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@dataclass(slots=True)
class Terminal:
    """A Python program on a terminal."""

    process: subprocess.Popen[bytes]
    keyboard: int
    shown: bytearray = field(default_factory=bytearray)

    def press_ctrl_c(self) -> None:
        """Have the terminal interrupt every process of the foreground, as it does for a person."""
        os.write(self.keyboard, b"\x03")

    def read(self) -> None:
        """Read what is shown until the program has ended."""
        with contextlib.suppress(OSError):  # EIO: nobody has the terminal open any more
            while data := os.read(self.keyboard, 4_096):
                self.shown += data


@contextlib.contextmanager
def on_terminal(*words: str, environ: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """Run `python` with these arguments on a terminal of its own."""
    keyboard, screen = os.openpty()
    process = subprocess.Popen(  # noqa: S603 - the tests' own programs
        [sys.executable, "-c", ON_TERMINAL, *words],
        stdin=screen,
        stdout=screen,
        stderr=screen,
        env=environ,
        start_new_session=True,
    )
    os.close(screen)
    terminal = Terminal(process, keyboard)
    reader = threading.Thread(target=terminal.read)
    reader.start()
    try:
        yield terminal
    finally:
        process.kill()
        process.wait()
        reader.join()
        os.close(keyboard)
