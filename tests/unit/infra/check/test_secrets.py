"""Secrets that are missing, and revisions that would go back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra import naming
from infra.check import secrets
from infra.settings import Settings
from tests.recorded_cluster import SETTINGS, changed, recorded


def test_nothing_is_missing_from_a_deployment() -> None:
    assert list(secrets.missing(SETTINGS, recorded("healthy"))) == []
    assert list(secrets.revision(SETTINGS, recorded("healthy"))) == []


def test_nothing_is_missing_before_the_first_deployment() -> None:
    answers = replace(recorded("healthy"), objects=[], releases=[], secrets={})
    assert list(secrets.missing(SETTINGS, answers)) == []


def test_a_secret_that_was_deleted_is_found_and_all_are_made_anew() -> None:
    (found,) = secrets.missing(SETTINGS, recorded("secret"))
    assert found.sentence.startswith(
        "The Secret porta-dask-gateway in sedaro is missing, or its key password."
    )
    assert "secrets_revision: 3" in found.sentence
    assert found.command == "INFRA_SECRETS_REVISION=3 cdktf deploy infra-base infra-apps"


def test_a_key_that_is_missing_is_found() -> None:
    answers = recorded("healthy")
    known = answers.secrets | {"sedaro/porta-redis": ["other"]}
    (found,) = secrets.missing(SETTINGS, replace(answers, secrets=known))
    assert "porta-redis" in found.sentence


@pytest.mark.parametrize(
    ("given", "name", "command"),
    [
        ({"AUTH": "token"}, naming.TOKENS_SECRET, "generic porta-tokens --from-file=tokens"),
        ({"REDIS_TLS_SECRET": "redis-tls"}, "redis-tls", "generic redis-tls --from-file=tls.crt"),
        (
            {"EXPOSURE": "ingress", "INGRESS_HOST": "porta.example.com"},
            "porta-tls",
            "tls porta-tls --cert=tls.crt",
        ),
    ],
)
def test_a_secret_that_an_engineer_creates_is_asked_for(
    given: dict[str, str], name: str, command: str
) -> None:
    settings = Settings.load({f"INFRA_{key}": text for key, text in given.items()})
    (found,) = secrets.missing(settings, recorded("healthy"))
    assert f"The Secret {name} in sedaro is missing" in found.sentence
    assert found.command.startswith(f"kubectl -n sedaro create secret {command}")


def test_with_existing_secrets_the_command_creates_the_one_that_is_missing() -> None:
    (found,) = secrets.missing(Settings.load({"INFRA_SECRETS": "existing"}), recorded("secret"))
    assert found.command == (
        "kubectl -n sedaro create secret generic porta-dask-gateway --from-file=password"
    )


def test_a_revision_below_the_deployed_one_is_found() -> None:
    def carry(one: dict[str, Any]) -> None:
        one["spec"]["template"]["metadata"]["annotations"][naming.SECRETS_REVISION] = "3"

    answers = changed(recorded("healthy"), "Deployment", "web", carry)
    (found,) = secrets.revision(SETTINGS, answers)
    assert found.sentence.startswith("secrets_revision is 2, but 3 is deployed: a deployment would")
    assert found.command.startswith("export INFRA_SECRETS_REVISION=3 ")
    assert list(secrets.revision(Settings.load({"INFRA_SECRETS": "existing"}), answers)) == []
