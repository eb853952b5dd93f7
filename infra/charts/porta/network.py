"""Who may talk to whom: deny everything, then exactly the flows in `FLOWS`.

Both ends of a flow get a rule: one lets it out, the other lets it in.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from infra import naming
from infra.charts.porta.pods import selector
from infra.template import NAMESPACE, Namespace, Value, When

__all__ = ["ENDS", "FLOWS", "End", "Flow", "manifests"]

POLICIES: Final = Value("network.policies")
GATEWAY: Final = Value("gateway.namespace")
API_SERVER_PORTS: Final = (443, 6443, 8443, 16443)  # clouds, kubeadm, minikube, MicroK8s


@dataclass(frozen=True, slots=True)
class End:
    """The pods at one end of a flow."""

    name: str
    namespace: Namespace | Value
    labels: tuple[tuple[str, str], ...]

    @property
    def peer(self) -> dict[str, Any]:
        """These pods, as a rule of another policy names them."""
        where = {"matchLabels": {naming.NAMESPACE_LABEL: self.namespace}}
        return {"namespaceSelector": where, "podSelector": {"matchLabels": dict(self.labels)}}


@dataclass(frozen=True, slots=True)
class Flow:
    """Connections that are allowed; no ports means all."""

    source: str
    target: str
    ports: tuple[int, ...] = ()


def _own(component: str) -> End:
    return End(component, NAMESPACE, tuple(selector(component).items()))


def _gateway(component: str, namespace: Namespace | Value, *, name: str | None = None) -> End:
    labels = (
        ("app.kubernetes.io/name", "dask-gateway"),
        ("app.kubernetes.io/component", component),
    )
    return End(name or component, namespace, labels)


ENDS: Final = {
    end.name: end
    for end in (
        _own("web"),
        _own("runner"),
        _own("notebook"),
        End("redis", NAMESPACE, (("app.kubernetes.io/name", "redis"),)),
        _gateway("dask-scheduler", NAMESPACE, name="scheduler"),
        _gateway("dask-worker", NAMESPACE, name="worker"),
        _gateway("traefik", GATEWAY),
        _gateway("gateway", GATEWAY, name="api"),
        _gateway("controller", GATEWAY),
    )
}
FLOWS: Final = (
    Flow("web", "redis", (6379,)),
    Flow("runner", "redis", (6379,)),
    Flow("runner", "traefik", (8000,)),
    Flow("notebook", "traefik", (8000,)),
    Flow("traefik", "api", (naming.API_PORT,)),
    Flow("traefik", "scheduler", (8786, 8787)),
    Flow("api", "scheduler", (8788,)),
    Flow("scheduler", "api", (naming.API_PORT,)),
    Flow("scheduler", "worker"),
    Flow("worker", "scheduler"),
    Flow("worker", "worker"),
)
ASKS_KUBERNETES: Final = ("traefik", "api", "controller")


def manifests() -> dict[str, Any]:
    """Return the policies by the names of their files."""
    found: dict[str, Any] = {}
    for where, namespace in (("", NAMESPACE), ("gateway-", GATEWAY)):
        found[f"network-{where}deny"] = _policy("default-deny", namespace, {}, {})
        found[f"network-{where}dns"] = _policy("dns", namespace, {}, {"egress": _dns()})
    rules = _rules()
    for name, end in ENDS.items():
        found[f"network-{name}"] = _policy(name, end.namespace, dict(end.labels), rules[name])
    return {name: When(POLICIES, policy) for name, policy in found.items()}


def _rules() -> dict[str, dict[str, Any]]:
    rules: dict[str, dict[str, Any]] = defaultdict(lambda: {"ingress": [], "egress": []})
    for flow in FLOWS:
        ports = _ports(*flow.ports)
        rules[flow.source]["egress"].append({"to": [ENDS[flow.target].peer], **ports})
        rules[flow.target]["ingress"].append({"from": [ENDS[flow.source].peer], **ports})
    for name in ASKS_KUBERNETES:
        block = {"ipBlock": {"cidr": Value("network.kubernetesApi")}}
        rules[name]["egress"].append({"to": [block], **_ports(*API_SERVER_PORTS)})
    rules["web"]["ingress"].append({"from": Value("network.webPeers"), **_ports(8080)})
    return rules


def _ports(*ports: int) -> dict[str, Any]:
    return {"ports": [{"protocol": "TCP", "port": port} for port in ports]} if ports else {}


def _dns() -> list[dict[str, Any]]:
    where = {"matchLabels": {naming.NAMESPACE_LABEL: "kube-system"}}
    resolvers = [
        {"namespaceSelector": where},
        {"ipBlock": {"cidr": "169.254.20.10/32"}},  # NodeLocal DNSCache's address
    ]
    both = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return [{"to": resolvers, "ports": both}]


def _policy(
    name: str, namespace: Namespace | Value, labels: dict[str, str], rules: dict[str, Any]
) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": f"porta-{name}",
            "namespace": namespace,
            "labels": {"app.kubernetes.io/part-of": "porta"},
        },
        "spec": {
            "podSelector": {"matchLabels": labels} if labels else {},
            "policyTypes": ["Egress"] if name == "dns" else ["Ingress", "Egress"],
            **{direction: rule for direction, rule in rules.items() if rule},
        },
    }
