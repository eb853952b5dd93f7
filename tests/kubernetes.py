"""Kubernetes' judgement of manifests: which versions there are, what `restricted` rejects."""

from __future__ import annotations

from typing import Any, Final

from kubernetes_validate.utils import all_versions

__all__ = ["VERSIONS", "containers", "violations"]

OLDEST: Final = (1, 30)  # what docs/deploy.md asks for
VERSIONS: Final = sorted(
    {
        ".".join(version.split(".")[:2])
        for version in all_versions()
        if tuple(map(int, version.split(".")[:2])) >= OLDEST
    }
)
_VOLUMES: Final = frozenset({"configMap", "emptyDir", "persistentVolumeClaim", "secret"})


def containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all containers of a pod."""
    return [*spec.get("initContainers", []), *spec["containers"]]


def violations(spec: dict[str, Any]) -> list[str]:
    """Return the reasons why the Pod Security level `restricted` would reject a pod.

    https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    """
    found = [
        f"volume {volume['name']} is of a kind that is not allowed"
        for volume in spec.get("volumes", [])
        if not volume.keys() & _VOLUMES
    ]
    found += [f"it has {name}" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    pod = spec.get("securityContext", {})
    for container in containers(spec):
        own = pod | container.get("securityContext", {})
        wrong = {
            "it may be root": own.get("runAsNonRoot") is not True or own.get("runAsUser") == 0,
            "it has no seccomp profile": own.get("seccompProfile", {}).get("type")
            not in {"RuntimeDefault", "Localhost"},
            "it may escalate": own.get("allowPrivilegeEscalation") is not False,
            "it is privileged": bool(own.get("privileged")),
            "it keeps capabilities": own.get("capabilities", {}).get("drop") != ["ALL"],
            "it adds capabilities": bool(own.get("capabilities", {}).get("add")),
            "it takes a port of the node": any("hostPort" in p for p in container.get("ports", [])),
        }
        found += [f"{container['name']}: {what}" for what, holds in wrong.items() if holds]
    return found
