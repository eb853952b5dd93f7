"""Web, runner and notebook, with what stands around them."""

from __future__ import annotations

from typing import Any, Final

from infra import naming
from infra.charts.porta.pods import Process, metadata, pod, secret_env, selector
from infra.template import NAMESPACE, Is, Joined, Value, When

__all__ = ["manifests"]

WEB_PORT: Final = 8_080
NOTEBOOK_PORT: Final = 8_888
WORK: Final = "/work"  # the notebook's folder
TOKENS: Final = "/etc/porta"
AUTH: Final = Value("web.auth.mode")
BY_TOKEN: Final = Is(AUTH, "token")
REDIS_CA: Final = "/etc/redis-ca"
ENCRYPTED: Final = Value("redis.tlsSecret")

# A runner has no port. Its heartbeat in Redis says that it lives; without Redis nobody can tell,
# and a restart would not help.
_HEARTBEAT: Final = """\
import os, socket, sys
from frontend.storage.connection import connect
from frontend.errors import StorageError
from frontend.runs.runner_registry import RunnerRegistry
try:
    client = connect(os.environ["REDIS_URL"], ca=os.environ.get("PORTA_REDIS_CA"))
    alive = RunnerRegistry(client).alive()
except StorageError:
    sys.exit({without_redis})
sys.exit(not any(name.startswith(socket.gethostname() + "-") for name in alive))
"""


def manifests() -> dict[str, Any]:
    """Return the manifests by the names of their files."""
    return {
        "settings": _settings(),
        "web-deployment": _web(),
        "web-service": _service("web", WEB_PORT, by_port=True),
        "web-disruption": _disruption(),
        "web-autoscaler": _autoscaler(),
        "web-ingress": _ingress(),
        "runner-deployment": _runner(),
        "notebook-deployment": _when_notebook(_notebook()),
        "notebook-service": _when_notebook(_service("notebook", NOTEBOOK_PORT, by_port=False)),
        "notebook-volume": _when_notebook(_volume()),
    }


def _when_notebook(manifest: dict[str, Any]) -> When:
    return When(Value("notebook.enabled"), manifest)


def _settings() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata("porta-settings", "settings"),
        "data": Value("settings"),
    }


def _deployment(
    process: Process,
    replicas: Any,  # noqa: ANN401 -- a number or a placeholder
    strategy: dict[str, Any],
) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(process.component, process.component),
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 5,
            "selector": {"matchLabels": selector(process.component)},
            "strategy": strategy,
            "template": pod(process),
        },
    }


_ONE_MORE_FIRST: Final = {
    "type": "RollingUpdate",
    "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
}


def _web() -> dict[str, Any]:
    answer = {"httpGet": {"path": "/healthz", "port": "http"}, "timeoutSeconds": 5}
    process = Process(
        component="web",
        args=["porta", "web", "--host", "0.0.0.0", "--port", str(WEB_PORT)],  # noqa: S104 -- in a pod
        env=[*_redis(), *_authentication()],
        ports=[{"name": "http", "containerPort": WEB_PORT}],
        probes={
            "startupProbe": answer | {"periodSeconds": 2, "failureThreshold": 60},
            # Not /readyz: results that are there can be shown while no runner or Gateway is.
            "readinessProbe": answer | {"periodSeconds": 5},
            "livenessProbe": answer | {"periodSeconds": 20, "failureThreshold": 6},
        },
        # Whoever balances load hears of a pod's end a little later than the pod does.
        before_stop={"sleep": {"seconds": 5}},
        annotations={
            "prometheus.io/scrape": "true",
            "prometheus.io/port": str(WEB_PORT),
            "prometheus.io/path": "/metrics",
        },
        mounts=[
            _REDIS_CA_MOUNT,
            When(BY_TOKEN, {"name": "tokens", "mountPath": TOKENS, "readOnly": True}),
        ],
        volumes=[
            _REDIS_CA_VOLUME,
            When(
                BY_TOKEN,
                {"name": "tokens", "secret": {"secretName": Value("web.auth.tokens.secret")}},
            ),
        ],
    )
    replicas = When(Value("web.autoscaling.enabled"), Value("web.replicas"), negated=True)
    return _deployment(process, replicas, _ONE_MORE_FIRST)


_REDIS_CA_MOUNT: Final = When(
    ENCRYPTED, {"name": "redis-ca", "mountPath": REDIS_CA, "readOnly": True}
)
_REDIS_CA_VOLUME: Final = When(
    ENCRYPTED,
    {
        "name": "redis-ca",
        # Of the Secret that Redis has its key from, the certificate alone.
        "secret": {"secretName": ENCRYPTED, "items": [{"key": "ca.crt", "path": "ca.crt"}]},
    },
)


def _redis() -> list[dict[str, Any] | When]:
    """Return where Redis is, and what vouches for it."""
    return [
        secret_env("REDIS_URL", "redis"),
        When(ENCRYPTED, {"name": "PORTA_REDIS_CA", "value": f"{REDIS_CA}/ca.crt"}),
    ]


def _authentication() -> list[dict[str, Any] | When]:
    """Return who may start things; the runner, which nobody reaches, is told nothing of it."""
    proxies, header = Value("web.trustedProxies"), Value("web.auth.header")
    file = Joined((TOKENS, "/", Value("web.auth.tokens.key")))
    return [
        {"name": "PORTA_AUTH", "value": AUTH},
        When(BY_TOKEN, {"name": "PORTA_TOKENS_FILE", "value": file}),
        When(BY_TOKEN, secret_env("PORTA_SESSION_KEY", "web.auth.session")),
        When(Is(AUTH, "header"), {"name": "PORTA_AUTH_HEADER", "value": header}),
        When(proxies, {"name": "PORTA_TRUSTED_PROXIES", "value": proxies}),
    ]


