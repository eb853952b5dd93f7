"""Finished exports in a folder, so that any part of one can be read again: HEAD and Range.

- Bounded: all files together, those being written included, have at most the budget in bytes, one
  has at most half of it, and there are at most `MOST_FILES`. The least recently read go first, but
  none that is being read.
- Only what has the name of an export is counted and removed: other files stay.
- A name stands for the same bytes for ever: it is an ETag. So the folder may be shared, by the
  processes of a web and by installations, and may be emptied at any time.
- Atomic: a file has its name once it is whole and on the disk. What a killed process has left is
  removed by the next that needs room; locks (flock) end with their process.
- Each file is written once, however many ask. The folder costs nobody an answer: where it can't be
  used, is full, or the file is too large, `keep` returns None and the caller streams.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import re
import stat
import threading
from collections import OrderedDict
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

import platformdirs

from frontend.errors import Busy
from frontend.results.kept_file import (
    KeptFile,
    files_in,
    locked,
    locked_part,
    opened,
    removed,
    write_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["ExportFolder", "KeptFile", "default_folder"]

MOST_FILES: Final = 2_000
AHEAD_BYTES: Final = 4 * 2**20  # room that is made at a time while a file is written
REMEMBERED: Final = 1_024  # names of files that are too large
WAIT_S: Final = 10.0  # for another that writes the same file
POLL_S: Final = 0.02
RETRY_AFTER_S: Final = 5
LOCK: Final = "lock"
PART: Final = ".part"  # ends the name of a file that is being written
OWN: Final = re.compile(r"[0-9a-f]{32}(\.part)?")  # names of exports; any other file is the user's
OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH

_log = logging.getLogger(__name__)


def default_folder() -> Path:
    """Return the folder in the user's cache directory (XDG on Linux)."""
    return platformdirs.user_cache_path("porta", appauthor=False) / "exports"


class ExportFolder:
    """The exports in one folder, by name; thread-safe, and shared with other processes.

    A budget of 0 switches it off. At most `waiters` threads wait for a file that another writes.
    """

    def __init__(self, path: Path, budget_bytes: int, *, waiters: int) -> None:
        self._path = path
        self._budget_bytes = budget_bytes
        self._waiters = threading.BoundedSemaphore(waiters)
        self._too_large: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._has_complained = False

    @property
    def most_bytes(self) -> int:
        """How large a file may be."""
        return self._budget_bytes // 2

    def may_keep(self, name: str, least_bytes: int = 0) -> bool:
        """Whether a file of this name, of at least so many bytes, is not known to be too large."""
        return 0 < self.most_bytes >= least_bytes and name not in self._too_large

    def find(self, name: str) -> KeptFile | None:
        """Open a file, which is then the latest that was read; None where it is not kept.

        Nor is it where others may write into the folder: the file may be theirs.
        """
        if not self._budget_bytes:
            return None
        with contextlib.suppress(OSError):
            self._check()
            return opened(self._path / name)
        return None

    def keep(self, name: str, write: Callable[[], Iterator[bytes]]) -> KeptFile | None:
        """Open a file, written now if need be; None where it can't be kept.

        Raises what `write` and its pieces raise, and Busy where others write it for too long.
        """
        if not self.may_keep(name):
            return None
        try:
            descriptor = self._turn(name)
        except OSError as error:
            self._complain(error)
            return None
        part, kept = self._path / f"{name}{PART}", None
        try:
            kept = self.find(name) or self._written(descriptor, part, write)
        finally:
            if kept is None or kept.descriptor != descriptor:
                with contextlib.suppress(OSError):
                    part.unlink()
                os.close(descriptor)
        return kept

    def _turn(self, name: str) -> int:
        """Return the locked descriptor of the part of a file; raises OSError, and Busy."""
        self._prepare()
        descriptor = locked_part(self._path / f"{name}{PART}")
        if descriptor is not None:
            return descriptor
        if not self._waiters.acquire(blocking=False):
            raise _busy()
        try:
            deadline = monotonic() + WAIT_S
            while (descriptor := locked_part(self._path / f"{name}{PART}")) is None:
                if monotonic() > deadline:
                    raise _busy()
                sleep(POLL_S)
        finally:
            self._waiters.release()
        return descriptor

    def _written(
        self, descriptor: int, part: Path, write: Callable[[], Iterator[bytes]]
    ) -> KeptFile | None:
        """Write a file; None where there is no room for it. It has its own name afterwards."""
        size = self._filled(descriptor, part.stem, write)
        if size is None:
            return None
        try:
            os.ftruncate(descriptor, size)
            os.fsync(descriptor)
            part.replace(part.with_suffix(""))
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        except OSError as error:
            self._complain(error)
            return None
        return KeptFile(descriptor, size)

    def _filled(
        self, descriptor: int, name: str, write: Callable[[], Iterator[bytes]]
    ) -> int | None:
        """Fill a file with the pieces; return its size, or None where it can't be kept."""
        size, room, ahead = 0, 0, min(AHEAD_BYTES, self.most_bytes)
        pieces = write()
        try:
            for piece in pieces:
                size += len(piece)
                if size > self.most_bytes:
                    self._remember(name)
                    return None
                try:
                    while size > room:
                        if not self._make_room(descriptor, room, ahead):
                            return None
                        room += ahead
                    write_all(descriptor, piece)
                except OSError as error:  # the disk is full, or can't be written
                    self._complain(error)
                    return None
        finally:
            _close(pieces)
        return size

    def _make_room(self, descriptor: int, room: int, needed: int) -> bool:
        """Remove the least recently read files until a file may grow so much; raises OSError.

        It grows at once, in length alone, so that others see what is promised to it.
        """
        with locked(self._path / LOCK):
            files = files_in(self._path, OWN)
            total, count = sum(size for _, size, _ in files), len(files)
            for _, size, path in sorted(files):
                if total + needed <= self._budget_bytes and count <= MOST_FILES:
                    break
                if removed(path):
                    total, count = total - size, count - 1
            if total + needed > self._budget_bytes:
                return False
            os.ftruncate(descriptor, room + needed)
        return True

    def _prepare(self) -> None:
        """Make the folder; raises OSError where others may write into it."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check()

    def _check(self) -> None:
        """Raise OSError where there is no folder, or others may write into it."""
        status = self._path.stat()
        if status.st_uid != os.geteuid() or status.st_mode & OTHERS:
            raise PermissionError(f"{self._path} can be written by others.")

    def _remember(self, name: str) -> None:
        with self._lock:
            self._too_large[name] = None
            while len(self._too_large) > REMEMBERED:
                self._too_large.popitem(last=False)

    def _complain(self, error: OSError) -> None:
        """Log, once, why exports are not kept."""
        if not self._has_complained:
            self._has_complained = True
            _log.warning("exports are not kept in %s, and served without: %s", self._path, error)


def _close(pieces: Iterator[bytes]) -> None:
    """End a generator, which may hold a place among the files that are written."""
    close = getattr(pieces, "close", None)
    if close is not None:
        close()


def _busy() -> Busy:
    return Busy(retry_after_s=RETRY_AFTER_S)
