"""Makes, asks for and removes what a stack has: what is said to kubectl and Helm."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from infra.programs import ClusterPrograms

if TYPE_CHECKING:
    from infra.direct.stack import Object, Release
    from infra.settings import Settings

__all__ = ["Tools"]

MANAGER: Final = "porta"  # the owner of what is applied, for server-side apply
DELETION_S: Final = 300.0
MARGIN_S: Final = 60.0  # Helm ends by itself before that


@dataclass(frozen=True, slots=True)
class Tools:
    """The verbs of a deployment; each raises ProgramError."""

    programs: ClusterPrograms

    @classmethod
    def of(cls, settings: Settings) -> Tools:
        """Return the tools for the cluster that the settings name."""
        return cls(ClusterPrograms.of(settings))

    def apply(self, objects: list[Object]) -> None:
        """Make the objects, or change what differs."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        # On the server: kubectl's own way would write Secrets into an annotation, too.
        said = ("apply", "--server-side", "--force-conflicts", "--field-manager", MANAGER)
        self.programs.kubectl(*said, "-f", "-", text=text)

    def labels(self, namespace: str) -> dict[str, str] | None:
        """Return the labels of a namespace; None if there is no such namespace."""
        said = ("get", "namespace", namespace, "--ignore-not-found", "-o", "json")
        written = self.programs.kubectl(*said)
        if not written:
            return None
        labels: dict[str, str] = json.loads(written)["metadata"].get("labels") or {}
        return labels

    def annotation(self, secret: str, namespace: str, name: str) -> str | None:
        """Return an annotation of a Secret, empty if it has none; None if there is no Secret."""
        said = ("get", "secret", secret, "-n", namespace, "--ignore-not-found", "-o", "json")
        written = self.programs.kubectl(*said)
        if not written:
            return None
        annotations: dict[str, str] = json.loads(written)["metadata"].get("annotations") or {}
        return annotations.get(name, "")

    def delete_namespace(self, name: str) -> None:
        """Delete a namespace, and wait until it is gone."""
        said = ("delete", "namespace", name, "--ignore-not-found", "--wait")
        self.programs.kubectl(*said, within_s=DELETION_S)

    def install(self, release: Release) -> None:
        """Install a release or upgrade it, and wait until its pods are ready."""
        repository = ("--repo", release.repository) if release.repository else ()
        version = ("--version", release.version) if release.version else ()
        self.programs.helm(
            *("upgrade", "--install", release.name, release.chart, *repository, *version),
            *("--namespace", release.namespace, "--values", "-"),
            *("--wait", "--timeout", f"{release.timeout_s}s"),
            *("--history-max", str(release.history)),
            text=release.values,
            within_s=release.timeout_s + MARGIN_S,
        )

    def uninstall(self, release: Release) -> None:
        """Remove a release, and wait until what it made is gone."""
        self.programs.helm(
            *("uninstall", release.name, "--namespace", release.namespace, "--ignore-not-found"),
            *("--wait", "--timeout", f"{DELETION_S:.0f}s"),
            within_s=DELETION_S + MARGIN_S,
        )
