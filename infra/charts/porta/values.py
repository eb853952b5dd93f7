"""The values of the application's chart: their defaults, and what the settings make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra import naming

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["DEFAULTS", "of"]

DEFAULTS: Final[dict[str, Any]] = {
    "image": {
        "repository": "porta",
        "notebook": "porta-notebook",
        "tag": "0.1.0",
        "pullPolicy": "IfNotPresent",
        "pullSecrets": [],
    },
    "settings": {"PORTA_LOG_FORMAT": "json"},
    "redis": {"secret": naming.REDIS_URL_SECRET, "key": naming.REDIS_URL_KEY, "tlsSecret": ""},
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
        "auth": {
            "mode": "none",
            "header": "X-Forwarded-User",
            "tokens": {"secret": naming.TOKENS_SECRET, "key": naming.TOKENS_FILE},
            "session": {"secret": naming.SESSION_SECRET, "key": naming.SESSION_KEY},
        },
        "trustedProxies": "",
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
        "webPeers": [
            {"namespaceSelector": {"matchLabels": {naming.NAMESPACE_LABEL: "ingress-nginx"}}},
            {"namespaceSelector": {"matchLabels": {naming.NAMESPACE_LABEL: "monitoring"}}},
        ],
        "kubernetesApi": "0.0.0.0/0",
    },
}
# https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
_EVENT_STREAMS: Final = {
    "nginx.ingress.kubernetes.io/proxy-buffering": "off",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
    "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
}


def of(settings: Settings) -> dict[str, Any]:
    """Return the values with which the settings install the chart."""
    said = {
        "PORTA_LOG_FORMAT": "json",
        "PORTA_MAX_WORKERS": str(settings.max_workers),
        "PORTA_MAX_RUNS": str(settings.max_runs),
        **dict(settings.application),
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
        "redis": DEFAULTS["redis"] | {"tlsSecret": settings.redis_tls_secret},
        "gateway": DEFAULTS["gateway"] | {"namespace": settings.gateway_namespace},
        "web": _web(settings),
        "runner": _sized("runner", settings) | {"replicas": settings.runner_replicas},
        "notebook": _sized("notebook", settings)
        | {
            "enabled": settings.notebook,
            "volume": {"size": settings.notebook_volume, "storageClass": settings.storage_class},
        },
        "network": {
            "policies": True,
            "webPeers": _peers(settings),
            "kubernetesApi": settings.kubernetes_api_cidr,
        },
    }


def _sized(component: str, settings: Settings) -> dict[str, Any]:
    """Return a component's defaults, asking for what the settings say."""
    said: dict[str, Any] = DEFAULTS[component]
    asked = {"cpu": settings.pod_cpu, "memory": settings.pod_memory}
    return said | {"resources": said["resources"] | {"requests": asked}}


def _web(settings: Settings) -> dict[str, Any]:
    by_port, by_ingress = (settings.exposure == kind for kind in ("nodeport", "ingress"))
    defaults = _sized("web", settings)
    return defaults | {
        "replicas": settings.web_replicas,
        "autoscaling": defaults["autoscaling"]
        | {
            "enabled": settings.web_replicas_limit > settings.web_replicas,
            "limit": settings.web_replicas_limit,
        },
        # With one replica a budget would keep its node from ever being drained.
        "disruptionBudget": settings.web_replicas > 1,
        "auth": defaults["auth"] | {"mode": settings.auth, "header": settings.auth_header},
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


def _peers(settings: Settings) -> list[dict[str, Any]]:
    if settings.exposure == "nodeport":  # comes from the node's own address, or anybody's
        return [{"ipBlock": {"cidr": "0.0.0.0/0"}}]
    names = [settings.monitoring_namespace]
    if settings.exposure == "ingress":
        names.append(settings.ingress_namespace)
    label = naming.NAMESPACE_LABEL
    return [{"namespaceSelector": {"matchLabels": {label: name}}} for name in sorted(set(names))]
