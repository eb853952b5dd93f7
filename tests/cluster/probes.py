"""Pods that stand where Porta's pods stand, and try connections from inside.

Each has the labels by which the NetworkPolicies select a component, and Porta's image, listens on
the ports of all, and is never ready, so no Service sends it anything. Replicas of a Deployment
have one label more, so no Deployment takes it for its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.cluster.choices import STRANGERS
from tests.cluster.kube import GATEWAY, PORTA, Kube, Object
from tests.cluster.waiting import until
from tests.pod_flows import PORTS

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ENDS", "STRANGER", "Probes"]

STRANGER: Final = "stranger"
# The namespace and the labels app.kubernetes.io/name and /component of each end of a connection.
ENDS: Final = {
    **{name: (PORTA, "porta", name) for name in ("web", "runner", "notebook")},
    "redis": (PORTA, "redis", ""),
    "scheduler": (PORTA, "dask-gateway", "dask-scheduler"),
    "worker": (PORTA, "dask-gateway", "dask-worker"),
    "traefik": (GATEWAY, "dask-gateway", "traefik"),
    "api": (GATEWAY, "dask-gateway", "gateway"),
    "controller": (GATEWAY, "dask-gateway", "controller"),
    STRANGER: (STRANGERS, "stranger", ""),
}
START_S: Final = 120.0
# Every connection at once: one that is denied takes its whole time.
CONNECT: Final = """
import concurrent.futures, json, socket, sys
def connects(target):
    try:
        socket.create_connection(tuple(target), timeout=3).close()
    except socket.gaierror as error:
        return "name: " + str(error)
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "denied"
    return "open"
targets = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(64) as pool:
    print(json.dumps(list(pool.map(connects, targets))))
"""
LISTEN: Final = f"""
import socket, threading
for port in {PORTS}:
    threading.Thread(target=socket.create_server(("", port), backlog=64).accept).start()
threading.Event().wait()
"""


@dataclass
class Probes:
    """The pods, by the names of the ends that they stand for."""

    kube: Kube
    image: str
    pull_secret: str

    def start(self) -> None:
        """Make the pods, and wait until they have addresses and listen."""
        self.kube.create(
            [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": STRANGERS}}]
        )
        self.kube.create([self._pod(end) for end in ENDS])
        until(lambda: len(self.addresses()) == len(ENDS), "all probes run", within_s=START_S)

    def stop(self) -> None:
        """Remove them."""
        for space in (PORTA, GATEWAY):
            words = ("-n", space, "-l", "porta-probe", "--ignore-not-found", "--grace-period=1")
            self.kube.text("delete", "pods", *words)
        self.kube.text("delete", "namespace", STRANGERS, "--ignore-not-found")

    def addresses(self) -> dict[str, str]:
        """Return the address of each pod whose program runs."""
        return {
            one["metadata"]["labels"]["porta-probe"]: one["status"]["podIP"]
            for one in self.kube.items("pods", labels="porta-probe")
            if any(
                "running" in each["state"] for each in one["status"].get("containerStatuses", [])
            )
        }

    def connect(
        self, source: str, targets: Iterable[tuple[str, int]]
    ) -> dict[tuple[str, int], str]:
        """Try connections to hosts and ports: open, refused, denied, or why a name is none."""
        wanted = list(targets)
        space, *_ = ENDS[source]
        words = ("exec", "-n", space, _name(source), "--", "python", "-c", CONNECT)
        found = json.loads(self.kube.text(*words, json.dumps(wanted)))
        return dict(zip(wanted, found, strict=True))

    def _pod(self, end: str) -> Object:
        space, name, component = ENDS[end]
        labels = {"app.kubernetes.io/name": name, "porta-probe": end}
        if component:
            labels["app.kubernetes.io/component"] = component
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": _name(end), "namespace": space, "labels": labels},
            "spec": restricted_pod(self.image, self.pull_secret, ["python", "-c", LISTEN]),
        }


def _name(end: str) -> str:
    return f"porta-probe-{end}"


def restricted_pod(image: str, pull_secret: str, args: list[str]) -> Object:
    """Return the specification of a small pod that Pod Security's `restricted` admits."""
    container: dict[str, Any] = {
        "name": "probe",
        "image": image,
        "args": args,
        "resources": {bound: {"cpu": "20m", "memory": "64Mi"} for bound in ("requests", "limits")},
        "readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 300},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 -- in the pod
    }
    return {
        "terminationGracePeriodSeconds": 1,
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
        "imagePullSecrets": [{"name": pull_secret}] if pull_secret else [],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10_001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
