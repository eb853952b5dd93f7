"""The values of the charts of Redis and Dask Gateway: `charts/values/` and the settings, merged."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from infra import naming
from infra.charts import priorities, schedulers
from infra.settings.quantities import mebibytes

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["FOR_DATA", "gateway", "merged", "redis"]

FOLDER: Final = Path(__file__).parents[2] / "charts" / "values"
GATEWAY_CONFIG: Final = Path(__file__).parents[1] / "gateway_config" / "porta.py"
# The share of its memory that Redis may fill: while it rewrites the append-only file, pages that
# change are copied. https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
FOR_DATA: Final = Fraction(6, 10)


def redis(settings: Settings) -> dict[str, Any]:
    """Return the values of Redis' chart."""
    base = _file("redis")
    memory = f"{int(mebibytes(settings.redis_memory) * FOR_DATA)}mb"
    return merged(
        base,
        {
            "podAnnotations": _revision(settings),
            "global": {"imageRegistry": settings.registry, "imagePullSecrets": _secrets(settings)},
            "extraConfig": f"{base['extraConfig']}maxmemory {memory}\n",
            "priorityClassName": naming.SERVICE_PRIORITY,
            "extraObjects": priorities.classes(),
            "tls": {
                "enabled": bool(settings.redis_tls_secret),
                "existingSecret": settings.redis_tls_secret,
                "authClients": False,  # clients authenticate by name and password
                "port": naming.REDIS_PORT,  # as without TLS, so that the policies stay the same
            },
            "persistence": {
                "size": settings.redis_volume,
                "storageClass": settings.storage_class,
            },
            "resources": {
                "requests": {"cpu": settings.pod_cpu, "memory": settings.redis_memory},
                "limits": {"memory": settings.redis_memory},
            },
        },
    )


def gateway(settings: Settings) -> dict[str, Any]:
    """Return the values of the Gateway's chart."""
    reference = {"name": naming.GATEWAY_SECRET, "key": naming.GATEWAY_KEY}
    pull = [{"name": settings.image_pull_secret}] if settings.image_pull_secret else []
    return merged(
        _file("dask-gateway"),
        {
            "gateway": {
                "annotations": _revision(settings),
                "env": [
                    {"name": "DASK_GATEWAY_PASSWORD", "valueFrom": {"secretKeyRef": reference}},
                    *({"name": name, "value": text} for name, text in _clusters(settings)),
                ],
                "extraConfig": {"porta": GATEWAY_CONFIG.read_text(encoding="utf-8")},
                "imagePullSecrets": pull,
                "backend": {
                    "image": {"name": settings.image, "tag": settings.image_tag},
                    "imagePullSecrets": pull,
                    "namespace": settings.namespace,
                },
                **_mirrored(settings, "ghcr.io/dask/dask-gateway-server"),
            },
            "controller": {
                "imagePullSecrets": pull,
                **_mirrored(settings, "ghcr.io/dask/dask-gateway-server"),
            },
            "traefik": {"imagePullSecrets": pull, **_mirrored(settings, "docker.io/traefik")},
        },
    )


def _revision(settings: Settings) -> dict[str, str]:
    """Return the annotation with which pods restart when their Secrets change."""
    return {naming.SECRETS_REVISION: str(settings.secrets_revision)}


def _clusters(settings: Settings) -> list[tuple[str, str]]:
    """Return the variables that infra/gateway_config/porta.py reads."""

    def gib(quantity: str) -> str:
        return str(float(mebibytes(quantity) / 1024))

    return [
        ("PORTA_CLUSTER_MAX_WORKERS", str(settings.max_workers)),
        ("PORTA_SCHEDULERS", _schedulers(settings)),
        ("PORTA_WORKER_CORES", str(settings.worker_cores)),
        ("PORTA_WORKER_GIB", gib(settings.worker_memory)),
        ("PORTA_SCHEDULER_PRIORITY", naming.SCHEDULER_PRIORITY),
        ("PORTA_WORKER_PRIORITY", naming.WORKER_PRIORITY),
        ("PORTA_WORKER_NODES", settings.worker_nodes),
    ]


def _schedulers(settings: Settings) -> str:
    """Return the sizes of schedulers: up to how many workers, cores, GiB."""
    rows = schedulers.sizes(settings)
    return json.dumps(
        [[size.workers, float(size.cores), float(size.mebibytes / 1024)] for size in rows]
    )


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with `over` merged in: mappings by key; anything else is replaced."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        nested = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merged(old, value) if nested and old is not None else value
    return result


def _mirrored(settings: Settings, image: str) -> dict[str, Any]:
    """Name an image in the mirror, if there is one."""
    if not settings.registry:
        return {}
    return {"image": {"name": f"{settings.registry}/{image.partition('/')[2]}"}}


def _secrets(settings: Settings) -> list[str]:
    return [settings.image_pull_secret] if settings.image_pull_secret else []


def _file(name: str) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return values
