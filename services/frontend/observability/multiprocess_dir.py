"""The directory in which the processes of one web share their metrics, for prometheus_client.

It exists while the web runs. A web that was killed leaves it behind, and the next one on the
machine removes it. A lock shows whether it is in use: the kernel releases it with its last holder.
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
    """Let the processes that this one forks count in one directory, which is yielded."""
    _sweep(Path(tempfile.gettempdir()))
    directory, owner = Path(tempfile.mkdtemp(prefix=PREFIX)), os.getpid()
    with (directory / "new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (directory / "new").rename(
            directory / LOCK
        )  # from now on another web may find it, and finds it locked
        os.environ[VARIABLE] = str(directory)
        try:
            yield directory
        finally:
            if os.getpid() == owner:  # gunicorn's forked workers pass here too
                del os.environ[VARIABLE]
                shutil.rmtree(directory, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove the directories whose lock is free."""
    for directory in parent.glob(f"{PREFIX}*"):
        with suppress(OSError), _open_lock(directory) as lock:  # locked, or another user's
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory)


def _open_lock(directory: Path) -> IO[str]:
    """Open a directory's lock, without blocking: other users may put a FIFO or a link into /tmp."""
    descriptor = os.open(
        directory / LOCK, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    )
    lock = os.fdopen(descriptor)
    if os.fstat(descriptor).st_uid != os.geteuid():
        lock.close()
        raise PermissionError(directory)
    return lock
