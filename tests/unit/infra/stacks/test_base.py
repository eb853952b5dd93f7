"""What infra-base has Terraform make."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from infra import naming


def resources(base: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return list(base["resource"][kind].values())


def release(base: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in resources(base, "helm_release") if one["name"] == name)
    return found


def values_of(base: dict[str, Any], name: str) -> dict[str, Any]:
    """A release's values, as Terraform reads their text."""
    text = release(base, name)["values"][0].replace("$${", "${").replace("%%{", "%{")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_workloads_are_restricted_and_the_gateway_is_baseline(base: dict[str, Any]) -> None:
    levels = {
        one["metadata"]["name"]: one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for one in resources(base, "kubernetes_namespace_v1")
    }
    assert levels == {"sedaro": "restricted", "sedaro-gateway": "baseline"}


@pytest.mark.parametrize("kind", ["kubernetes_resource_quota_v1", "kubernetes_limit_range_v1"])
def test_both_namespaces_are_bounded_before_anything_is_installed(
    base: dict[str, Any], kind: str
) -> None:
    bounds = base["resource"][kind]
    places = {one["metadata"]["namespace"] for one in bounds.values()}
    assert places == {"sedaro", "sedaro-gateway"}
    for one in resources(base, "helm_release"):
        assert {f"{kind}.{name}" for name in bounds} <= set(one["depends_on"])


def test_secrets_exist_before_the_releases_that_read_them(base: dict[str, Any]) -> None:
    secrets = {f"kubernetes_secret_v1.{name}" for name in base["resource"]["kubernetes_secret_v1"]}
    for one in resources(base, "helm_release"):
        assert secrets <= set(one["depends_on"])


def test_the_charts_come_at_fixed_versions(base: dict[str, Any]) -> None:
    assert {(one["chart"], one["version"]) for one in resources(base, "helm_release")} == {
        ("redis", "0.34.18"),
        ("dask-gateway", "2026.3.0"),
    }


def test_redis_keeps_results_and_evicts_what_can_be_computed_again(base: dict[str, Any]) -> None:
    third_party = values_of(base, "redis")
    lines = third_party["extraConfig"].splitlines()
    assert {"appendonly yes", "maxmemory-policy volatile-lru", "maxmemory 307mb"} <= set(lines)
    assert third_party["architecture"] == "standalone"
    assert third_party["persistence"]["enabled"]
    assert third_party["auth"]["acl"]["existingSecret"] == naming.REDIS_ACL_SECRET
    assert "password" not in third_party["auth"]


def test_the_gateway_is_not_exposed_and_its_values_hold_no_password(base: dict[str, Any]) -> None:
    third_party = values_of(base, "dask-gateway")
    assert third_party["traefik"]["service"]["type"] == "ClusterIP"
    assert third_party["gateway"]["auth"] == {"type": "simple"}
    assert third_party["gateway"]["backend"]["namespace"] == "sedaro"
    (password,) = (
        one for one in third_party["gateway"]["env"] if one["name"] == "DASK_GATEWAY_PASSWORD"
    )
    assert password["valueFrom"]["secretKeyRef"]["name"] == naming.GATEWAY_SECRET


def test_the_gateways_configuration_reaches_it_letter_by_letter(base: dict[str, Any]) -> None:
    from infra.charts import third_party

    source = values_of(base, "dask-gateway")["gateway"]["extraConfig"]["porta"]
    assert source == third_party.GATEWAY_CONFIG.read_text()
