"""Files that are whole or not there: each is written under a name of its own, then renamed.

Guarantees:

- Two writers of one file do not disturb each other: the file is that of the last to finish.
- A symbolic link is followed. A pipe or a device is written to, and stays what it is.
- The name that a file has meanwhile is short, so that the longest names work. A process that is
  killed leaves that file behind, and never a part of a file under the name that was asked for.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["UNFINISHED", "unfinished_path", "whole_file"]

UNFINISHED: Final = re.compile(r"\.[0-9a-f]{16}\.unfinished")
"""The names of files that are being written."""


def unfinished_path(folder: Path) -> Path:
    """Return a path in a folder for a file that is being written; no two calls return the same."""
    return folder / f".{secrets.token_hex(8)}.unfinished"


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file to write to, which appears under `path` at the end of the context's body.

    If the body raises, what was there before stays. A pipe or a device gets the bytes as they are
    written. Raises OSError.
    """
    status = _status(path)
    if status is not None and not stat.S_ISREG(status.st_mode):
        with path.open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))  # Path.resolve raises RuntimeError for a loop of links
    unfinished = unfinished_path(target.parent)
    try:
        with unfinished.open("xb") as file:
            if status is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            yield file
        unfinished.replace(target)
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
