"""Files that are read and written under locks (flock), which end with the process that holds them.

- A file that is read is not removed meanwhile, and one that is written is written by one alone.
- Nothing here waits, but for the lock of a folder, which is held for a look through it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

__all__ = [
    "CHUNK_BYTES",
    "KeptFile",
    "files_in",
    "locked",
    "locked_part",
    "opened",
    "removed",
    "write_all",
]

BLOCK: Final = 4_096  # of a file system: the smallest file takes one
CLOSED: Final = -1
CHUNK_BYTES: Final = 2**18  # of a file that is read
READ_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # no wait for a pipe


@dataclass(slots=True, eq=False)
class KeptFile:
    """A whole file, open for reading, which is not removed until it is closed."""

    descriptor: int
    size: int

    def pieces(self, first: int, last: int) -> Iterator[bytes]:
        """Yield the bytes from `first` to `last`, both included; the file is closed at the end."""
        with contextlib.closing(self):
            while first <= last:
                piece = os.pread(self.descriptor, min(CHUNK_BYTES, last + 1 - first), first)
                if not piece:
                    raise OSError(f"A kept export of {self.size} bytes has ended at {first}.")
                first += len(piece)
                yield piece

    def close(self) -> None:
        """Let go of it; a second time does nothing."""
        descriptor, self.descriptor = self.descriptor, CLOSED
        if descriptor != CLOSED:
            os.close(descriptor)


def opened(path: Path) -> KeptFile | None:
    """Open and lock a whole file of ours; None where it is none, or has just been removed.

    Raises OSError.
    """
    descriptor = os.open(path, READ_FLAGS)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        status = os.fstat(descriptor)
        if status.st_nlink and _is_ours(status):
            os.utime(descriptor)
            return KeptFile(descriptor, status.st_size)
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def locked_part(path: Path) -> int | None:
    """Open a part to be written, empty; None where another writes it. Raises OSError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(descriptor)
        if not _is_ours(status):
            raise PermissionError(f"{path} is not a file of ours.")
        if os.path.samestat(status, path.stat()):
            os.ftruncate(descriptor, 0)
            return descriptor
    except (BlockingIOError, FileNotFoundError):  # or it has just got its name
        pass
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that all processes share, for as long as looking through the folder takes."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def files_in(folder: Path, names: re.Pattern[str]) -> list[tuple[float, int, Path]]:
    """Return when each file of such a name was read last, the bytes it takes, and its path."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if not names.fullmatch(entry.name):
                    continue
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    size = -(-status.st_size // BLOCK) * BLOCK
                    found.append((status.st_mtime, size, Path(entry.path)))
    return found


def removed(path: Path) -> bool:
    """Remove a file that is neither read nor written; return whether it was removed."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(descriptor)
        return True
    return False


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of the data; raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _is_ours(status: os.stat_result) -> bool:
    """Whether it is a regular file that we have written: not a pipe, and not another user's."""
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
