"""Volumes and their classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from infra.check import storage
from infra.settings import Settings
from tests.recorded_cluster import SETTINGS, changed, recorded

if TYPE_CHECKING:
    from infra.check.answers import Answers


def settings(**given: str) -> Settings:
    return Settings.load({f"INFRA_{name.upper()}": text for name, text in given.items()})


def empty() -> Answers:
    """A cluster before the first deployment."""
    return replace(recorded("healthy"), objects=[], releases=[], secrets={})


def not_default(one: dict[str, Any]) -> None:
    one["metadata"]["annotations"] = {}


def test_volumes_as_the_settings_have_them_are_not_found() -> None:
    assert list(storage.volumes(SETTINGS, recorded("healthy"))) == []
    assert list(storage.classes(SETTINGS, recorded("healthy"))) == []
    assert list(storage.classes(SETTINGS, empty())) == []


def test_a_cluster_without_a_default_class_is_found() -> None:
    (found,) = storage.classes(SETTINGS, changed(empty(), "StorageClass", "", not_default))
    assert found.sentence.startswith("No StorageClass is the default, so no volume can be made;")
    assert found.command.startswith("kubectl annotate storageclass ")
    assert found.command.endswith(" storageclass.kubernetes.io/is-default-class=true")


def test_a_cluster_without_any_class_is_found() -> None:
    (found,) = storage.classes(SETTINGS, replace(empty(), cluster=[]))
    assert "there is: none" in found.sentence


def test_a_class_that_the_settings_name_and_that_is_missing_is_found() -> None:
    (found,) = storage.classes(settings(storage_class="fast"), empty())
    assert found.sentence.startswith("There is no StorageClass fast, which storage_class names;")


def test_no_class_is_needed_when_the_volumes_are_bound() -> None:
    answers = changed(recorded("healthy"), "StorageClass", "", not_default)
    assert list(storage.classes(SETTINGS, answers)) == []


def test_a_volume_of_another_size_than_the_settings_is_found() -> None:
    (found,) = storage.volumes(settings(redis_volume="3Gi"), recorded("healthy"))
    assert found.sentence.startswith(
        "redis_volume is 3Gi, but the volume data-redis-0 was made with 2Gi, and that can't be"
        " changed in place. Set redis_volume back to 2Gi"
    )
    assert found.command.startswith("scripts/redis-backup > porta.rdb && cdktf destroy ")
    (found,) = storage.volumes(settings(notebook_volume="1Gi"), recorded("healthy"))
    assert found.sentence.startswith("notebook_volume is 1Gi")


def test_a_notebook_may_grow_where_its_class_lets_volumes_grow() -> None:
    grown = settings(notebook_volume="3Gi")
    answers = recorded("healthy")
    assert len(list(storage.volumes(grown, answers))) == 1
    answers = changed(
        answers, "StorageClass", "", lambda one: one.update(allowVolumeExpansion=True)
    )
    assert list(storage.volumes(grown, answers)) == []
    assert len(list(storage.volumes(settings(redis_volume="3Gi"), answers))) == 1


def test_another_class_than_the_volumes_have_is_found() -> None:
    found = list(storage.volumes(settings(storage_class="fast"), recorded("healthy")))
    assert [one.sentence.partition(",")[0] for one in found] == ["storage_class is fast"] * 2
