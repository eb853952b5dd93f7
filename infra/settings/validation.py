"""What the settings may be: each check raises a `SettingsError` that names the setting."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from infra import naming
from infra.settings.parsers import SettingsError
from infra.settings.profiles import PROFILES
from infra.settings.quantities import cores, mebibytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from infra.settings.settings import Settings

__all__ = ["validate"]

NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # a label of RFC 1123
LABEL: Final = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9._-]{1,63}=[A-Za-z0-9._-]{1,63}")
HOST: Final = re.compile(rf"(?:{NAME.pattern}\.)+{NAME.pattern}")
POD_LIMIT_CORES: Final = 1  # the runner's limits in infra/charts/porta/values.yaml
POD_LIMIT_MIB: Final = 1024
CHOICES: Final = {
    "profile": tuple(PROFILES),
    "exposure": ("none", "nodeport", "ingress"),
    "secrets": ("made", "existing"),
    "monitoring": ("annotations", "operator"),
    "backend": ("local", "s3", "http"),
    "auth": ("none", "token", "header"),
}
NAMESPACES: Final = ("namespace", "gateway_namespace", "ingress_namespace", "monitoring_namespace")
OWN_NAMESPACES: Final = ("namespace", "gateway_namespace")  # `destroy` deletes them
KUBERNETES_OWN: Final = re.compile(r"default|kube-.*")
# The variables of Porta that the chart gives its pods, and the setting that decides each.
DECIDED: Final = {
    "PORTA_AUTH": "auth",
    "PORTA_AUTH_HEADER": "auth_header",
    "PORTA_DASHBOARD_URL": "dashboard_url",
    "PORTA_EXPORT_CACHE": "export_cache",
    "PORTA_EXPORT_FOLDER": "export_cache",
    "PORTA_MAX_RUNS": "max_runs",
    "PORTA_MAX_WORKERS": "max_workers",
    "PORTA_REDIS_CA": "redis_tls_secret",
}
# Only with an Ingress; somebody's own proxy in front of the Service needs them in `application`.
DECIDED_BY_INGRESS: Final = {
    "PORTA_HTTPS": "exposure",
    "PORTA_TRUSTED_PROXIES": "trusted_proxies",
}
SECRET: Final = {
    "PORTA_SESSION_KEY": naming.SESSION_SECRET,
    "PORTA_TOKENS_FILE": naming.TOKENS_SECRET,
}
SMALLEST: Final = {
    "pod_memory": "128Mi",
    "scheduler_memory": "256Mi",
    "worker_memory": "512Mi",
    "redis_memory": "128Mi",
    "redis_volume": "256Mi",
    "notebook_volume": "128Mi",
}
SMALLEST_CPU: Final = "50m"
LABELS: Final = {
    "worker_nodes": "cloud.google.com/gke-spot=true",
    "monitoring_label": "release=kube-prometheus-stack",
}
RANGES: Final[dict[str, tuple[float, float]]] = {
    "web_replicas": (1, 100),
    "web_replicas_limit": (1, 100),
    "runner_replicas": (1, 100),
    "export_cache": (1, 2**20),
    "max_workers": (1, 1_000),
    "max_runs": (1, 1_000),
    "scheduler_cores": (0.1, 64),
    "worker_cores": (0.1, 64),
    "node_port": (30_000, 32_767),  # Kubernetes' default range
    "secrets_revision": (1, 10**6),
    "release_timeout": (30, 3_600),
}


def validate(settings: Settings) -> None:
    """Raise SettingsError for the first setting that is invalid."""
    for name, allowed in CHOICES.items():
        if getattr(settings, name) not in allowed:
            raise SettingsError(f"{name} must be one of {', '.join(allowed)}.")
    _check_namespaces(settings)
    _check_addresses(settings)
    _check_sizes(settings)
    _check_numbers(settings)
    for name, example in LABELS.items():
        label = getattr(settings, name)
        if label and LABEL.fullmatch(label) is None:
            raise SettingsError(f"{name} must be a label, such as {example}.")
    _check_access(settings)
    _check_application(settings)


def _check_namespaces(settings: Settings) -> None:
    for name in NAMESPACES:
        if NAME.fullmatch(getattr(settings, name)) is None:
            raise SettingsError(
                f"{name} must consist of lower-case letters, digits and inner hyphens."
            )
    for name in OWN_NAMESPACES:
        if KUBERNETES_OWN.fullmatch(getattr(settings, name)):
            raise SettingsError(
                f"{name} must be a namespace of Porta's own, which {getattr(settings, name)} is"
                " not: destroy deletes it."
            )
    if settings.namespace == settings.gateway_namespace:
        raise SettingsError("gateway_namespace must not be the namespace of the workloads.")


def _check_addresses(settings: Settings) -> None:
    if settings.exposure == "ingress" and HOST.fullmatch(settings.ingress_host) is None:
        raise SettingsError("ingress_host must be Porta's host name, such as porta.example.com.")
    location = settings.backend_location
    if settings.backend == "s3" and location.count("/") < 2:  # noqa: PLR2004 -- three parts
        raise SettingsError("backend_location must be region/bucket/prefix.")
    if settings.backend == "http" and not location.startswith(("http://", "https://")):
        raise SettingsError("backend_location must be the URL of the http backend.")
    try:
        ip_network(settings.kubernetes_api_cidr)
    except ValueError:
        raise SettingsError(
            "kubernetes_api_cidr must be a network, such as 10.0.0.0/16 or 10.1.2.3/32."
        ) from None


def _check_access(settings: Settings) -> None:
    if settings.auth == "header" and settings.exposure != "ingress":
        raise SettingsError(
            "auth: header needs exposure: ingress, because the web takes a user's name from no"
            " other proxy."
        )


def _check_application(settings: Settings) -> None:
    """Refuse the variables that the chart sets, and secrets: a ConfigMap would show them."""
    ingress = DECIDED_BY_INGRESS if settings.exposure == "ingress" else {}
    for variable, _ in settings.application:
        if setting := (DECIDED | ingress).get(variable):
            raise SettingsError(f"application must not have {variable}: {setting} sets it.")
        if secret := SECRET.get(variable):
            raise SettingsError(
                f"application must not have {variable}: it belongs to the Secret {secret}."
            )


def _check_sizes(settings: Settings) -> None:
    for name, smallest in SMALLEST.items():
        _check_size(name, getattr(settings, name), mebibytes, smallest)
    _check_size("pod_cpu", settings.pod_cpu, cores, SMALLEST_CPU)
    if cores(settings.pod_cpu) > POD_LIMIT_CORES or mebibytes(settings.pod_memory) > POD_LIMIT_MIB:
        raise SettingsError("pod_cpu and pod_memory must not exceed their limits, 1 and 1Gi.")


def _check_size(name: str, text: str, number: Callable[[str], Fraction], smallest: str) -> None:
    try:
        large_enough = number(text) >= number(smallest)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    if not large_enough:
        raise SettingsError(f"{name} must be at least {smallest}.")


def _check_numbers(settings: Settings) -> None:
    for name, (low, high) in RANGES.items():
        if not low <= getattr(settings, name) <= high:
            raise SettingsError(f"{name} must be from {low} to {high}.")
    if settings.web_replicas_limit < settings.web_replicas:
        raise SettingsError("web_replicas_limit must not be below web_replicas.")
