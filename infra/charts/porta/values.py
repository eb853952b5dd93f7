"""The values of Porta's chart: its defaults, and those that the settings give it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from infra import naming

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["defaults", "of"]

FILE: Final = Path(__file__).with_name("values.yaml")
# https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
_EVENT_STREAMS: Final = {
    "nginx.ingress.kubernetes.io/proxy-buffering": "off",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
    "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
}


def defaults() -> dict[str, Any]:
    """Return the chart's own values, as `values.yaml` has them."""
    values: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return values


def of(settings: Settings) -> dict[str, Any]:
    """Return the values with which the settings install the chart."""
    own = defaults()
    secret = settings.image_pull_secret
    return {
        "image": own["image"]
        | {
            "repository": settings.image,
            "notebook": settings.notebook_image,
            "tag": settings.image_tag,
            "pullSecrets": [{"name": secret}] if secret else [],
        },
        "settings": _variables(settings),
        "redis": own["redis"] | {"tlsSecret": settings.redis_tls_secret},
        "gateway": own["gateway"] | {"namespace": settings.gateway_namespace},
        "secretsRevision": str(settings.secrets_revision),
        "priorityClass": naming.SERVICE_PRIORITY,
        "web": _web(own["web"], settings),
        "runner": _sized(own["runner"], settings) | {"replicas": settings.runner_replicas},
        "notebook": _sized(own["notebook"], settings)
        | {
            "enabled": settings.notebook,
            "volume": {"size": settings.notebook_volume, "storageClass": settings.storage_class},
        },
        "monitoring": {
            "kind": settings.monitoring,
            "labels": _labels(settings.monitoring_label),
            "dashboard": settings.grafana_dashboard,
        },
        "network": {
            "policies": True,
            "webPeers": _peers(settings),
            "kubernetesApi": settings.kubernetes_api_cidr,
        },
    }


def _variables(settings: Settings) -> dict[str, str]:
    """Return the variables that web and runner share."""
    dashboards = {"PORTA_DASHBOARD_URL": settings.dashboard_url} if settings.dashboard_url else {}
    return {
        "PORTA_LOG_FORMAT": "json",
        "PORTA_MAX_WORKERS": str(settings.max_workers),
        "PORTA_MAX_RUNS": str(settings.max_runs),
        **dict(settings.application),
        **dashboards,
    }


def _sized(component: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Return a component's values with the requests that the settings ask for."""
    requests = {"cpu": settings.pod_cpu, "memory": settings.pod_memory}
    return component | {"resources": component["resources"] | {"requests": requests}}


def _web(component: dict[str, Any], settings: Settings) -> dict[str, Any]:
    by_port, by_ingress = (settings.exposure == kind for kind in ("nodeport", "ingress"))
    sized = _sized(component, settings)
    return sized | {
        "replicas": settings.web_replicas,
        "autoscaling": sized["autoscaling"]
        | {
            "enabled": settings.web_replicas_limit > settings.web_replicas,
            "limit": settings.web_replicas_limit,
        },
        # With one replica a budget would keep its node from ever being drained.
        "disruptionBudget": settings.web_replicas > 1,
        "exports": {"mebibytes": settings.export_cache},
        "auth": sized["auth"] | {"mode": settings.auth, "header": settings.auth_header},
        "trustedProxies": settings.trusted_proxies if by_ingress else "",
        "service": {
            "type": "NodePort" if by_port else "ClusterIP",
            "nodePort": settings.node_port if by_port else None,
        },
        "ingress": {
            "enabled": by_ingress,
            "host": settings.ingress_host or "porta.example",
            "class": settings.ingress_class,
            "tlsSecret": settings.ingress_tls_secret,
            "annotations": _annotations(settings),
        },
    }


def _annotations(settings: Settings) -> dict[str, str]:
    issuer = settings.ingress_cluster_issuer
    return {
        **(_EVENT_STREAMS if settings.ingress_class == "nginx" else {}),
        **({"cert-manager.io/cluster-issuer": issuer} if issuer else {}),
    }


def _labels(label: str) -> dict[str, str]:
    """Return a label `key=value` as a mapping; nothing for none."""
    key, _, value = label.partition("=")
    return {key: value} if label else {}


def _peers(settings: Settings) -> list[dict[str, Any]]:
    if settings.exposure == "nodeport":  # connections come from the node's address or any other
        return [{"ipBlock": {"cidr": "0.0.0.0/0"}}]
    names = [settings.monitoring_namespace]
    if settings.exposure == "ingress":
        names.append(settings.ingress_namespace)
    label = naming.NAMESPACE_LABEL
    return [{"namespaceSelector": {"matchLabels": {label: name}}} for name in sorted(set(names))]
