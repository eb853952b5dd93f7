"""`infra-base`: namespaces with quotas, Secrets, Redis, the Dask Gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra import naming
from infra._cdk import Construct, TerraformStack
from infra.charts import third_party
from infra.constructs import resource_quota
from infra.constructs.namespace import BoundedNamespace
from infra.constructs.provider import prepare
from infra.constructs.release import install
from infra.constructs.secrets import GeneratedSecrets

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["BaseStack"]

ID: Final = "infra-base"
REDIS_CHART: Final = "0.34.18"
GATEWAY_CHART: Final = "2026.3.0"


class BaseStack(TerraformStack):
    """Everything that the application needs before it is installed."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, ID)
        prepare(self, ID, settings)
        workloads = BoundedNamespace(
            self,
            "Workloads",
            name=settings.namespace,
            security="restricted",
            quota=resource_quota.workloads(settings),
        )
        # The Gateway's chart sets no security contexts: `restricted` would refuse its pods.
        gateway = BoundedNamespace(
            self,
            "Gateway",
            name=settings.gateway_namespace,
            security="baseline",
            quota=resource_quota.GATEWAY,
        )
        after: list[Any] = [*workloads.resources, *gateway.resources]
        if settings.secrets == "made":
            after += GeneratedSecrets(self, "Secrets", settings=settings, after=after).secrets
        self._install_redis(settings, after)
        self._install_gateway(settings, after)

    def _install_redis(self, settings: Settings, after: list[Any]) -> None:
        install(
            self,
            "Redis",
            settings=settings,
            values=third_party.redis(settings),
            name=naming.REDIS_RELEASE,
            namespace=settings.namespace,
            repository=settings.redis_chart_repository,
            chart="redis",
            version=REDIS_CHART,
            depends_on=after,
        )

    def _install_gateway(self, settings: Settings, after: list[Any]) -> None:
        install(
            self,
            "DaskGateway",
            settings=settings,
            values=third_party.gateway(settings),
            name=naming.GATEWAY_RELEASE,
            namespace=settings.gateway_namespace,
            repository=settings.gateway_chart_repository,
            chart="dask-gateway",
            version=GATEWAY_CHART,
            depends_on=after,
        )
