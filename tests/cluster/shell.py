"""Runs commands as a person would type them, on a kubeconfig that names one cluster only.

The kubeconfig is a copy with that context alone: whoever switches contexts meanwhile switches
nothing here. Commands of `cdktf` are said to whatever deploys.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.cluster.choices import HOUSE
from tests.cluster.story import say, timed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cluster.choices import Choices

__all__ = ["CommandFailed", "Done", "Shell", "of", "said_to"]

DIRECT: Final = ".venv/bin/python -m infra.direct"
INTERRUPTED_S: Final = 60.0  # Terraform writes its state first, and gives up its lock
TAIL: Final = 25  # lines of a command that failed


class CommandFailed(AssertionError):
    """A command ended with another code than 0; the message has the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    output: str  # both streams


def said_to(tool: str, command: str, environ: Mapping[str, str]) -> str:
    """Return a command of the document as it is said to what deploys."""
    if tool == "direct":
        return re.sub(r"\bcdktf (?=deploy|destroy)", f"{DIRECT} ", command)
    # A mirror of the providers is named there; the public registry is then not to be asked.
    offline = " --skip-provider-lock" if environ.get("TF_CLI_CONFIG_FILE") else ""
    deploys = re.sub(r"\bcdktf deploy", f"{tool} deploy --auto-approve{offline}", command)
    return re.sub(r"\bcdktf destroy", f"{tool} destroy --auto-approve", deploys)


class Shell:
    """Runs commands in the project's root; each has a deadline, and is printed with its time."""

    def __init__(self, environ: Mapping[str, str], tool: str) -> None:
        self.environ, self.tool = dict(environ), tool

    def run(
        self,
        command: str,
        *,
        within_s: float = 120.0,
        environ: Mapping[str, str] | None = None,
        can_fail: bool = False,
    ) -> Done:
        """Run a command; raises CommandFailed unless it may fail."""
        settings = environ or {}
        shown = " ".join([*(f"{name}='{text}'" for name, text in settings.items()), command])
        with timed(f"$ {said_to(self.tool, shown, self.environ)}"):
            process = self.start(command, environ=settings)
            try:
                output, _ = process.communicate(timeout=within_s)
            except subprocess.TimeoutExpired:
                kill(process)
                output, _ = process.communicate()
                raise CommandFailed(f"not within {within_s:g} s: {_end(output)}") from None
            except BaseException:
                interrupt(process)  # else it would go on beside what comes next, `destroy`
                raise
            if process.returncode and not can_fail:
                say(_end(output))
                raise CommandFailed(f"{command} ended with {process.returncode}: {_end(output)}")
        return Done(process.returncode, output)

    def start(
        self, command: str, *, environ: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a command in a process group of its own, and do not wait."""
        words = said_to(self.tool, command, self.environ)
        return subprocess.Popen(  # noqa: S603 -- the document's commands
            ["bash", "-euo", "pipefail", "-c", words],  # noqa: S607 -- any bash will do
            cwd=HOUSE,
            env={**self.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def interrupt(process: subprocess.Popen[str]) -> None:
    """Interrupt a command and all that it has started, as Ctrl-C does; kill what does not end."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.communicate(timeout=INTERRUPTED_S)
    except subprocess.TimeoutExpired:
        kill(process)
        process.communicate()


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a command and all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-TAIL:])


def of(choices: Choices, environ: Mapping[str, str], folder: Path) -> Shell:
    """Return a shell whose kubeconfig, in the folder, has the chosen context alone."""
    alone = ("config", "view", "--raw", "--minify", "--flatten", "--context", choices.context)
    written = subprocess.run(  # noqa: S603 -- a fixed command
        ["kubectl", *alone],  # noqa: S607 -- the user's own
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    file = folder / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(written)
    own = {
        "KUBECONFIG": str(file),
        "INFRA_KUBECONFIG": str(file),
        "INFRA_KUBE_CONTEXT": choices.context,
        "CHECKPOINT_DISABLE": "1",  # no look-up of newer versions
        "CI": "1",  # cdktf draws no progress
    }
    kept = {name: text for name, text in environ.items() if name != "KUBE_CONFIG_PATHS"}
    return Shell({**kept, **own}, choices.tool)
