"""A process that the supervisor manages: how it is started, and how it shows that it is ready."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from frontend.embedded.errors import ProcessFailed
from frontend.embedded.process_tree import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from frontend.embedded.ports import Port

__all__ = ["START_S", "ManagedProcess"]

START_S: Final = 60.0  # without progress (StartDeadline)
LINES_SHOWN: Final = 12  # of the log, in an error
TAIL_BYTES: Final = 8_192  # read for them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ManagedProcess:
    """One server of `porta serve`.

    `answers` returns whether it is ready, which is seen only when the servers in `seen_by` are;
    `trouble` returns why not, or "" if that is unknown. A process that `gives_back` holds leases or
    clusters: it is stopped first, while the servers that it needs still run. Without a `required`
    process Porta does not start; after the `deadline_s` of any other, Porta starts with a warning.
    `prepare` and `repair` mend what it reads: before each start, and after an end, from its log
    since the start. They return what they did, or "".
    """

    name: str
    title: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    working_dir: Path
    log: Path
    answers: Callable[[], bool]
    trouble: Callable[[], str] = lambda: ""
    prepare: Callable[[], str] = lambda: ""
    repair: Callable[[str], str] = lambda _log: ""
    after: tuple[str, ...] = ()
    seen_by: tuple[str, ...] = ()
    port: Port | None = None
    deadline_s: float = START_S
    gives_back: bool = False
    required: bool = True

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own, with its output in its log; raises ProcessFailed."""
        if self.port is not None:
            self.port.hand_over()
        try:
            with self.log.open("ab") as log:
                return subprocess.Popen(  # noqa: S603 - our own commands
                    self.command,
                    env=self.environ,
                    cwd=self.working_dir,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=die_with_parent(),  # noqa: PLW1509 - the supervisor has one thread
                )
        except OSError as error:
            raise self.failed(f"could not be started ({error})") from error

    def logged(self, start: int) -> str:
        """Return the end of what is in the log from the position `start`."""
        try:
            data = self.log.read_bytes()[start:][-TAIL_BYTES:]
        except OSError:
            return ""
        return data.decode("utf-8", "replace")

    def failed(self, reason: str) -> ProcessFailed:
        """Return the error to raise, with the last lines of the log."""
        return ProcessFailed(self.title, reason, self.log, self._last_lines())

    def _last_lines(self) -> str:
        lines = self.logged(0).splitlines()
        return "\n".join(f"    {line}" for line in lines[-LINES_SHOWN:])
