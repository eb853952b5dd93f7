"""Runs the user's kubectl and Helm on the settings' cluster, each time with a deadline.

What goes wrong is told by the last line that the program prints.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["ClusterPrograms", "ProgramError", "expanded"]

DEADLINE_S: Final = 60.0


class ProgramError(Exception):
    """A program failed, was too slow or is not there; the message is its own last line."""


def expanded(kubeconfig: str) -> str:
    """Return the files of a kubeconfig, as `KUBECONFIG` names them, with the home folder in it."""
    files = [one for one in kubeconfig.split(os.pathsep) if one]
    return os.pathsep.join(str(Path(one).expanduser()) for one in files)


@dataclass(frozen=True, slots=True)
class ClusterPrograms:
    """kubectl and Helm, with the cluster's kubeconfig and context; calls raise ProgramError."""

    environ: dict[str, str]
    context: str

    @classmethod
    def of(cls, settings: Settings) -> ClusterPrograms:
        """Return the programs for the cluster that the settings name."""
        kubeconfig = expanded(settings.kubeconfig)
        return cls(os.environ | {"KUBECONFIG": kubeconfig}, settings.kube_context)

    def kubectl(self, *words: str, text: str = "", within_s: float = DEADLINE_S) -> str:
        """Run kubectl with a text as its input; return what it prints."""
        context = ("--context", self.context) if self.context else ()
        return self._run(["kubectl", *context, *words], words[0], text, within_s)

    def helm(self, *words: str, text: str = "", within_s: float = DEADLINE_S) -> str:
        """Run Helm with a text as its input; return what it prints."""
        context = ("--kube-context", self.context) if self.context else ()
        return self._run(["helm", *words, *context], words[0], text, within_s)

    def _run(self, command: list[str], verb: str, text: str, within_s: float) -> str:
        program = command[0]
        try:
            done = subprocess.run(  # noqa: S603 -- no shell; the words are ours or validated
                command,
                env=self.environ,
                input=text,
                capture_output=True,
                text=True,
                timeout=within_s,
                check=True,
            )
        except FileNotFoundError:
            raise ProgramError(f"{program} is not installed, or not in PATH.") from None
        except subprocess.TimeoutExpired:
            raise ProgramError(f"{program} {verb} did not end within {within_s:g} s.") from None
        except subprocess.CalledProcessError as error:
            lines = error.stderr.strip().splitlines() or [f"it exited with {error.returncode}."]
            raise ProgramError(f"{program} {verb}: {lines[-1]}") from None
        return done.stdout
