"""The data directory of `porta serve`: its layout, its lock, and the removal of leftovers.

- It belongs to one `porta serve` at a time. The supervisor shares the lock, so the directory is
  free once both processes are gone, however they ended.
- `redis/` and `notebooks/` are kept, and so is `exports/`, which may be emptied; `logs/`
  has the logs of this start and of the previous one; `run/` and the directory of sockets belong to
  one start, and are removed before the next.
- It knows where it lives, by device and inode: a copy of it, whose files name the sockets and the
  processes of the original, leaves these alone.
- Sockets are in a directory with a short path, since a socket's path has about 100 characters at
  most (108 bytes in Linux' unix(7), 104 in BSD's).
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import platformdirs
import psutil

from frontend.embedded.errors import DataDirInUse, DataDirUnusable
from frontend.embedded.process_tree import stop_processes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["SUPERVISOR", "DataDir", "default_data_dir"]

LEAVING_S: Final = 10.0  # a supervisor whose `porta serve` was killed is gone within seconds
POLL_S: Final = 0.05
STRAY_GRACE_S: Final = 1.0  # as long as the servers have in an orderly stop, about
LOG_LIMIT_BYTES: Final = 8 * 2**20
SUPERVISOR: Final = "supervisor"  # the name of its log
SOCKETS: Final = "porta-"  # the prefix of the directory of sockets
MARK: Final = "EMBEDDED_IN_PORTA"  # not PORTA_...: an unknown setting would be refused
IDENTITY: Final = "EMBEDDED_IN_PORTA_FOLDER"


def default_data_dir() -> Path:
    """Return the user's data directory for Porta, by the platform's convention (XDG on Linux)."""
    return platformdirs.user_data_path("porta", appauthor=False)


@dataclass(frozen=True, slots=True)
class DataDir:
    """A data directory, by its absolute path."""

    path: Path

    @property
    def redis(self) -> Path:
        """The directory in which Redis keeps the results."""
        return self.path / "redis"

    @property
    def logs(self) -> Path:
        """The directory of the servers' logs."""
        return self.path / "logs"

    @property
    def exports(self) -> Path:
        """The directory of finished files that are kept for HEAD and Range."""
        return self.path / "exports"

    @property
    def notebooks(self) -> Path:
        """The directory that JupyterLab opens."""
        return self.path / "notebooks"

    @property
    def run(self) -> Path:
        """What only the present start needs: the Gateway's database, the clusters' directories."""
        return self.path / "run"

    @property
    def mark(self) -> dict[str, str]:
        """The environment variables that mark every process of this directory, Dask's included."""
        return {MARK: str(self.path), IDENTITY: self._identity}

    @property
    def _identity(self) -> str:
        """What tells this directory from a copy, also from one that takes its place."""
        with suppress(OSError):
            status = self.path.stat()
            return f"{status.st_dev}:{status.st_ino}"
        return ""

    def log(self, name: str) -> Path:
        """Return the log of the managed process of that name."""
        return self.logs / f"{name}.log"

    @contextmanager
    def locked(self, url: str) -> Iterator[int]:
        """Hold the lock, and yield its descriptor; raises DataDirInUse, DataDirUnusable."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DataDirUnusable(self.path, error.strerror or str(error)) from error
        try:
            self._take(descriptor)
            self._write(descriptor, {**self._read(descriptor), "pid": os.getpid(), "url": url})
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def prepared(self, lock: int) -> Iterator[Path]:
        """Make the directories of one start; yield the one for sockets; remove them afterwards."""
        self.sweep(lock)
        for directory in (self.redis, self.logs, self.run):
            directory.mkdir(mode=0o700, exist_ok=True)
        for log in self.logs.glob("*.log"):
            if log != self.log(SUPERVISOR):  # the launcher has opened it for this start
                log.replace(log.with_suffix(".log.1"))
        sockets = _socket_dir()
        self._write(lock, {**self._read(lock), "sockets": str(sockets), "home": self._identity})
        # systemd-tmpfiles does not clean up a directory that is locked:
        # https://www.freedesktop.org/software/systemd/man/latest/tmpfiles.d.html
        held = os.open(sockets, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(held, fcntl.LOCK_SH)
            yield sockets
        finally:
            os.close(held)
            self.sweep(lock)

    def noted(self) -> dict[str, Any]:
        """Return what is noted of its present or last `porta serve`, in `locked` and `prepared`."""
        with suppress(OSError, ValueError):
            value = json.loads((self.path / "lock").read_bytes()[:4_096])
            if isinstance(value, dict):
                return value
        return {}

    def is_home(self, noted: Mapping[str, object]) -> bool:
        """Whether what is noted is of this directory, and not of one that it is a copy of."""
        return noted.get("home") == self._identity

    def trim_logs(self) -> None:
        """Move the content of large logs to `.log.1`; their writers go on in the emptied file."""
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_LIMIT_BYTES:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)

    def sweep(self, lock: int) -> None:
        """Stop the processes that carry this directory's mark, and remove what one start needs.

        Only the holder of the lock may call it: what it finds was left by a `porta serve` whose
        supervisor was killed as well.
        """
        stop_processes(self._strays, STRAY_GRACE_S)
        shutil.rmtree(self.run, ignore_errors=True)
        noted = self._read(lock)
        sockets = Path(str(noted.get("sockets", "")))
        if sockets.name.startswith(SOCKETS) and self.is_home(noted):
            shutil.rmtree(sockets, ignore_errors=True)

    def _strays(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            environ = process.environ()
        except psutil.Error:  # another user's process, or it has ended
            return False
        return self.mark.items() <= environ.items()

    def _take(self, descriptor: int) -> None:
        deadline = time.monotonic() + LEAVING_S
        while not _lock(descriptor):
            owner = self._read(descriptor)
            pid, url = owner.get("pid"), owner.get("url")
            if pid is None or psutil.pid_exists(pid) or time.monotonic() > deadline:
                raise DataDirInUse(self.path, pid, url)
            time.sleep(POLL_S)

    @staticmethod
    def _read(descriptor: int) -> dict[str, Any]:
        with suppress(ValueError):
            value = json.loads(os.pread(descriptor, 4_096, 0))
            if isinstance(value, dict):
                return value
        return {}

    @staticmethod
    def _write(descriptor: int, value: dict[str, Any]) -> None:
        text = json.dumps(value).encode()
        os.pwrite(descriptor, text, 0)
        os.ftruncate(descriptor, len(text))


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _socket_dir() -> Path:
    """Make a directory for sockets that only this user can enter."""
    parent = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    for directory in (parent, tempfile.gettempdir()):
        with suppress(OSError):
            return Path(tempfile.mkdtemp(prefix=SOCKETS, dir=directory))
    return Path(tempfile.mkdtemp(prefix=SOCKETS, dir="/tmp"))
