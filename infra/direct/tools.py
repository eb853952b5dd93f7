"""Runs kubectl and Helm on the settings' cluster."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from infra.check.cluster import kubeconfig

if TYPE_CHECKING:
    from infra.direct.stack import Object, Release
    from infra.settings import Settings

__all__ = ["ToolError", "Tools"]

MANAGER: Final = "porta"  # the owner of what is applied, for server-side apply
DEADLINE_S: Final = 60.0
DELETION_S: Final = 300.0
MARGIN_S: Final = 60.0  # Helm ends by itself before that


class ToolError(Exception):
    """kubectl or Helm failed; the message is theirs."""


@dataclass(frozen=True, slots=True)
class Tools:
    """kubectl and Helm, with the cluster's kubeconfig and context; raise ToolError."""

    environ: dict[str, str]
    context: str

    @classmethod
    def of(cls, settings: Settings) -> Tools:
        """Return the tools for the cluster that the settings name."""
        return cls(os.environ | {"KUBECONFIG": kubeconfig(settings)}, settings.kube_context)

    def apply(self, objects: list[Object]) -> None:
        """Make the objects, or change what differs."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        # On the server: kubectl's own way would write Secrets into an annotation, too.
        said = ("apply", "--server-side", "--force-conflicts", "--field-manager", MANAGER)
        self._kubectl(*said, "-f", "-", text=text)

    def annotation(self, secret: str, namespace: str, name: str) -> str | None:
        """Return an annotation of a Secret, empty if it has none; None if there is no Secret."""
        said = ("get", "secret", secret, "-n", namespace, "--ignore-not-found", "-o", "json")
        written = self._kubectl(*said)
        if not written:
            return None
        annotations: dict[str, str] = json.loads(written)["metadata"].get("annotations") or {}
        return annotations.get(name, "")

    def delete_namespace(self, name: str) -> None:
        """Delete a namespace, and wait until it is gone."""
        said = ("delete", "namespace", name, "--ignore-not-found", "--wait")
        self._kubectl(*said, within_s=DELETION_S)

    def install(self, release: Release) -> None:
        """Install a release or upgrade it, and wait until its pods are ready."""
        repository = ("--repo", release.repository) if release.repository else ()
        version = ("--version", release.version) if release.version else ()
        self._helm(
            *("upgrade", "--install", release.name, release.chart, *repository, *version),
            *("--namespace", release.namespace, "--values", "-"),
            *("--wait", "--timeout", f"{release.timeout_s}s"),
            *("--history-max", str(release.history)),
            text=release.values,
            within_s=release.timeout_s + MARGIN_S,
        )

    def uninstall(self, release: Release) -> None:
        """Remove a release, and wait until what it made is gone."""
        self._helm(
            *("uninstall", release.name, "--namespace", release.namespace, "--ignore-not-found"),
            *("--wait", "--timeout", f"{DELETION_S:.0f}s"),
            within_s=DELETION_S + MARGIN_S,
        )

    def _kubectl(self, *said: str, text: str = "", within_s: float = DEADLINE_S) -> str:
        context = ("--context", self.context) if self.context else ()
        return self._run("kubectl", *context, *said, text=text, within_s=within_s)

    def _helm(self, *said: str, text: str = "", within_s: float) -> str:
        context = ("--kube-context", self.context) if self.context else ()
        return self._run("helm", *said, *context, text=text, within_s=within_s)

    def _run(self, program: str, *said: str, text: str, within_s: float) -> str:
        try:
            done = subprocess.run(  # noqa: S603 -- no shell; the words are ours or validated
                [program, *said],
                env=self.environ,
                input=text,
                capture_output=True,
                text=True,
                timeout=within_s,
                check=True,
            )
        except FileNotFoundError:
            raise ToolError(f"{program} is not installed, or not in PATH.") from None
        except subprocess.TimeoutExpired:
            raise ToolError(f"{program} {said[0]} did not end within {within_s:g} s.") from None
        except subprocess.CalledProcessError as error:
            lines = error.stderr.strip().splitlines() or [f"it exited with {error.returncode}."]
            raise ToolError(f"{program} {said[0]}: {lines[-1]}") from None
        return done.stdout
