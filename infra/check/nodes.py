"""Nodes: a Kubernetes that is too old, and no room for Porta and one of the largest clusters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from infra.charts import schedulers, third_party
from infra.charts.porta import values as porta_values
from infra.check.answers import Finding
from infra.check.quantity import number
from infra.settings.quantities import cpu, memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.check.answers import Answers, Object
    from infra.settings import Settings

__all__ = ["OLDEST", "WORKER", "Place", "Request", "own", "places", "room", "version"]

OLDEST: Final = (1, 30)  # the first with the preStop `sleep` that the web's pods have
NO_PODS: Final = {"NoSchedule", "NoExecute"}  # effects of taints
GATEWAY_PODS: Final = ("gateway", "controller", "traefik")
DESCRIBE: Final = "kubectl describe nodes | grep -A 9 'Allocated resources'"
WORKER: Final = "worker"
ENDED: Final = {"Succeeded", "Failed"}


@dataclass(frozen=True, slots=True)
class Request:
    """What a pod asks a node for, or what a node has left."""

    cpu: Fraction
    memory: Fraction  # bytes

    def fits(self, free: Request) -> bool:
        """Whether a node with that much left takes the pod."""
        return self.cpu <= free.cpu and self.memory <= free.memory

    def without(self, other: Request, times: int = 1) -> Request:
        """Return what is left when the other is placed, so many times."""
        return Request(self.cpu - times * other.cpu, self.memory - times * other.memory)

    def __str__(self) -> str:
        return f"{float(self.cpu):g} CPUs and {float(self.memory / 2**20):.0f} MiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node: what is free of it, what there is of it for pods at all, and for which pods."""

    free: Request
    whole: Request
    takes_workers: bool
    takes_others: bool

    def takes(self, name: str) -> bool:
        """Whether the node takes pods of a kind, if they fit."""
        return self.takes_workers if name == WORKER else self.takes_others


def version(_settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find a Kubernetes that is older than Porta's manifests need."""
    found = re.match(r"v(\d+)\.(\d+)", answers.version)
    if found and (int(found[1]), int(found[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        yield Finding(
            f"The cluster runs Kubernetes {answers.version}; Porta needs {oldest} or newer.",
            "kubectl version    # then upgrade the cluster, by its own tools",
        )


def room(settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find that the nodes don't hold a worker, or not Porta and one cluster."""
    found = places(settings, answers)
    for name, _, resources in _cluster(settings):
        size = _of(resources)
        if not any(size.fits(place.whole) for place in found if place.takes(name)):
            yield Finding(
                f"No node is large enough for a {name}: it asks for {size}{_where(settings, name)}."
                f" Lower {name}_cores or {name}_memory, or add larger nodes; until then every run"
                " waits for its cluster.",
                DESCRIBE,
            )
            return
    ours = [(name, count, _of(each)) for name, count, each in _own(settings)]
    cluster = [(name, count, _of(each)) for name, count, each in _cluster(settings)]
    if left := _unplaced([*ours, *cluster], found):
        yield Finding(
            "The nodes have no room for Porta and one cluster of the largest size (a scheduler and"
            f" {settings.max_workers} workers): no place is left for {left}. Lower max_workers,"
            " worker_cores or worker_memory, or add nodes. (Nodes that an autoscaler would add are"
            " not counted.)",
            DESCRIBE,
        )


def _where(settings: Settings, name: str) -> str:
    return f" on a node with {settings.worker_nodes}" if _label(settings, name) else ""


def _own(settings: Settings) -> list[tuple[str, int, Object]]:
    """Return Porta's own pods, each kind with its number and its requests."""
    porta, gateway = porta_values.of(settings), third_party.gateway(settings)
    return [
        ("redis", 1, third_party.redis(settings)["resources"]["requests"]),
        ("web", settings.web_replicas, porta["web"]["resources"]["requests"]),
        ("runner", settings.runner_replicas, porta["runner"]["resources"]["requests"]),
        ("notebook", int(settings.notebook), porta["notebook"]["resources"]["requests"]),
        *((name, 1, gateway[name]["resources"]["requests"]) for name in GATEWAY_PODS),
    ]


def own(settings: Settings) -> Request:
    """Return what Porta's own pods ask for together."""
    requests = [(count, _of(each)) for _, count, each in _own(settings)]
    return Request(
        sum((count * each.cpu for count, each in requests), Fraction()),
        sum((count * each.memory for count, each in requests), Fraction()),
    )


def _cluster(settings: Settings) -> list[tuple[str, int, Object]]:
    """Return the pods of a cluster of the largest size."""
    scheduler = schedulers.largest(settings)
    worker = {"cpu": str(settings.worker_cores), "memory": settings.worker_memory}
    return [
        ("scheduler", 1, {"cpu": cpu(scheduler.cores), "memory": memory(scheduler.mebibytes)}),
        (WORKER, settings.max_workers, worker),
    ]


def _unplaced(pods: list[tuple[str, int, Request]], found: list[Place]) -> str:
    """Place pods, the largest first; return the name of the first that has no place, or nothing."""
    left = [place.free for place in found]
    for name, count, size in sorted(pods, key=lambda pod: pod[2].memory, reverse=True):
        for _ in range(count):
            fitting = (at for at, free in enumerate(left) if size.fits(free))
            place = next((at for at in fitting if found[at].takes(name)), None)
            if place is None:
                return f"a {name} ({size})"
            left[place] = left[place].without(size)
    return ""


def places(settings: Settings, answers: Answers) -> list[Place]:
    """Return the nodes, and what each has left beside the pods that are not Porta's."""
    nodes = {node["metadata"]["name"]: node for node in answers.of_cluster("Node")}
    left = {name: _allocatable(node) for name, node in nodes.items()}
    ours = {settings.namespace, settings.gateway_namespace}
    for pod in answers.of_cluster("Pod"):
        node = pod["spec"].get("nodeName")
        if node not in left or pod["metadata"]["namespace"] in ours:
            continue
        if pod["status"].get("phase") not in ENDED:
            for container in pod["spec"]["containers"]:
                left[node] = left[node].without(
                    _of(container.get("resources", {}).get("requests", {}))
                )
    return [
        Place(
            free=left[name],
            whole=_allocatable(node),
            takes_workers=_takes(node, _label(settings, "worker")),
            takes_others=_takes(node, ""),
        )
        for name, node in nodes.items()
    ]


def _label(settings: Settings, name: str) -> str:
    """Return the label of the nodes that a kind of pod is put on."""
    return settings.worker_nodes if name == WORKER else ""


def _takes(node: Object, label: str) -> bool:
    """Whether a node takes new pods that ask for a label of nodes, and tolerate its taints."""
    key, _, value = label.partition("=")
    labels = node["metadata"].get("labels") or {}
    repelling = (
        taint["effect"] in NO_PODS and (not label or taint.get("key") != key)
        for taint in node["spec"].get("taints", [])
    )
    return (
        not node["spec"].get("unschedulable")
        and not any(repelling)
        and (not label or labels.get(key) == value)
    )


def _allocatable(node: Object) -> Request:
    return _of(node["status"]["allocatable"])


def _of(resources: Object) -> Request:
    return Request(number(resources.get("cpu", "0")), number(resources.get("memory", "0")))
