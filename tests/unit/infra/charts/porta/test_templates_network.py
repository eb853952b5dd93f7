"""Who may talk to whom."""

from __future__ import annotations

from typing import Any

import pytest

from infra.charts import third_party as foreign
from infra.charts.porta import chart, network, values
from infra.settings import Settings
from tests import dask_pods

pytest.importorskip("kubernetes_asyncio")

POLICIES: dict[tuple[str, str], dict[str, Any]] = {
    (one["metadata"]["namespace"], one["metadata"]["name"]): one["spec"]
    for one in chart.objects(values.of(Settings.load({})), "sedaro")
    if one["kind"] == "NetworkPolicy"
}


def own(component: str) -> dict[str, str]:
    """The labels of our own pods, as their Deployment has them."""
    (found,) = (
        one["spec"]["template"]["metadata"]["labels"]
        for one in chart.objects(values.of(Settings.load({})), "sedaro")
        if one["kind"] == "Deployment" and one["metadata"]["name"] == component
    )
    return dict(found)


def of_dask(*, is_worker: bool) -> dict[str, str]:
    """The labels that dask-gateway's controller gives its pods."""
    settings = Settings.load({})
    config = dask_pods.configured(
        foreign.GATEWAY_CONFIG.read_text(), dask_pods.gateway_environ(settings)
    )
    config.KubeClusterConfig.namespace = settings.namespace
    pod = dask_pods.pod(dask_pods.cluster_config(config), is_worker=is_worker)
    return dict(pod["metadata"]["labels"])


def of_chart(name: str, component: str | None) -> dict[str, str]:
    """Those of charts that are not ours; tests/integration/infra renders these."""
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


@pytest.mark.parametrize(
    ("exposure", "open_to"),
    [
        ({}, "{'ipBlock': {'cidr': '0.0.0.0/0'}}"),
        ({"INFRA_EXPOSURE": "none"}, "monitoring"),
        ({"INFRA_EXPOSURE": "ingress", "INFRA_INGRESS_HOST": "a.example"}, "ingress-nginx"),
    ],
)
def test_the_web_is_open_to_whoever_brings_its_readers(
    exposure: dict[str, str], open_to: str
) -> None:
    said = values.of(Settings.load(exposure))
    (policy,) = (
        one
        for one in chart.objects(said, "sedaro")
        if (one["kind"], one["metadata"]["name"]) == ("NetworkPolicy", "porta-web")
    )
    (rule,) = policy["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8080}]
    assert open_to in str(rule["from"])
    if "nodeport" not in said["web"]["service"]["type"].lower():
        assert "0.0.0.0/0" not in str(rule["from"])


def test_everybody_may_ask_for_names_and_for_nothing_else_in_kube_system() -> None:
    for space in ("sedaro", "sedaro-gateway"):
        spec = POLICIES[space, "porta-dns"]
        assert spec["podSelector"] == {}
        assert {port["port"] for rule in spec["egress"] for port in rule["ports"]} == {53}
    everywhere = [spec for (_, name), spec in POLICIES.items() if name != "porta-dns"]
    assert "kube-system" not in str(everywhere)
