"""A namespace with its Pod Security level, quota, and defaults for containers without limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra import naming
from infra._cdk import (
    Construct,
    LimitRangeV1,
    LimitRangeV1Metadata,
    LimitRangeV1Spec,
    LimitRangeV1SpecLimit,
    NamespaceV1,
    NamespaceV1Metadata,
    ResourceQuotaV1,
    ResourceQuotaV1Metadata,
    ResourceQuotaV1Spec,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BoundedNamespace"]


class BoundedNamespace(Construct):
    """A namespace with a quota, and default limits for containers that set none.

    Everything else in the namespace must depend on `resources`.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, security: str, quota: Mapping[str, str]
    ) -> None:
        super().__init__(scope, id_)
        levels = {f"pod-security.kubernetes.io/{mode}": security for mode in ("enforce", "warn")}
        namespace = NamespaceV1(
            self,
            "Namespace",
            metadata=NamespaceV1Metadata(
                name=name, labels={naming.PART_OF[0]: naming.PART_OF[1], **levels}
            ),
        )
        bounds = ResourceQuotaV1(
            self,
            "Quota",
            metadata=ResourceQuotaV1Metadata(name="porta", namespace=name),
            spec=ResourceQuotaV1Spec(hard=dict(quota)),
            depends_on=[namespace],
        )
        defaults = LimitRangeV1(
            self,
            "Defaults",
            metadata=LimitRangeV1Metadata(name="porta", namespace=name),
            spec=LimitRangeV1Spec(
                limit=[
                    LimitRangeV1SpecLimit(
                        type="Container",
                        default={"cpu": "500m", "memory": "512Mi"},
                        default_request={"cpu": "100m", "memory": "128Mi"},
                    )
                ]
            ),
            depends_on=[namespace],
        )
        self.resources = [namespace, bounds, defaults]
