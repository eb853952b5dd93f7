"""Both stacks, as Terraform reads them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from infra.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_second_synthesis_gives_the_same_bytes(synthesised: Path, tmp_path: Path) -> None:
    from infra.main import synthesise

    assert files(synthesise(Settings.load({}), tmp_path)) == files(synthesised)


def test_the_application_is_deployed_after_its_base(synthesised: Path) -> None:
    stacks = json.loads((synthesised / "manifest.json").read_text())["stacks"]
    assert stacks["infra-base"]["dependencies"] == []
    assert stacks["infra-apps"]["dependencies"] == ["infra-base"]


def test_no_token_passes_between_the_stacks(synthesised: Path) -> None:
    apps = (synthesised / "stacks" / "infra-apps" / "cdk.tf.json").read_text()
    assert "terraform_remote_state" not in apps
    assert "${" not in apps


def test_every_secret_is_ephemeral_and_write_only(base: dict[str, Any]) -> None:
    secrets = base["resource"]["kubernetes_secret_v1"].values()
    assert len(secrets) == 5
    for secret in secrets:
        assert not {"data", "binary_data"} & secret.keys()
        assert secret["data_wo_revision"] == 1
        for text in secret["data_wo"].values():
            assert "${ephemeral.random_password." in text
    assert "random_password" not in base["resource"]


def test_both_namespaces_hold_the_same_password_of_the_gateway(base: dict[str, Any]) -> None:
    found = {
        secret["metadata"]["namespace"]: secret["data_wo"]
        for secret in base["resource"]["kubernetes_secret_v1"].values()
        if secret["metadata"]["name"] == "porta-dask-gateway"
    }
    assert found["sedaro"] == found["sedaro-gateway"]


def test_workloads_are_restricted_and_the_gateway_is_baseline(base: dict[str, Any]) -> None:
    levels = {
        one["metadata"]["name"]: one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for one in base["resource"]["kubernetes_namespace_v1"].values()
    }
    assert levels == {"sedaro": "restricted", "sedaro-gateway": "baseline"}


def test_both_namespaces_are_bounded(base: dict[str, Any]) -> None:
    for kind in ("kubernetes_resource_quota_v1", "kubernetes_limit_range_v1"):
        places = {one["metadata"]["namespace"] for one in base["resource"][kind].values()}
        assert places == {"sedaro", "sedaro-gateway"}


def test_the_charts_come_at_fixed_versions(base: dict[str, Any]) -> None:
    releases = base["resource"]["helm_release"].values()
    assert {(one["chart"], one["version"]) for one in releases} == {
        ("redis", "0.34.18"),
        ("dask-gateway", "2026.3.0"),
    }


def test_the_gateway_is_not_exposed_and_its_values_hold_no_password(base: dict[str, Any]) -> None:
    (release,) = (
        one for one in base["resource"]["helm_release"].values() if one["name"] == "dask-gateway"
    )
    values = yaml.safe_load(release["values"][0].replace("$${", "${"))
    assert values["traefik"]["service"]["type"] == "ClusterIP"
    assert values["gateway"]["auth"] == {"type": "simple"}
    assert values["gateway"]["backend"]["namespace"] == "sedaro"


def test_what_is_synthesised_holds_nothing_of_this_machine(synthesised: Path) -> None:
    for name, content in files(synthesised).items():
        assert str(synthesised).encode() not in content, name
        assert not re.search(rb"/(?:home|root|work)/[a-z]+/", content), name
