"""What the cluster answered, and what is found in it.

Objects are Kubernetes' own JSON. Of Secrets there are only the names and the keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infra.naming import SECRETS_REVISION

__all__ = ["Answers", "Finding", "Object", "Release"]

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, as a sentence, and the command that mends it."""

    sentence: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One revision of a Helm release."""

    name: str
    namespace: str
    revision: int
    status: str  # deployed, superseded, failed, pending-install, pending-upgrade, ...
    description: str
    chart_version: str
    values: Object
    images: dict[str, str]  # by Kind/name/container, as the manifests of this revision have them


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Everything that the check asks a cluster for."""

    version: str  # of Kubernetes, such as v1.36.3
    cluster: list[Object] = field(default_factory=list)  # nodes, StorageClasses, all pods
    objects: list[Object] = field(default_factory=list)  # those of both namespaces
    secrets: dict[str, list[str]] = field(default_factory=dict)  # the keys, by namespace/name
    releases: list[Release] = field(default_factory=list)
    redis_bytes: int | None = None  # used_memory; None if Redis did not answer

    def of_kind(self, kind: str) -> list[Object]:
        """Return the objects of a kind in both namespaces."""
        return [one for one in self.objects if one["kind"] == kind]

    def of_cluster(self, kind: str) -> list[Object]:
        """Return the objects of a kind in the whole cluster."""
        return [one for one in self.cluster if one["kind"] == kind]

    def secrets_revision(self) -> int:
        """Return the highest revision of Secrets that a workload carries, 0 if none does."""
        carried = [
            (one["spec"]["template"]["metadata"].get("annotations") or {}).get(SECRETS_REVISION)
            for kind in ("Deployment", "StatefulSet")
            for one in self.of_kind(kind)
        ]
        return max((int(text) for text in carried if text and text.isdecimal()), default=0)

    def newest(self) -> list[Release]:
        """Return the newest revision of each release."""
        by_name = {one.name: one for one in sorted(self.releases, key=lambda each: each.revision)}
        return list(by_name.values())
