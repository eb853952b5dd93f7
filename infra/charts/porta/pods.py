"""What all pods of the application have in common: no root, no writes, no links to Services."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from infra.template import NAMESPACE, Digest, Joined, Value, When

__all__ = ["USER", "Process", "labels", "metadata", "pod", "secret_env", "selector"]

USER: Final = 10_001  # the image's user, by number so that Kubernetes can tell that it is not root
NAME: Final = "porta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One container's process."""

    component: str
    args: list[str]
    env: list[dict[str, Any] | When] = field(default_factory=list)
    ports: list[dict[str, Any]] = field(default_factory=list)
    probes: dict[str, Any] = field(default_factory=dict)
    folder: str = "/tmp"  # noqa: S108 -- in the container: where it stands
    before_stop: dict[str, Any] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    image: str = "image.repository"
    settings: bool = True
    mounts: list[dict[str, Any] | When] = field(default_factory=list)
    volumes: list[dict[str, Any] | When] = field(default_factory=list)
    grace_s: int = 30


def selector(component: str) -> dict[str, Any]:
    """Return the labels that find a component's pods."""
    return {"app.kubernetes.io/name": NAME, "app.kubernetes.io/component": component}


def labels(component: str) -> dict[str, Any]:
    """Return the labels of a component's objects."""
    return selector(component) | {"app.kubernetes.io/part-of": NAME}


def metadata(name: str, component: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- any JSON
    """Return an object's metadata."""
    return {"name": name, "namespace": NAMESPACE, "labels": labels(component), **more}


def secret_env(name: str, secret: str) -> dict[str, Any]:
    """Return a variable that comes from a Secret, whose name and key are values."""
    reference = {"name": Value(f"{secret}.secret"), "key": Value(f"{secret}.key")}
    return {"name": name, "valueFrom": {"secretKeyRef": reference}}


def pod(process: Process) -> dict[str, Any]:
    """Return the template of a pod that runs one process."""
    changes = {"checksum/settings": Digest(Value("settings"))} if process.settings else {}
    return {
        "metadata": {
            "labels": labels(process.component),
            "annotations": {**process.annotations, **changes},
        },
        "spec": {
            "enableServiceLinks": False,  # else Kubernetes injects PORTA_ variables
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": process.grace_s,
            "imagePullSecrets": Value("image.pullSecrets"),
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": USER,
                "runAsGroup": USER,
                "fsGroup": USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "affinity": _apart(process.component),
            "containers": [_container(process)],
            "volumes": [
                {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
                *process.volumes,
            ],
        },
    }


def _container(process: Process) -> dict[str, Any]:
    shared = {"envFrom": [{"configMapRef": {"name": "porta-settings"}}]} if process.settings else {}
    stop = {"lifecycle": {"preStop": process.before_stop}} if process.before_stop else {}
    return {
        "name": process.component,
        "image": Joined((Value(process.image), ":", Value("image.tag"))),
        "imagePullPolicy": Value("image.pullPolicy"),
        "args": process.args,
        "workingDir": process.folder,
        **shared,
        "env": [{"name": "HOME", "value": "/tmp"}, *process.env],  # noqa: S108 -- in the container
        "ports": process.ports,
        **process.probes,
        **stop,
        "resources": Value(f"{process.component}.resources"),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 -- in the container
            *process.mounts,
        ],
    }


def _apart(component: str) -> dict[str, Any]:
    """Prefer another node for each pod of a component."""
    term = {
        "labelSelector": {"matchLabels": selector(component)},
        "topologyKey": "kubernetes.io/hostname",
    }
    preferred = [{"weight": 100, "podAffinityTerm": term}]
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
