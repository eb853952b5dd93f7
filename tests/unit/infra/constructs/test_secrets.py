"""Secrets are generated, and only the cluster knows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from infra import naming

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def secrets(base: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    found = base["resource"]["kubernetes_secret_v1"].values()
    return {(one["metadata"]["namespace"], one["metadata"]["name"]): one for one in found}


def test_every_secret_is_ephemeral_and_write_only(
    base: dict[str, Any], secrets: dict[tuple[str, str], dict[str, Any]]
) -> None:
    for secret in secrets.values():
        assert not {"data", "binary_data", "data_wo_version"} & secret.keys()
        assert secret["data_wo_revision"] == 1
        for text in secret["data_wo"].values():
            assert "${ephemeral.random_password." in text
    assert "random_password" not in base["resource"]
    assert (
        base["terraform"]["required_version"] == ">= 1.11"
    )  # older versions know no write-only attributes


def test_every_secret_is_in_the_namespace_of_the_pods_that_read_it(
    secrets: dict[tuple[str, str], dict[str, Any]],
) -> None:
    assert {place: set(one["data_wo"]) for place, one in secrets.items()} == {
        ("sedaro", naming.REDIS_ACL_SECRET): {naming.REDIS_ACL_KEY},
        ("sedaro", naming.REDIS_URL_SECRET): {naming.REDIS_URL_KEY},
        ("sedaro", naming.GATEWAY_SECRET): {naming.GATEWAY_KEY},
        ("sedaro-gateway", naming.GATEWAY_SECRET): {naming.GATEWAY_KEY},
        ("sedaro", naming.NOTEBOOK_SECRET): {naming.NOTEBOOK_KEY},
        ("sedaro", naming.SESSION_SECRET): {naming.SESSION_KEY},
    }


def test_both_namespaces_hold_the_same_password_of_the_gateway(
    secrets: dict[tuple[str, str], dict[str, Any]],
) -> None:
    workloads, gateway = (
        secrets[space, naming.GATEWAY_SECRET]["data_wo"] for space in ("sedaro", "sedaro-gateway")
    )
    assert workloads == gateway


def test_redis_and_its_clients_have_the_same_password(
    secrets: dict[tuple[str, str], dict[str, Any]],
) -> None:
    users = secrets["sedaro", naming.REDIS_ACL_SECRET]["data_wo"][naming.REDIS_ACL_KEY]
    url = secrets["sedaro", naming.REDIS_URL_SECRET]["data_wo"][naming.REDIS_URL_KEY]
    (password,) = re.findall(r"^user porta on >(\$\{.*?\}) ", users, re.MULTILINE)
    assert url == f"redis://porta:{password}@redis.sedaro:6379/0"


def test_the_url_of_an_encrypted_redis_says_so(tmp_path: Path) -> None:
    from infra.main import synthesise
    from infra.settings import Settings

    written = synthesise(Settings.load({"INFRA_REDIS_TLS_SECRET": "redis-tls"}), tmp_path)
    assert "rediss://porta:" in (written / "stacks" / "infra-base" / "cdk.tf.json").read_text()


def test_no_password_is_used_for_two_things(base: dict[str, Any]) -> None:
    assert base["ephemeral"]["random_password"].keys() == {
        *("redis_administrator", "redis_porta", "gateway", "notebook", "session"),
    }


def test_existing_secrets_are_left_alone(tmp_path: Path) -> None:
    import json

    from infra.main import synthesise
    from infra.settings import Settings

    written = synthesise(Settings.load({"INFRA_SECRETS": "existing"}), tmp_path)
    found = json.loads((written / "stacks" / "infra-base" / "cdk.tf.json").read_text())
    assert "kubernetes_secret_v1" not in found["resource"]
    assert "ephemeral" not in found
