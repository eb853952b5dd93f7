"""What a platform engineer may set: a profile, one optional file, the environment.

- Each later one wins: the defaults, the profile (`INFRA_PROFILE`), the YAML file that
  `INFRA_FILE` names, the environment (`INFRA_` and the field's name in capitals). Where nobody
  says which kubeconfig, it is kubectl's: `KUBECONFIG`, else `~/.kube/config`.
- A name that nobody reads and a value that makes no sense are `SettingsError`s that name it.
- No field holds a secret: secrets are made in the cluster, or exist there and are named here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, Final

from infra.settings.parsers import SettingsError, read, read_file
from infra.settings.quantities import cores, mebibytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

__all__ = ["PROFILES", "Settings", "SettingsError"]

PREFIX: Final = "INFRA_"
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123, a label
HOST: Final = re.compile(rf"(?:{NAME.pattern}\.)+{NAME.pattern}")
POD_LIMIT_MIB: Final = 1024  # infra/charts/porta/values.py
# What networks of pods are made of: RFC 1918, and RFC 6598, which some clouds take.
CLUSTER_NETWORKS: Final = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10"
PROFILES: Final[dict[str, dict[str, Any]]] = {
    # Fits four cores and 8 GiB, with what Kubernetes itself takes (tests/unit/infra/test_bounds).
    "minikube": {
        "exposure": "nodeport",
        "web_replicas": 1,
        "web_replicas_limit": 1,  # no autoscaling: a new minikube has no metrics server
        "runner_replicas": 1,
        "pod_cpu": "100m",
        "pod_memory": "256Mi",
        "max_workers": 2,
        "max_runs": 2,
        "scheduler_cores": 0.4,
        "worker_cores": 0.5,
        "worker_memory": "768Mi",
        "redis_memory": "512Mi",
        "redis_volume": "2Gi",
    },
    "production": {"exposure": "ingress"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How Porta is to stand on the cluster."""

    profile: str = "minikube"
    kubeconfig: str = "~/.kube/config"  # or several, as in KUBECONFIG
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
    pod_cpu: str = "250m"  # what web, runner, notebook and Redis ask for, each
    pod_memory: str = "512Mi"  # the same, but for Redis
    max_workers: int = 4
    max_runs: int = 4
    scheduler_cores: float = 0.5
    scheduler_memory: str = "1Gi"
    worker_cores: float = 1.0
    worker_memory: str = "1Gi"
    notebook: bool = True
    notebook_volume: str = "2Gi"
    redis_memory: str = "2Gi"
    redis_volume: str = "10Gi"
    redis_tls_secret: str = ""  # tls.crt, tls.key, ca.crt: connections to Redis are encrypted
    storage_class: str = ""
    application: tuple[tuple[str, str], ...] = ()  # more of docs/configuration.md's variables

    exposure: str = "none"  # none, nodeport or ingress
    node_port: int = 30080
    ingress_host: str = ""
    ingress_class: str = "nginx"
    ingress_namespace: str = "ingress-nginx"
    ingress_tls_secret: str = "porta-tls"  # noqa: S105 -- a Secret's name
    ingress_cluster_issuer: str = ""  # cert-manager's, which then makes that Secret
    monitoring_namespace: str = "monitoring"
    kubernetes_api_cidr: str = "0.0.0.0/0"

    auth: str = "none"  # none, token or header
    auth_header: str = "X-Forwarded-User"
    trusted_proxies: str = CLUSTER_NETWORKS  # with an Ingress: policies let only it through
    dashboard_url: str = ""

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
        self._check_names()
        self._check_sizes()
        self._check_numbers()

    def _check_names(self) -> None:
        for name in ("namespace", "gateway_namespace", "ingress_namespace", "monitoring_namespace"):
            if NAME.fullmatch(getattr(self, name)) is None:
                raise SettingsError(f"{name} must be a name such as Kubernetes takes.")
        if self.namespace == self.gateway_namespace:
            raise SettingsError("gateway_namespace must not be the namespace of the workloads.")
        if self.exposure == "ingress" and HOST.fullmatch(self.ingress_host) is None:
            raise SettingsError(
                "ingress_host must say under which name Porta is reached, as porta.example.com."
            )
        if self.backend == "s3" and self.backend_location.count("/") < 2:  # noqa: PLR2004 -- three parts
            raise SettingsError("backend_location must be region/bucket/prefix.")
        if self.backend == "http" and not self.backend_location.startswith(("http://", "https://")):
            raise SettingsError("backend_location must be the URL of the http backend.")
        try:
            ip_network(self.kubernetes_api_cidr)
        except ValueError:
            raise SettingsError(
                "kubernetes_api_cidr must be a network, as 10.0.0.0/16 or 10.1.2.3/32."
            ) from None

    def _check_sizes(self) -> None:
        for name, smallest in (
            ("pod_memory", "128Mi"),
            ("scheduler_memory", "256Mi"),
            ("worker_memory", "512Mi"),
            ("redis_memory", "128Mi"),
            ("redis_volume", "256Mi"),
            ("notebook_volume", "128Mi"),
        ):
            _check_size(name, getattr(self, name), mebibytes, smallest)
        _check_size("pod_cpu", self.pod_cpu, cores, "50m")
        if cores(self.pod_cpu) > 1 or mebibytes(self.pod_memory) > POD_LIMIT_MIB:
            raise SettingsError("pod_cpu and pod_memory must not be above 1 and 1Gi, their limits.")

    def _check_numbers(self) -> None:
        for name, low, high in (
            ("web_replicas", 1, 100),
            ("web_replicas_limit", 1, 100),
            ("runner_replicas", 1, 100),
            ("max_workers", 1, 1_000),
            ("max_runs", 1, 1_000),
            ("scheduler_cores", 0.1, 64),
            ("worker_cores", 0.1, 64),
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
        kubectls = {"kubeconfig": environ["KUBECONFIG"]} if environ.get("KUBECONFIG") else {}
        said = kubectls | read_file(own.pop("file", "")) | own
        profile = str(said.get("profile", cls.__dataclass_fields__["profile"].default))
        if profile not in PROFILES:
            raise SettingsError(f"profile must be one of {', '.join(PROFILES)}.")
        values = PROFILES[profile] | said
        known = {field.name: field.type for field in fields(cls)}
        if unknown := sorted(values.keys() - known.keys()):
            raise SettingsError(f"There is no setting {unknown[0]}; docs/deploy.md lists them.")
        taken: dict[str, Any] = {
            name: read(name, known[name], value) for name, value in values.items()
        }
        return cls(**taken)


def _check_size(name: str, said: str, number: Callable[[str], Fraction], smallest: str) -> None:
    try:
        enough = number(said) >= number(smallest)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    if not enough:
        raise SettingsError(f"{name} must be at least {smallest}.")
