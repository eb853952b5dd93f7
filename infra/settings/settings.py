"""What a platform engineer may set: a profile, one optional file, the environment.

- Later sources override earlier ones: the defaults, the profile (`INFRA_PROFILE`), the YAML file
  that `INFRA_FILE` names, the environment (`INFRA_` and the field's name in capitals). The
  kubeconfig defaults to kubectl's: `KUBECONFIG`, else `~/.kube/config`.
- An unknown name and an invalid value are `SettingsError`s that name it.
- No field holds a secret: secrets are made in the cluster, or exist there and are named here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from infra.settings.parsers import SettingsError, read, read_file
from infra.settings.profiles import PROFILES
from infra.settings.validation import validate

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Settings"]

PREFIX: Final = "INFRA_"
# Where pods' addresses come from: RFC 1918, and RFC 6598, which some clouds use.
CLUSTER_NETWORKS: Final = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How Porta is installed on a cluster."""

    profile: str = "minikube"
    kubeconfig: str = "~/.kube/config"  # or several, as in KUBECONFIG
    kube_context: str = ""  # empty: the kubeconfig's current context
    namespace: str = "sedaro"
    gateway_namespace: str = "sedaro-gateway"

    image: str = "porta"
    notebook_image: str = "porta-notebook"
    image_tag: str = "0.1.0"
    image_pull_secret: str = ""
    registry: str = ""  # a mirror for the images of third-party charts
    redis_chart_repository: str = "oci://registry-1.docker.io/cloudpirates"
    gateway_chart_repository: str = "https://helm.dask.org"

    web_replicas: int = 2
    web_replicas_limit: int = 6
    runner_replicas: int = 2
    pod_cpu: str = "250m"  # the request of web, runner, notebook and Redis, each
    pod_memory: str = "512Mi"  # the same, except for Redis
    export_cache: int = 512  # MiB of each web pod's disk, for finished files (HEAD and Range)
    max_workers: int = 4
    max_runs: int = 4
    scheduler_cores: float = 0.5
    scheduler_memory: str = "1Gi"
    worker_cores: float = 1.0
    worker_memory: str = "1Gi"
    worker_nodes: str = ""  # a label of nodes, key=value: workers run on these only
    notebook: bool = True
    notebook_volume: str = "2Gi"
    redis_memory: str = "2Gi"
    redis_volume: str = "10Gi"
    redis_tls_secret: str = ""  # with tls.crt, tls.key, ca.crt: encrypts connections to Redis
    storage_class: str = ""
    application: tuple[tuple[str, str], ...] = ()  # more variables of docs/configuration.md

    exposure: str = "none"  # none, nodeport or ingress
    node_port: int = 30080
    ingress_host: str = ""
    ingress_class: str = "nginx"
    ingress_namespace: str = "ingress-nginx"
    ingress_tls_secret: str = "porta-tls"  # noqa: S105 -- a Secret's name
    ingress_cluster_issuer: str = ""  # of cert-manager, which then makes that Secret
    monitoring: str = "annotations"  # annotations, or operator: the Prometheus Operator's objects
    monitoring_label: str = ""  # with operator: key=value, by which its Prometheus selects them
    grafana_dashboard: bool = False  # a ConfigMap for Grafana's sidecar
    monitoring_namespace: str = "monitoring"
    kubernetes_api_cidr: str = "0.0.0.0/0"

    auth: str = "none"  # none, token or header
    auth_header: str = "X-Forwarded-User"
    trusted_proxies: str = CLUSTER_NETWORKS  # with an Ingress: policies admit nothing else
    dashboard_url: str = ""

    secrets: str = "made"  # made, or existing: the Secrets are in the cluster already
    secrets_revision: int = 1  # a higher number makes new passwords, and restarts what reads them
    release_timeout: int = 600  # seconds that a deployment waits for the pods of each release

    backend: str = "local"  # local, s3 or http
    backend_location: str = ""  # s3: region/bucket/prefix, http: the URL

    def __post_init__(self) -> None:
        """Raise SettingsError for an invalid value."""
        validate(self)

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Settings:
        """Put profile, file and environment together; raises `SettingsError`."""
        own = {
            name.removeprefix(PREFIX).lower(): text
            for name, text in environ.items()
            if name.startswith(PREFIX)
        }
        kubectls = {"kubeconfig": environ["KUBECONFIG"]} if environ.get("KUBECONFIG") else {}
        given = kubectls | read_file(own.pop("file", "")) | own
        profile = str(given.get("profile", cls.__dataclass_fields__["profile"].default))
        if profile not in PROFILES:
            raise SettingsError(f"profile must be one of {', '.join(PROFILES)}.")
        texts = PROFILES[profile] | given
        types = {field.name: field.type for field in fields(cls)}
        if unknown := sorted(texts.keys() - types.keys()):
            raise SettingsError(f"There is no setting {unknown[0]}; docs/deploy.md lists them.")
        values: dict[str, Any] = {
            name: read(name, types[name], text) for name, text in texts.items()
        }
        return cls(**values)