def _runner() -> dict[str, Any]:
    process = Process(
        component="runner",
        args=["porta", "runner"],
        env=[
            *_redis(),
            secret_env("DASK_GATEWAY_PASSWORD", "gateway"),
            {"name": "DASK_GATEWAY_ADDRESS", "value": _gateway("http", "")},
            {"name": "DASK_GATEWAY_PROXY_ADDRESS", "value": _gateway("tls", ":80")},
        ],
        probes={
            "readinessProbe": _heartbeat(without_redis=1) | {"failureThreshold": 3},
            "livenessProbe": _heartbeat(without_redis=0)
            | {"initialDelaySeconds": 60, "failureThreshold": 6},
        },
        mounts=[_REDIS_CA_MOUNT],
        volumes=[_REDIS_CA_VOLUME],
        grace_s=45,  # a runner gives back its runs and stops their clusters in ten seconds
    )
    return _deployment(process, Value("runner.replicas"), _ONE_MORE_FIRST)


def _heartbeat(*, without_redis: int) -> dict[str, Any]:
    script = _HEARTBEAT.format(without_redis=without_redis)
    return {
        "exec": {"command": ["python", "-c", script]},
        "periodSeconds": 20,
        "timeoutSeconds": 10,
    }


def _gateway(scheme: str, port: str) -> Joined:
    """Return the address of the Gateway's proxy: its port 80 takes both HTTP and TLS."""
    return Joined((f"{scheme}://{naming.TRAEFIK}.", Value("gateway.namespace"), port))


def _notebook() -> dict[str, Any]:
    answer = {"httpGet": {"path": "/api", "port": "http"}, "timeoutSeconds": 5}
    process = Process(
        component="notebook",
        image="image.notebook",
        settings=False,
        args=["jupyter", "lab", "--ip=0.0.0.0", f"--port={NOTEBOOK_PORT}", "--no-browser"],
        folder=WORK,  # JupyterLab shows what is where it stands
        env=[
            secret_env("JUPYTER_TOKEN", "notebook"),
            {"name": "DASK_GATEWAY__ADDRESS", "value": _gateway("http", "")},
            {"name": "DASK_GATEWAY__PROXY_ADDRESS", "value": _gateway("tls", ":80")},
            {"name": "DASK_GATEWAY__AUTH__TYPE", "value": "basic"},
            # Not `porta`: the runner stops all clusters of that user that no run owns.
            {"name": "DASK_GATEWAY__AUTH__KWARGS__USERNAME", "value": "notebook"},
            secret_env("DASK_GATEWAY__AUTH__KWARGS__PASSWORD", "gateway"),
            {"name": "DASK_LABEXTENSION__FACTORY__MODULE", "value": "dask_gateway"},
            {"name": "DASK_LABEXTENSION__FACTORY__CLASS", "value": "GatewayCluster"},
        ],
        ports=[{"name": "http", "containerPort": NOTEBOOK_PORT}],
        probes={
            "startupProbe": answer | {"periodSeconds": 2, "failureThreshold": 60},
            "readinessProbe": answer | {"periodSeconds": 10},
            "livenessProbe": answer | {"periodSeconds": 30, "failureThreshold": 6},
        },
        mounts=[{"name": "work", "mountPath": WORK}],
        volumes=[{"name": "work", "persistentVolumeClaim": {"claimName": "notebook"}}],
    )
    return _deployment(process, 1, {"type": "Recreate"})  # its volume is one pod's


def _volume() -> dict[str, Any]:
    storage_class = Value("notebook.volume.storageClass")
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata("notebook", "notebook"),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": When(storage_class, storage_class),
            "resources": {"requests": {"storage": Value("notebook.volume.size")}},
        },
    }


def _service(component: str, port: int, *, by_port: bool) -> dict[str, Any]:
    node_port = Value("web.service.nodePort")
    name = "porta" if component == "web" else component
    chosen = {"nodePort": When(node_port, node_port)} if by_port else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, component),
        "spec": {
            "type": Value("web.service.type") if by_port else "ClusterIP",
            "selector": selector(component),
            "ports": [
                {"name": "http", "port": 80 if by_port else port, "targetPort": "http", **chosen}
            ],
        },
    }


def _disruption() -> When:
    return When(
        Value("web.disruptionBudget"),
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata("web", "web"),
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selector("web")}},
        },
    )


def _autoscaler() -> When:
    target = {"type": "Utilization", "averageUtilization": Value("web.autoscaling.cpuPercent")}
    return When(
        Value("web.autoscaling.enabled"),
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": metadata("web", "web"),
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "minReplicas": Value("web.replicas"),
                "maxReplicas": Value("web.autoscaling.limit"),
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            },
        },
    )


def _ingress() -> When:
    host = Value("web.ingress.host")
    backend = {"service": {"name": "porta", "port": {"name": "http"}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    return When(
        Value("web.ingress.enabled"),
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {
                **metadata("porta", "web"),
                "namespace": NAMESPACE,
                "annotations": Value("web.ingress.annotations"),
            },
            "spec": {
                "ingressClassName": Value("web.ingress.class"),
                "tls": [{"hosts": [host], "secretName": Value("web.ingress.tlsSecret")}],
                "rules": [{"host": host, "http": {"paths": paths}}],
            },
        },
    )
