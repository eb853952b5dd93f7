"""Helm releases: interrupted, failed, or different from the settings or from what is live."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from infra.check import releases
from infra.settings import Settings
from tests.recorded_cluster import SETTINGS, changed, recorded

if TYPE_CHECKING:
    from infra.check.answers import Answers, Release

RAISED = replace(SETTINGS, web_replicas_limit=3)


def with_revisions(name: str, *changes: dict[str, Any]) -> Answers:
    """Return the recorded answers, with further revisions of a release."""
    answers = recorded("healthy")
    (first,) = (one for one in answers.newest() if one.name == name)
    more: list[Release] = [
        replace(first, **{"revision": first.revision + place, **change})
        for place, change in enumerate(changes, 1)
    ]
    before = [
        replace(one, status="superseded") if one is first and more else one
        for one in answers.releases
    ]
    return replace(answers, releases=[*before, *more])


def test_a_healthy_deployment_has_nothing_to_be_found() -> None:
    answers = recorded("healthy")
    for check in (releases.states, releases.values, releases.images):
        assert list(check(SETTINGS, answers)) == []


def test_an_interrupted_upgrade_is_found_and_ended_by_a_rollback() -> None:
    (found,) = releases.states(SETTINGS, recorded("pending"))
    assert found.sentence.startswith(
        "The release porta in sedaro is pending-upgrade: a deployment was interrupted, or one is"
    )
    (deployed,) = (
        one
        for one in recorded("pending").releases
        if (one.name, one.status) == ("porta", "deployed")
    )
    assert found.command == f"helm -n sedaro rollback porta {deployed.revision}"


def test_an_interrupted_first_installation_is_ended_by_removing_it() -> None:
    answers = recorded("healthy")
    (first,) = (one for one in answers.newest() if one.name == "redis")
    alone = replace(answers, releases=[replace(first, revision=1, status="pending-install")])
    (found,) = releases.states(SETTINGS, alone)
    assert found.command == "helm -n sedaro uninstall redis"


def test_a_failed_deployment_is_found_and_repeated() -> None:
    answers = with_revisions("porta", {"status": "failed", "description": "Upgrade failed: slow."})
    (found,) = releases.states(SETTINGS, answers)
    assert found.sentence.startswith(
        "The last deployment of porta in sedaro failed (Upgrade failed: slow)."
    )
    assert found.command == "cdktf deploy infra-base infra-apps"


def test_values_that_the_settings_do_not_give_are_named() -> None:
    (found,) = releases.values(RAISED, recorded("healthy"))
    assert found.sentence.endswith(
        "other values than the settings give: web.autoscaling.enabled, web.autoscaling.limit."
    )
    assert found.command == "cdktf deploy infra-base infra-apps"


def test_a_revision_of_secrets_is_not_a_difference_of_values() -> None:
    assert list(releases.values(Settings.load({}), recorded("healthy"))) == []


def test_many_values_are_counted() -> None:
    settings = Settings.load({"INFRA_PROFILE": "production", "INFRA_INGRESS_HOST": "a.example"})
    sentences = [one.sentence for one in releases.values(settings, recorded("healthy"))]
    assert any(" more." in sentence for sentence in sentences)


def test_a_rollback_is_found_and_undone_by_helm() -> None:
    answers = with_revisions(
        "porta", {"status": "deployed", "description": "Rollback to 1", "values": {"image": {}}}
    )
    (found,) = releases.values(SETTINGS, answers)
    assert found.sentence.endswith("It was rolled back, which Terraform does not see.")
    before = max(one.revision for one in answers.newest() if one.name == "porta") - 1
    assert found.command == f"helm -n sedaro rollback porta {before}"


def test_an_image_that_was_changed_by_hand_is_found() -> None:
    def change(one: dict[str, Any]) -> None:
        one["spec"]["template"]["spec"]["containers"][0]["image"] = "porta:mine"

    (found,) = releases.images(SETTINGS, changed(recorded("healthy"), "Deployment", "web", change))
    assert found.sentence.startswith(
        "deployment/web in sedaro runs the image porta:mine, but porta:0.1.0 was deployed"
    )
    assert found.command.startswith("helm -n sedaro rollback porta ")


def test_a_workload_that_was_deleted_is_found() -> None:
    answers = recorded("healthy")
    kept = [one for one in answers.objects if one["metadata"]["name"] != "runner"]
    (found,) = releases.images(SETTINGS, replace(answers, objects=kept))
    assert found.sentence.startswith(
        "deployment/runner in sedaro was deleted after it was deployed"
    )


def test_a_value_of_null_is_one_that_is_not_given() -> None:
    assert releases.differences({"a": None, "b": {"c": 1}}, {"b": {"c": 1, "d": None}}) == []
    assert releases.differences({"a": {"b": 1}}, {"a": {"b": 2}, "c": [1]}) == ["a.b", "c"]
