"""The folder in which the processes of one web count together: made at its start, gone at its end.

A web that was killed leaves its folder behind; the next one on the machine removes it. Whether
somebody still uses a folder is told by a lock that the kernel releases with its last holder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["VARIABLE", "counting_together"]

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client reads it once, when it is imported
PREFIX: Final = "porta-metrics-"
LOCK: Final = "lock"


@contextmanager
def counting_together() -> Iterator[Path]:
    """Let the processes that this one forks count in one folder."""
    _sweep(Path(tempfile.gettempdir()))
    folder, owner = Path(tempfile.mkdtemp(prefix=PREFIX)), os.getpid()
    with (folder / "new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / "new").rename(folder / LOCK)  # from here on it can be swept, and is held
        os.environ[VARIABLE] = str(folder)
        try:
            yield folder
        finally:
            if os.getpid() == owner:  # a worker of gunicorn's leaves by the same way
                del os.environ[VARIABLE]
                shutil.rmtree(folder, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Remove the folders that nobody holds any more."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError), _lock_of(folder) as lock:  # held, or another user's
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)


def _lock_of(folder: Path) -> IO[str]:
    """Open a folder's lock, but wait for nobody: anybody may put what they like into /tmp."""
    descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    lock = os.fdopen(descriptor)
    if os.fstat(descriptor).st_uid != os.geteuid():
        lock.close()
        raise PermissionError(folder)
    return lock
