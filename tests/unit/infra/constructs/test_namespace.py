"""Both namespaces: nothing in them is unbounded, and nothing comes before their bounds."""

from __future__ import annotations

from typing import Any

import pytest

from infra.constructs import resource_quota
from infra.settings import Settings

QUOTAS = {
    "sedaro": resource_quota.workloads(Settings.load({})),
    "sedaro-gateway": resource_quota.GATEWAY,
}


def of(base: dict[str, Any], kind: str, namespace: str) -> dict[str, Any]:
    (found,) = (
        resource
        for resource in base["resource"][kind].values()
        if resource["metadata"]["namespace"] == namespace
    )
    return dict(found)


@pytest.mark.parametrize("namespace", QUOTAS)
def test_the_quota_is_the_computed_one(base: dict[str, Any], namespace: str) -> None:
    quota = of(base, "kubernetes_resource_quota_v1", namespace)
    assert quota["spec"]["hard"] == QUOTAS[namespace]


@pytest.mark.parametrize("namespace", QUOTAS)
def test_a_container_without_limits_gets_some(base: dict[str, Any], namespace: str) -> None:
    (limit,) = of(base, "kubernetes_limit_range_v1", namespace)["spec"]["limit"]
    assert limit["type"] == "Container"
    assert limit["default"].keys() == limit["default_request"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("kind", ["kubernetes_resource_quota_v1", "kubernetes_limit_range_v1"])
def test_bounds_wait_for_their_own_namespace(base: dict[str, Any], kind: str) -> None:
    names = {
        resource["metadata"]["name"]: f"kubernetes_namespace_v1.{id_}"
        for id_, resource in base["resource"]["kubernetes_namespace_v1"].items()
    }
    for resource in base["resource"][kind].values():
        assert resource["depends_on"] == [names[resource["metadata"]["namespace"]]]


def test_the_level_of_pod_security_is_enforced_and_warned_about(base: dict[str, Any]) -> None:
    for resource in base["resource"]["kubernetes_namespace_v1"].values():
        labels = resource["metadata"]["labels"]
        level = labels["pod-security.kubernetes.io/enforce"]
        assert level in {"restricted", "baseline"}
        assert labels["pod-security.kubernetes.io/warn"] == level
