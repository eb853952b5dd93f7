"""The synthesised stacks, read for kubectl and Helm."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml

from infra import naming, redis_users
from infra.charts import third_party
from infra.charts.porta import values
from infra.constructs import resource_quota
from infra.direct.stack import Release, StackError, read
from infra.settings import Settings
from tests.kubernetes import VERSIONS

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings.load({})
PASSWORDS = {
    name: name.upper().replace("_", "")
    for name in ("redis_administrator", "redis_porta", "gateway", "notebook", "session")
}


def release(synthesised: Path, stack: str, name: str) -> Release:
    (found,) = (one for one in read(synthesised, stack).releases if one.name == name)
    return found


def test_the_objects_are_valid_in_every_version(synthesised: Path) -> None:
    stack = read(synthesised, "infra-base")
    secrets = [one.manifest(PASSWORDS) for one in stack.secrets]
    made = [*stack.namespaces, *stack.bounds, *secrets]
    assert {one["kind"] for one in made} == {"Namespace", "ResourceQuota", "LimitRange", "Secret"}
    for one in made:
        for version in VERSIONS:
            kubernetes_validate.validate(one, version, strict=True)


def test_both_namespaces_are_made_with_their_bounds(synthesised: Path) -> None:
    stack = read(synthesised, "infra-base")
    names = [one["metadata"]["name"] for one in stack.namespaces]
    assert names == ["sedaro-gateway", "sedaro"]
    levels = {
        one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] for one in stack.namespaces
    }
    assert levels == {"restricted", "baseline"}
    quotas = {
        one["metadata"]["namespace"]: one["spec"]["hard"]
        for one in stack.bounds
        if one["kind"] == "ResourceQuota"
    }
    assert quotas["sedaro"] == resource_quota.workloads(SETTINGS)
    assert quotas["sedaro-gateway"] == resource_quota.GATEWAY


def test_releases_get_the_values_of_the_settings(synthesised: Path) -> None:
    for stack, name, wanted in (
        ("infra-base", naming.REDIS_RELEASE, third_party.redis(SETTINGS)),
        ("infra-base", naming.GATEWAY_RELEASE, third_party.gateway(SETTINGS)),
        ("infra-apps", "porta", values.of(SETTINGS)),
    ):
        assert yaml.safe_load(release(synthesised, stack, name).values) == wanted


def test_a_chart_comes_from_a_folder_a_repository_or_a_registry(synthesised: Path) -> None:
    own = release(synthesised, "infra-apps", "porta")
    assert own.chart.startswith(str(synthesised.resolve()))
    assert (own.repository, own.version) == ("", "")
    gateway = release(synthesised, "infra-base", "dask-gateway")
    assert (gateway.chart, gateway.repository) == ("dask-gateway", "https://helm.dask.org")
    redis = release(synthesised, "infra-base", "redis")
    assert redis.chart == "oci://registry-1.docker.io/cloudpirates/redis"
    assert redis.repository == ""
    assert redis.version
    assert (redis.timeout_s, redis.history) == (SETTINGS.release_timeout, 5)


def test_secrets_hold_the_passwords_that_are_made_for_them(synthesised: Path) -> None:
    stack = read(synthesised, "infra-base")
    assert set(stack.passwords) == set(PASSWORDS)
    assert set(stack.passwords.values()) == {40}
    found = {
        (one.namespace, one.name): {
            key: b64decode(text).decode() for key, text in one.manifest(PASSWORDS)["data"].items()
        }
        for one in stack.secrets
    }
    assert found == {
        ("sedaro", "redis-users"): {
            "users.acl": redis_users.acl(administrator="REDISADMINISTRATOR", porta="REDISPORTA")
        },
        ("sedaro", "porta-redis"): {"url": "redis://porta:REDISPORTA@redis.sedaro:6379/0"},
        ("sedaro", "porta-dask-gateway"): {"password": "GATEWAY"},
        ("sedaro-gateway", "porta-dask-gateway"): {"password": "GATEWAY"},
        ("sedaro", "porta-notebook"): {"token": "NOTEBOOK"},
        ("sedaro", "porta-session"): {"key": "SESSION"},
    }


def test_secrets_carry_their_revision(synthesised: Path) -> None:
    for one in read(synthesised, "infra-base").secrets:
        annotations = one.manifest(PASSWORDS)["metadata"]["annotations"]
        assert annotations == {naming.SECRETS_REVISION: "1"}


def written(folder: Path, resource: dict[str, Any]) -> Path:
    stack = folder / "stacks" / "one"
    stack.mkdir(parents=True)
    (stack / "cdk.tf.json").write_text(json.dumps({"resource": resource}))
    return folder


def test_what_only_terraform_can_make_is_not_left_out(tmp_path: Path) -> None:
    output = written(tmp_path, {"aws_vpc": {"Network": {}}})
    with pytest.raises(StackError, match=r"^The stack one has a aws_vpc, which only"):
        read(output, "one")


def test_a_stack_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"^There is no stack moon; there are infra-base and"):
        read(tmp_path, "moon")


def test_braces_in_values_are_helms_again(tmp_path: Path) -> None:
    resource = {
        "name": "a",
        "namespace": "b",
        "chart": "c",
        "values": ["x: $${y} %%{z}\n"],
        "timeout": 5,
        "max_history": 1,
    }
    (found,) = read(written(tmp_path, {"helm_release": {"A": resource}}), "one").releases
    assert found.values == "x: ${y} %{z}\n"
