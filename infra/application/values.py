"""The values of the application's chart: their defaults, and their schema made from these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra import naming

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["DEFAULTS", "of", "schema"]

DEFAULTS: Final[dict[str, Any]] = {
    "image": {
        "repository": "porta",
        "notebook": "porta-notebook",
        "tag": "0.1.0",
        "pullPolicy": "IfNotPresent",
        "pullSecrets": [],
    },
    # Porta's own settings (docs/configuration.md), for web and runner. No secret belongs here.
    "settings": {"PORTA_AUTH": "none", "PORTA_LOG_FORMAT": "json"},
    "redis": {"secret": naming.REDIS_URL_SECRET, "key": naming.REDIS_URL_KEY},
    "gateway": {
        "namespace": "sedaro-gateway",
        "secret": naming.GATEWAY_SECRET,
        "key": naming.GATEWAY_KEY,
    },
    "web": {
        "replicas": 2,
        "resources": {
            "requests": {"cpu": "250m", "memory": "512Mi"},
            "limits": {"cpu": "2", "memory": "1Gi"},
        },
        "autoscaling": {"enabled": True, "limit": 6, "cpuPercent": 70},
        "disruptionBudget": True,
        "service": {"type": "ClusterIP", "nodePort": None},
        "ingress": {
            "enabled": False,
            "host": "porta.example",
            "class": "nginx",
            "tlsSecret": "porta-tls",
            "annotations": {},
        },
    },
    "runner": {
        "replicas": 2,
        "resources": {
            "requests": {"cpu": "250m", "memory": "512Mi"},
            "limits": {"cpu": "1", "memory": "1Gi"},
        },
    },
    "notebook": {
        "enabled": True,
        "secret": naming.NOTEBOOK_SECRET,
        "key": naming.NOTEBOOK_KEY,
        "volume": {"size": "2Gi", "storageClass": ""},
        "resources": {
            "requests": {"cpu": "250m", "memory": "512Mi"},
            "limits": {"cpu": "2", "memory": "2Gi"},
        },
    },
    "network": {
        "policies": True,
        # Who may open a connection to the web: peers as a NetworkPolicy has them.
        "webPeers": [
            {"namespaceSelector": {"matchLabels": {naming.NAMESPACE_LABEL: "ingress-nginx"}}},
            {"namespaceSelector": {"matchLabels": {naming.NAMESPACE_LABEL: "monitoring"}}},
        ],
        "kubernetesApi": "0.0.0.0/0",
    },
}
_FREE: Final = frozenset({"settings", "resources", "annotations"})
# https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
_EVENT_STREAMS: Final = {
    "nginx.ingress.kubernetes.io/proxy-buffering": "off",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
    "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
}


def of(settings: Settings) -> dict[str, Any]:
    """Return the values with which the settings install the chart."""
    said = {"PORTA_AUTH": settings.auth, "PORTA_LOG_FORMAT": "json"} | {
        "PORTA_MAX_WORKERS": str(settings.max_workers),
        "PORTA_MAX_RUNS": str(settings.max_runs),
    }
    if settings.dashboard_url:
        said["PORTA_DASHBOARD_URL"] = settings.dashboard_url
    secret = settings.image_pull_secret
    return {
        "image": DEFAULTS["image"]
        | {
            "repository": settings.image,
            "notebook": settings.notebook_image,
            "tag": settings.image_tag,
            "pullSecrets": [{"name": secret}] if secret else [],
        },
        "settings": said,
        "redis": DEFAULTS["redis"],
        "gateway": DEFAULTS["gateway"] | {"namespace": settings.gateway_namespace},
        "web": _web(settings),
        "runner": DEFAULTS["runner"] | {"replicas": settings.runner_replicas},
        "notebook": DEFAULTS["notebook"]
        | {
            "enabled": settings.notebook,
            "volume": {"size": "2Gi", "storageClass": settings.storage_class},
        },
        "network": {
            "policies": True,
            "webPeers": _peers(settings),
            "kubernetesApi": settings.kubernetes_api_cidr,
        },
    }


def _web(settings: Settings) -> dict[str, Any]:
    by_port = settings.exposure == "nodeport"
    defaults: dict[str, Any] = DEFAULTS["web"]
    return defaults | {
        "replicas": settings.web_replicas,
        "autoscaling": defaults["autoscaling"]
        | {
            "enabled": settings.web_replicas_limit > settings.web_replicas,
            "limit": settings.web_replicas_limit,
        },
        # With one replica a budget would keep its node from ever being drained.
        "disruptionBudget": settings.web_replicas > 1,
        "service": {
            "type": "NodePort" if by_port else "ClusterIP",
            "nodePort": settings.node_port if by_port else None,
        },
        "ingress": {
            "enabled": settings.exposure == "ingress",
            "host": settings.ingress_host or "porta.example",
            "class": settings.ingress_class,
            "tlsSecret": settings.ingress_tls_secret,
            "annotations": _EVENT_STREAMS if settings.ingress_class == "nginx" else {},
        },
    }


def _peers(settings: Settings) -> list[dict[str, Any]]:
    if settings.exposure == "nodeport":  # comes from the node's own address, or anybody's
        return [{"ipBlock": {"cidr": "0.0.0.0/0"}}]
    names = [settings.monitoring_namespace]
    if settings.exposure == "ingress":
        names.append(settings.ingress_namespace)
    label = naming.NAMESPACE_LABEL
    return [{"namespaceSelector": {"matchLabels": {label: name}}} for name in sorted(set(names))]


def schema(values: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the JSON schema of the values: unknown names are errors, types are the defaults'."""
    said = DEFAULTS if values is None else values
    return {
        **({"$schema": "http://json-schema.org/draft-07/schema#"} if values is None else {}),
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _type(name, value) for name, value in said.items()},
    }


def _type(name: str, value: object) -> dict[str, Any]:
    if name in _FREE:
        return {"type": "object"}
    match value:
        case dict():
            return schema(value)
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer", "minimum": 1}
        case list():
            return {"type": "array", "items": {"type": "object"}}
        case _:
            return {"type": "string" if isinstance(value, str) else ["integer", "null"]}
