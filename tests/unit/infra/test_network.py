"""Who may talk to whom."""

from __future__ import annotations

from typing import Any

import pytest

from infra.application import chart, network, values
from infra.settings import Settings

POLICIES: dict[tuple[str, str], dict[str, Any]] = {
    (one["metadata"]["namespace"], one["metadata"]["name"]): one["spec"]
    for one in chart.objects(values.of(Settings.load({})), "sedaro")
    if one["kind"] == "NetworkPolicy"
}
PODS = {
    "web": ("sedaro", {"app.kubernetes.io/name": "porta", "app.kubernetes.io/component": "web"}),
    "runner": (
        "sedaro",
        {"app.kubernetes.io/name": "porta", "app.kubernetes.io/component": "runner"},
    ),
    "notebook": (
        "sedaro",
        {"app.kubernetes.io/name": "porta", "app.kubernetes.io/component": "notebook"},
    ),
    "redis": ("sedaro", {"app.kubernetes.io/name": "redis"}),
    **{
        name: (
            space,
            {"app.kubernetes.io/name": "dask-gateway", "app.kubernetes.io/component": component},
        )
        for name, space, component in (
            ("scheduler", "sedaro", "dask-scheduler"),
            ("worker", "sedaro", "dask-worker"),
            ("traefik", "sedaro-gateway", "traefik"),
            ("api", "sedaro-gateway", "gateway"),
            ("controller", "sedaro-gateway", "controller"),
        )
    },
}


def holds(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()


def allows(direction: str, pod: str, peer: str, port: int) -> bool:
    """Whether some policy of `pod` allows the direction, as Kubernetes would decide."""
    space, labels = PODS[pod]
    other_space, other_labels = PODS[peer]
    where = {"kubernetes.io/metadata.name": other_space}
    for (namespace, _), spec in POLICIES.items():
        if namespace != space or not holds(spec["podSelector"], labels):
            continue
        for rule in spec.get(direction, []):
            peers = rule["from" if direction == "ingress" else "to"]
            by_pod = any(
                "podSelector" in one
                and holds(one["namespaceSelector"], where)
                and holds(one["podSelector"], other_labels)
                for one in peers
            )
            ports = [one["port"] for one in rule.get("ports", [])]
            if by_pod and (not ports or port in ports):
                return True
    return False


def connects(source: str, target: str, port: int) -> bool:
    return allows("egress", source, target, port) and allows("ingress", target, source, port)


WANTED = {
    *(("web", "redis", 6379), ("runner", "redis", 6379)),
    *(("runner", "traefik", 8000), ("notebook", "traefik", 8000), ("traefik", "api", 8000)),
    *(("traefik", "scheduler", 8786), ("traefik", "scheduler", 8787), ("api", "scheduler", 8788)),
    ("scheduler", "api", 8000),
    *((a, b, p) for a, b in (("scheduler", "worker"), ("worker", "scheduler"), ("worker", "worker"))
      for p in (6379, 8000, 8080, 8786, 8787, 8788)),
}  # fmt: skip


def test_exactly_the_flows_that_are_needed_are_open() -> None:
    ports = (6379, 8000, 8080, 8786, 8787, 8788)
    found = {
        (source, target, port)
        for source in PODS
        for target in PODS
        for port in ports
        if connects(source, target, port)
    }
    assert found == WANTED


@pytest.mark.parametrize("space", ["sedaro", "sedaro-gateway"])
def test_what_no_flow_names_is_denied(space: str) -> None:
    spec = POLICIES[space, "porta-default-deny"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_only_the_gateways_own_pods_reach_kubernetes() -> None:
    reach = {
        name.removeprefix("porta-")
        for (_, name), spec in POLICIES.items()
        if any("0.0.0.0/0" in str(rule) for rule in spec.get("egress", []))
    }
    assert reach == set(network.ASKS_KUBERNETES)
