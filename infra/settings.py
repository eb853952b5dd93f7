"""What a platform engineer may set: a profile, one optional file, the environment.

- Each later one wins: the defaults, the profile (`INFRA_PROFILE`), the YAML file that
  `INFRA_FILE` names, the environment (`INFRA_` and the field's name in capitals).
- A name that nobody reads and a value that makes no sense are `SettingsError`s that name it.
- No field holds a secret: secrets are made in the cluster, or exist there and are named here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROFILES", "Settings", "SettingsError"]

PREFIX: Final = "INFRA_"
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123, a label
QUANTITY: Final = re.compile(r"[0-9]+(\.[0-9]+)?(m|Ki|Mi|Gi|Ti)?")  # a Kubernetes quantity
PROFILES: Final[dict[str, dict[str, Any]]] = {
    "minikube": {
        "exposure": "nodeport",
        "web_replicas": 1,
        "web_replicas_limit": 1,  # no autoscaling: a new minikube has no metrics server
        "runner_replicas": 1,
        "max_workers": 2,
        "max_runs": 2,
        "redis_memory": "512Mi",
        "redis_volume": "2Gi",
        "quota_cpu": "8",
        "quota_memory": "12Gi",
    },
    "production": {"exposure": "ingress"},
}


class SettingsError(ValueError):
    """A setting that can't be used; the sentence names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How Porta is to stand on the cluster."""

    profile: str = "minikube"
    kubeconfig: str = "~/.kube/config"
    kube_context: str = ""  # the kubeconfig's current one if empty
    namespace: str = "sedaro"
    gateway_namespace: str = "sedaro-gateway"

    image: str = "porta"
    notebook_image: str = "porta-notebook"
    image_tag: str = "0.1.0"
    image_pull_secret: str = ""
    registry: str = ""  # a mirror for the images of the charts that are not ours
    redis_chart_repository: str = "oci://registry-1.docker.io/cloudpirates"
    gateway_chart_repository: str = "https://helm.dask.org"

    web_replicas: int = 2
    web_replicas_limit: int = 6
    runner_replicas: int = 2
    max_workers: int = 4
    max_runs: int = 4
    notebook: bool = True
    redis_memory: str = "2Gi"
    redis_volume: str = "10Gi"
    storage_class: str = ""
    quota_cpu: str = "40"
    quota_memory: str = "80Gi"

    exposure: str = "none"  # none, nodeport or ingress
    node_port: int = 30080
    ingress_host: str = ""
    ingress_class: str = "nginx"
    ingress_namespace: str = "ingress-nginx"
    ingress_tls_secret: str = "porta-tls"  # noqa: S105 -- a Secret's name
    monitoring_namespace: str = "monitoring"
    auth: str = "none"
    dashboard_url: str = ""
    kubernetes_api_cidr: str = "0.0.0.0/0"

    secrets: str = "made"  # made, or existing: then the Secrets are there already
    secrets_revision: int = 1  # one more makes new passwords

    backend: str = "local"  # local, s3 or http
    backend_location: str = ""  # s3: region/bucket/prefix, http: the URL

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        for name, allowed in (
            ("profile", tuple(PROFILES)),
            ("exposure", ("none", "nodeport", "ingress")),
            ("secrets", ("made", "existing")),
            ("backend", ("local", "s3", "http")),
            ("auth", ("none", "token", "header")),
        ):
            if getattr(self, name) not in allowed:
                raise SettingsError(f"{name} must be one of {', '.join(allowed)}.")
        self._check_texts()
        self._check_numbers()

    def _check_texts(self) -> None:
        for name in ("namespace", "gateway_namespace", "ingress_namespace"):
            if NAME.fullmatch(getattr(self, name)) is None:
                raise SettingsError(f"{name} must be a name such as Kubernetes takes.")
        if re.fullmatch("[1-9][0-9]{0,5}", self.quota_cpu) is None:
            raise SettingsError("quota_cpu must be a whole number of cores.")
        for name in ("redis_memory", "redis_volume", "quota_memory"):
            if QUANTITY.fullmatch(getattr(self, name)) is None:
                raise SettingsError(f"{name} must be a quantity, as 512Mi or 4.")
        if self.namespace == self.gateway_namespace:
            raise SettingsError("gateway_namespace must not be the namespace of the workloads.")
        if self.exposure == "ingress" and not self.ingress_host:
            raise SettingsError("ingress_host must say under which name Porta is reached.")
        if self.backend == "s3" and self.backend_location.count("/") < 2:  # noqa: PLR2004 -- three parts
            raise SettingsError("backend_location must be region/bucket/prefix.")
        if self.backend == "http" and not self.backend_location:
            raise SettingsError("backend_location must be the URL of the http backend.")

    def _check_numbers(self) -> None:
        for name, low, high in (
            ("web_replicas", 1, 100),
            ("web_replicas_limit", 1, 100),
            ("runner_replicas", 1, 100),
            ("max_workers", 1, 1_000),
            ("max_runs", 1, 1_000),
            ("node_port", 30_000, 32_767),
            ("secrets_revision", 1, 10**6),
        ):
            if not low <= getattr(self, name) <= high:
                raise SettingsError(f"{name} must be from {low} to {high}.")
        if self.web_replicas_limit < self.web_replicas:
            raise SettingsError("web_replicas_limit must not be below web_replicas.")

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Settings:
        """Put profile, file and environment together; raises `SettingsError`."""
        own = {
            name.removeprefix(PREFIX).lower(): text
            for name, text in environ.items()
            if name.startswith(PREFIX)
        }
        said = _file(own.pop("file", "")) | own
        profile = str(said.get("profile", cls.__dataclass_fields__["profile"].default))
        if profile not in PROFILES:
            raise SettingsError(f"profile must be one of {', '.join(PROFILES)}.")
        values = PROFILES[profile] | said
        known = {field.name: field.type for field in fields(cls)}
        if unknown := sorted(values.keys() - known.keys()):
            raise SettingsError(f"There is no setting {unknown[0]}; docs/deploy.md lists them.")
        read: dict[str, Any] = {
            name: _read(name, known[name], value) for name, value in values.items()
        }
        return cls(**read)


def _file(name: str) -> dict[str, Any]:
    if not name:
        return {}
    try:
        said = yaml.safe_load(Path(name).read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"file {name} can't be read: {error}") from None
    if not isinstance(said, dict):
        raise SettingsError(f"file {name} must hold settings, a line each.")
    return said


def _read(name: str, kind: object, value: object) -> str | int | bool:
    text = str(value).strip()
    if kind == "bool":
        if text.lower() not in {"true", "false"}:
            raise SettingsError(f"{name} must be true or false.")
        return text.lower() == "true"
    if kind == "int":
        if re.fullmatch("[0-9]{1,9}", text) is None:
            raise SettingsError(f"{name} must be a whole number.")
        return int(text)
    return text
