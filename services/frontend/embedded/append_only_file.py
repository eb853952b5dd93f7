"""The append-only file of the embedded Redis: repaired where it is damaged, and never in silence.

It is a folder: a base, files of later writes, and a manifest that lists them in their order
(https://valkey.io/topics/persistence/). Porta's results can be computed again, so a damaged folder
never keeps Porta from starting:

- A file of writes is cut where the damage begins, which leaves a state that Redis once had.
- A manifest that is missing or damaged is written anew from the names of the files, up to the first
  that is missing.
- If nothing can be repaired, Redis starts empty.

The files as they were are set aside under a name with the time, and a sentence says so.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["AppendOnlyFile"]

FOLDER: Final = "appendonlydir"  # Redis' defaults
MANIFEST: Final = "appendonly.aof.manifest"
FILE: Final = re.compile(r"appendonly\.aof\.([0-9]{1,18})\.(base|incr)\.(?:rdb|aof)")
LINE: Final = re.compile(r"file (\S+) seq [0-9]+ type ([bih])")
# What Valkey 9 logs before it ends: aof.c and `rdbReportError` in rdb.c.
DAMAGE: Final = re.compile(
    r"reading the append only file|Unable to obtain the AOF file|"
    r"AOF manifest|Internal error in RDB reading"
)
ASIDE: Final = "damaged-"
KEPT: Final = 3  # of the folders that were set aside, each as large as the results at most
RUNNING: Final = b"Ready to accept connections"  # what Valkey logs when it has started
LATER_RESULTS: Final = (
    "results that were stored later may be lost, and are computed again when they are requested"
)
WITHOUT_RESULTS: Final = (
    "Porta starts without results, and computes them again when they are requested"
)
CHECKER: Final = "valkey-check-aof"  # what the server is by this name: `main` in server.c
CHECKING_S: Final = 300.0  # Valkey checks 100 MB in a second


@dataclass(frozen=True, slots=True)
class AppendOnlyFile:
    """The append-only file in Redis' directory.

    `binary` is the server, which can check it, and `log` its log, which shows that it has run.
    """

    directory: Path
    binary: str
    log: Path

    @property
    def _folder(self) -> Path:
        return self.directory / FOLDER

    def complete(self) -> str:
        """Before a start, write a manifest that is missing; return what was done, "" if nothing.

        Without it Redis would start empty, and overwrite the files.
        """
        if (self._folder / MANIFEST).exists():
            return ""
        if self._files():
            return self._rebuild()
        return f"the append-only file is gone; {WITHOUT_RESULTS}" if self._has_run() else ""

    def repair(self, log: str) -> str:
        """After a start that failed with this `log`, repair; return what was done, "" if nothing.

        A repair that does not suffice is followed by the next, and at last by an empty folder.
        """
        if DAMAGE.search(log) is None or not self._folder.is_dir():
            return ""
        listed = self._listed()
        if listed is None:
            return self._rebuild()
        for position, file in enumerate(listed):
            if not self._is_valid(file):
                return self._cut(listed[: position + 1])
        return self._start_empty()

    def _rebuild(self) -> str:
        files = self._in_order()
        if not files:
            return self._start_empty()
        is_all = set(files) == set(self._files()) >= set(self._entries() or ())
        aside = self._set_aside(keep=True)
        self._write(files)
        done = (
            "the manifest of the append-only file was missing or damaged, and was written anew"
            if is_all
            else f"a part of the append-only file was missing; {LATER_RESULTS}"
        )
        return f"{done}; the files as they were are in {aside}"

    def _cut(self, files: Sequence[Path]) -> str:
        aside = self._set_aside(keep=True)
        self._is_valid(files[-1], fix=True)
        self._write(files)
        return (
            "the append-only file was damaged, and was cut where the damage begins; "
            f"{LATER_RESULTS}; the files as they were are in {aside}"
        )

    def _start_empty(self) -> str:
        aside = self._set_aside(keep=False)
        return (
            f"the append-only file was damaged beyond repair; {WITHOUT_RESULTS}; "
            f"the damaged files are in {aside}"
        )

    def _has_run(self) -> bool:
        return self.log.exists() and RUNNING in self.log.read_bytes()

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if FILE.fullmatch(path.name)]

    def _listed(self) -> list[Path] | None:
        """Return the files of the manifest; None if it, or one of them, can't be read."""
        files = self._entries()
        return files if files and all(file.is_file() for file in files) else None

    def _entries(self) -> list[Path] | None:
        """Return what the manifest lists, but for files of the past; None if it can't be read."""
        try:
            lines = (self._folder / MANIFEST).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return None
        entries = [LINE.fullmatch(line) for line in lines]
        if not all(entries):
            return None
        return [self._folder / entry[1] for entry in entries if entry and entry[2] != "h"]

    def _in_order(self) -> list[Path]:
        """Return the base and the files of later writes up to a gap; none where that is unclear."""
        found = {
            (match[2], int(match[1])): path
            for path in self._files()
            if (match := FILE.fullmatch(path.name))
        }
        bases = [number for kind, number in found if kind == "base"]
        if len(bases) != 1:
            return []
        first = min((n for kind, n in found if kind == "incr" and n >= bases[0]), default=0)
        following = takewhile(
            lambda number: ("incr", number) in found, range(first, first + len(found))
        )
        return [found["base", bases[0]], *(found["incr", number] for number in following)]

    def _write(self, files: Sequence[Path]) -> None:
        """Write a manifest of these files, and remove the others."""
        lines = []
        for path in files:
            match = FILE.fullmatch(path.name)
            assert match is not None  # noqa: S101 - it was found, or listed by Redis
            lines.append(f"file {path.name} seq {match[1]} type {match[2][0]}\n")
        written = self._folder / f"temp-{MANIFEST}"
        written.write_text("".join(lines), encoding="utf-8")
        written.replace(self._folder / MANIFEST)
        for other in set(self._files()) - set(files):
            other.unlink()

    def _is_valid(self, file: Path, *, fix: bool = False) -> bool:
        """Check a file of writes; with `fix`, cut it. Only Redis itself can check a base."""
        if file.stat().st_size == 0 or ".base." in file.name:
            return True
        checked = subprocess.run(  # noqa: S603 - the package's own binary
            (CHECKER, *(("--fix",) if fix else ()), str(file)),
            executable=self.binary,
            input=b"y\n",
            capture_output=True,
            check=False,
            timeout=CHECKING_S,
        )
        return checked.returncode == 0

    def _set_aside(self, *, keep: bool) -> Path:
        """Copy the folder, or move it, to a name with the time; remove the oldest of these."""
        older = sorted(self.directory.glob(f"{ASIDE}*"))
        for folder in older[: len(older) - KEPT + 1]:
            shutil.rmtree(folder, ignore_errors=True)
        aside = self.directory / f"{ASIDE}{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}"
        if not keep:
            return self._folder.rename(aside)
        try:
            shutil.copytree(self._folder, aside)
        except OSError:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        return aside
