"""Everything that infra uses of cdktf; no other module imports it.

cdktf is archived. Its successor cdktn keeps the formats and the state and renames the imports, so
a move to it changes this module only: with cdktn 0.23, kubernetes 14 to 16 and helm 14
(tests/integration/infra/test_synthesis.py tries the newest of them). The bindings of kubernetes 17
and helm 15, for cdktn 0.24, want lists where these take one block.
"""

from __future__ import annotations

from cdktf import App, HttpBackend, LocalBackend, S3Backend, TerraformStack
from cdktf_cdktf_provider_helm.provider import HelmProvider, HelmProviderKubernetes
from cdktf_cdktf_provider_helm.release import Release
from cdktf_cdktf_provider_kubernetes.limit_range_v1 import (
    LimitRangeV1,
    LimitRangeV1Metadata,
    LimitRangeV1Spec,
    LimitRangeV1SpecLimit,
)
from cdktf_cdktf_provider_kubernetes.namespace_v1 import NamespaceV1, NamespaceV1Metadata
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider
from cdktf_cdktf_provider_kubernetes.resource_quota_v1 import (
    ResourceQuotaV1,
    ResourceQuotaV1Metadata,
    ResourceQuotaV1Spec,
)
from cdktf_cdktf_provider_kubernetes.secret_v1 import SecretV1, SecretV1Metadata
from constructs import Construct

__all__ = [
    "App",
    "Construct",
    "HelmProvider",
    "HelmProviderKubernetes",
    "HttpBackend",
    "KubernetesProvider",
    "LimitRangeV1",
    "LimitRangeV1Metadata",
    "LimitRangeV1Spec",
    "LimitRangeV1SpecLimit",
    "LocalBackend",
    "NamespaceV1",
    "NamespaceV1Metadata",
    "Release",
    "ResourceQuotaV1",
    "ResourceQuotaV1Metadata",
    "ResourceQuotaV1Spec",
    "S3Backend",
    "SecretV1",
    "SecretV1Metadata",
    "TerraformStack",
]
