"""The data folder: what it holds, and whose it is.

- It belongs to one `porta serve` at a time, by a lock that the guardian shares: it is free when
  both are gone, however they went.
- `redis/` is for ever; `logs/` has this start's lines and the last's; `run/` and the folder of
  sockets are of one start only, and wiped before the next.
- Sockets lie in a short path of their own: a socket's may have about a hundred characters.
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

from frontend.embedded.errors import FolderInUse, FolderUnusable
from frontend.embedded.process_tree import stop_processes

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DataFolder", "default_folder"]

LEAVING_S: Final = 10.0  # a guardian whose `porta serve` was killed is gone in about a second
POLL_S: Final = 0.05
LOG_LIMIT_BYTES: Final = 8 * 2**20
SOCKETS: Final = "porta-"  # how the folder of sockets begins
MARK: Final = "EMBEDDED_IN_PORTA"  # not PORTA_...: those are settings, and unknown ones refused


def default_folder() -> Path:
    """Return the user's data folder for Porta, by the XDG specification or its like."""
    return platformdirs.user_data_path("porta", appauthor=False)


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A data folder, by its absolute path."""

    path: Path

    @property
    def redis(self) -> Path:
        """Where Redis keeps what was computed."""
        return self.path / "redis"

    @property
    def logs(self) -> Path:
        """Where each server's log is."""
        return self.path / "logs"

    @property
    def run(self) -> Path:
        """What only the present start needs: the Gateway's database, clusters' folders."""
        return self.path / "run"

    @property
    def mark(self) -> dict[str, str]:
        """The environment variable that all servers of this folder carry, Dask's included."""
        return {MARK: str(self.path)}

    def log(self, name: str) -> Path:
        """Return the log of the server of that name."""
        return self.logs / f"{name}.log"

    @contextmanager
    def locked(self, url: str) -> Iterator[int]:
        """Hold the folder; gives the lock's file descriptor; raises FolderInUse, FolderUnusable."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise FolderUnusable(self.path, error.strerror or str(error)) from error
        try:
            self._take(descriptor)
            self._write(descriptor, {**self._read(descriptor), "pid": os.getpid(), "url": url})
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def prepared(self, lock: int) -> Iterator[Path]:
        """Make the folders of one start, clean; gives the one for sockets; removes them after."""
        self.sweep(lock)
        for folder in (self.redis, self.logs, self.run):
            folder.mkdir(mode=0o700, exist_ok=True)
        for log in self.logs.glob("*.log"):
            if log != self.log("guardian"):  # which whoever started the guardian has opened
                log.replace(log.with_suffix(".log.1"))
        sockets = _short_folder()
        self._write(lock, {**self._read(lock), "sockets": str(sockets)})
        # A file system's housekeeping leaves a folder alone that is locked:
        # https://www.freedesktop.org/software/systemd/man/latest/tmpfiles.d.html
        held = os.open(sockets, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(held, fcntl.LOCK_SH)
            yield sockets
        finally:
            os.close(held)
            self.sweep(lock)

    def trim_logs(self) -> None:
        """Put aside logs that have grown long; their writers go on at the beginning."""
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_LIMIT_BYTES:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)

    def sweep(self, lock: int) -> None:
        """Stop what still carries this folder's mark, and remove what only one start needs.

        For whoever holds the lock when nobody else can: neither `porta serve` nor its guardian
        lived long enough to do it.
        """
        stop_processes(self._strays, grace_s=1.0)
        shutil.rmtree(self.run, ignore_errors=True)
        sockets = Path(str(self._read(lock).get("sockets", "")))
        if sockets.name.startswith(SOCKETS):
            shutil.rmtree(sockets, ignore_errors=True)

    def _strays(self) -> list[psutil.Process]:
        return [one for one in psutil.process_iter() if self._is_ours(one)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(MARK) == str(self.path)
        except psutil.Error:  # another user's, or gone
            return False

    def _take(self, descriptor: int) -> None:
        deadline = time.monotonic() + LEAVING_S
        while not _lock(descriptor):
            owner = self._read(descriptor)
            pid, url = owner.get("pid"), owner.get("url")
            if pid is None or psutil.pid_exists(pid) or time.monotonic() > deadline:
                raise FolderInUse(self.path, pid, url)
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


def _short_folder() -> Path:
    """Make a folder for sockets that only this user can enter."""
    parent = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    for place in (parent, tempfile.gettempdir()):
        with suppress(OSError):
            return Path(tempfile.mkdtemp(prefix=SOCKETS, dir=place))
    return Path(tempfile.mkdtemp(prefix=SOCKETS, dir="/tmp"))
