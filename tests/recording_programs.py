"""Programs for a test's PATH that write down how they are called, and answer as they are told."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

__all__ = ["Call", "Programs"]

HANGS_S: Final = 300.0
PROGRAM: Final = """\
#!{python}
import json, os, pathlib, sys, time
folder = pathlib.Path({folder!r})
name = pathlib.Path(sys.argv[0]).name
words = [name, *sys.argv[1:]]
text = "" if sys.stdin.isatty() else sys.stdin.read()
line = json.dumps({{"words": words, "text": text, "environ": dict(os.environ)}})
file = os.open(folder / "calls", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.write(file, (line + "\\n").encode())  # in one piece: others are called at the same time
for rule in json.loads((folder / "rules").read_text()):
    if rule["name"] == name and rule["when"] in " ".join(words[1:]):
        time.sleep(rule["pause_s"])
        sys.stdout.write(rule["out"])
        sys.stderr.write(rule["err"])
        sys.exit(rule["code"])
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a program."""

    words: list[str]  # the program's name first
    text: str  # what it read
    environ: dict[str, str]

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The items of the list that it read."""
        items: list[dict[str, Any]] = json.loads(self.text)["items"]
        return items


class Programs:
    """Puts programs first in PATH; the first rule that fits a call decides what it answers."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
        self._folder, self._rules = folder, list[dict[str, Any]]()
        self._write()
        for name in names:
            program = folder / name
            program.write_text(PROGRAM.format(python=sys.executable, folder=str(folder)))
            program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def answer(self, name: str, text: str, *, when: str = "") -> None:
        """Let a program print a text when its words contain `when`."""
        self._rule(name, when, out=text, err="", code=0)

    def fail(self, name: str, *, when: str = "", saying: str = "") -> None:
        """Let a program fail with a sentence when its words contain `when`."""
        self._rule(name, when, out="", err=f"{saying}\n", code=1)

    def hang(self, name: str, *, when: str = "") -> None:
        """Let a program do nothing for minutes when its words contain `when`."""
        self._rule(name, when, out="", err="", code=0, pause_s=HANGS_S)

    def calls(self) -> list[Call]:
        """Return all calls in their order."""
        file = self._folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return [Call(**json.loads(line)) for line in lines]

    def _rule(self, name: str, when: str, *, pause_s: float = 0.0, **said: object) -> None:
        self._rules.append({"name": name, "when": when, "pause_s": pause_s, **said})
        self._write()

    def _write(self) -> None:
        (self._folder / "rules").write_text(json.dumps(self._rules))
