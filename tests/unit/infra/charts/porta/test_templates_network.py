"""Which connections the rendered NetworkPolicies allow, decided as Kubernetes would."""

from __future__ import annotations

from typing import Any

import pytest

from infra.charts import third_party
from infra.settings import Settings
from tests import dask_pods
from tests.pod_flows import NEEDED, PORTS
from tests.porta_chart import named, objects

pytest.importorskip("kubernetes_asyncio")

OBJECTS = objects(Settings.load({}))
POLICIES: dict[tuple[str, str], dict[str, Any]] = {
    (policy["metadata"]["namespace"], policy["metadata"]["name"]): policy["spec"]
    for policy in OBJECTS
    if policy["kind"] == "NetworkPolicy"
}
CALL_KUBERNETES = {"traefik", "api", "controller"}


def own(component: str) -> dict[str, str]:
    """The labels of our own pods, as their Deployment has them."""
    deployment = named(OBJECTS, "Deployment")[component]
    return dict(deployment["spec"]["template"]["metadata"]["labels"])


def of_dask(*, is_worker: bool) -> dict[str, str]:
    """The labels that dask-gateway's controller gives its pods."""
    settings = Settings.load({})
    config = dask_pods.configured(
        third_party.GATEWAY_CONFIG.read_text(), dask_pods.gateway_environ(settings)
    )
    config.KubeClusterConfig.namespace = settings.namespace
    pod = dask_pods.pod(dask_pods.cluster_config(config), is_worker=is_worker)
    return dict(pod["metadata"]["labels"])


def of_chart(name: str, component: str | None) -> dict[str, str]:
    """The labels of third-party charts; tests/integration/infra renders these."""
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": name,
        **({"app.kubernetes.io/component": component} if component else {}),
    }


PODS = {
    **{name: ("sedaro", own(name)) for name in ("web", "runner", "notebook")},
    "redis": ("sedaro", of_chart("redis", None)),
    "scheduler": ("sedaro", of_dask(is_worker=False)),
    "worker": ("sedaro", of_dask(is_worker=True)),
    **{
        name: ("sedaro-gateway", of_chart("dask-gateway", component))
        for name, component in (
            ("traefik", "traefik"),
            ("api", "gateway"),
            ("controller", "controller"),
        )
    },
}


def holds(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    required: dict[str, str] = selector.get("matchLabels", {})
    return required.items() <= labels.items()


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
                "podSelector" in allowed
                and holds(allowed["namespaceSelector"], where)
                and holds(allowed["podSelector"], other_labels)
                for allowed in peers
            )
            ports = [item["port"] for item in rule.get("ports", [])]
            if by_pod and (not ports or port in ports):
                return True
    return False


def connects(source: str, target: str, port: int) -> bool:
    return allows("egress", source, target, port) and allows("ingress", target, source, port)


def test_exactly_the_flows_that_are_needed_are_open() -> None:
    found = {
        (source, target, port)
        for source in PODS
        for target in PODS
        for port in PORTS
        if connects(source, target, port)
    }
    assert found == NEEDED


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
    assert reach == CALL_KUBERNETES


@pytest.mark.parametrize(
    ("exposure", "open_to"),
    [
        ({}, "{'ipBlock': {'cidr': '0.0.0.0/0'}}"),
        ({"INFRA_EXPOSURE": "none"}, "monitoring"),
        ({"INFRA_EXPOSURE": "ingress", "INFRA_INGRESS_HOST": "a.example"}, "ingress-nginx"),
    ],
)
def test_the_web_is_open_to_those_that_bring_its_clients(
    exposure: dict[str, str], open_to: str
) -> None:
    found = objects(Settings.load(exposure))
    (rule,) = named(found, "NetworkPolicy")["porta-web"]["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8080}]
    assert open_to in str(rule["from"])
    if named(found, "Service")["porta"]["spec"]["type"] != "NodePort":
        assert "0.0.0.0/0" not in str(rule["from"])


def test_every_pod_may_resolve_names_and_reach_nothing_else_in_kube_system() -> None:
    for space in ("sedaro", "sedaro-gateway"):
        spec = POLICIES[space, "porta-dns"]
        assert spec["podSelector"] == {}
        assert {port["port"] for rule in spec["egress"] for port in rule["ports"]} == {53}
    everywhere = [spec for (_, name), spec in POLICIES.items() if name != "porta-dns"]
    assert "kube-system" not in str(everywhere)
