"""What the charts that are not ours are given: `charts/values/`, with the settings merged in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from infra import naming

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["gateway", "merged", "redis"]

FOLDER: Final = Path(__file__).parents[1] / "charts" / "values"
GATEWAY_CONFIG: Final = Path(__file__).parent / "gateway_config" / "porta.py"
_MIB: Final = {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024, "Ti": 1024 * 1024, None: 1 / 2**20}
_FOR_DATA: Final = 0.6  # of its memory: rewriting the append-only file may copy much of the rest


def redis(settings: Settings) -> dict[str, Any]:
    """Return the values of Redis' chart."""
    said = _file("redis")
    memory = f"{int(_mebibytes(settings.redis_memory) * _FOR_DATA)}mb"
    return merged(
        said,
        {
            "global": {"imageRegistry": settings.registry, "imagePullSecrets": _secrets(settings)},
            "extraConfig": f"{said['extraConfig']}maxmemory {memory}\n",
            "persistence": {
                "size": settings.redis_volume,
                "storageClass": settings.storage_class,
            },
            "resources": {
                "requests": {"memory": settings.redis_memory},
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
                "env": [
                    {"name": "DASK_GATEWAY_PASSWORD", "valueFrom": {"secretKeyRef": reference}},
                    {"name": "PORTA_CLUSTER_MAX_WORKERS", "value": str(settings.max_workers)},
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


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with `over` merged in: mappings by key, everything else replaced."""
    found = dict(base)
    for key, value in over.items():
        old = found.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        found[key] = merged(old, value) if both and old is not None else value
    return found


def _mirrored(settings: Settings, image: str) -> dict[str, Any]:
    """Name an image in the mirror, where there is one."""
    if not settings.registry:
        return {}
    return {"image": {"name": f"{settings.registry}/{image.partition('/')[2]}"}}


def _secrets(settings: Settings) -> list[str]:
    return [settings.image_pull_secret] if settings.image_pull_secret else []


def _file(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def _mebibytes(quantity: str) -> float:
    found = re.fullmatch(r"([0-9.]+)(Ki|Mi|Gi|Ti)?", quantity)
    if found is None:
        raise ValueError(f"{quantity} is no amount of memory.")
    return float(found[1]) * _MIB[found[2]]
