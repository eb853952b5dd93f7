"""Volumes and their classes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from infra.check import storage
from infra.settings import Settings
from tests.recorded_cluster import SETTINGS, changed, recorded
from tests.recording_programs import Programs

if TYPE_CHECKING:
    from infra.check.answers import Answers

SCRIPTS: Final = Path(__file__).parents[4] / "scripts"


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
    assert found.command.startswith("kubectl annotate --overwrite storageclass ")
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
    (found,) = storage.volumes(settings(notebook_volume="1Gi"), recorded("healthy"))
    assert found.sentence.startswith("notebook_volume is 1Gi")


def test_volumes_are_made_anew_with_what_is_in_them() -> None:
    larger = {"redis_volume": "3Gi", "namespace": "sedaro"}
    (found,) = storage.volumes(settings(**larger), recorded("healthy"))
    assert found.command.split(" && ") == [
        "NAMESPACE=sedaro scripts/redis-backup > porta.rdb",
        f"kubectl -n sedaro {storage.SAVE_NOTEBOOKS}",
        "cdktf destroy infra-apps infra-base",
        "cdktf deploy infra-base infra-apps",
        "NAMESPACE=sedaro scripts/redis-restore < porta.rdb",
        f"kubectl -n sedaro {storage.BRING_NOTEBOOKS}",
    ]
    other = {"redis_volume": "3Gi", "namespace": "other", "notebook": "false"}
    (found,) = storage.volumes(settings(**other), recorded("healthy"))
    assert found.command.startswith("NAMESPACE=other scripts/redis-backup > porta.rdb && cdktf")
    assert "notebook" not in found.command


def test_the_document_copies_the_notebooks_as_the_check_does() -> None:
    document = (SCRIPTS.parent / "docs" / "deploy.md").read_text("utf-8")
    for command in (storage.SAVE_NOTEBOOKS, storage.BRING_NOTEBOOKS):
        assert f"\nkubectl -n sedaro {command}\n" in document


def test_notebooks_are_copied_from_one_volume_to_another(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "lost+found").mkdir(parents=True)
    (old / "mine").mkdir()
    (old / "mine" / "a.ipynb").write_text("{}")
    (old / ".hidden").write_text("")
    new.mkdir()

    def run(command: str, work: Path) -> None:
        words = command.partition(" -- ")[2].replace("/work", str(work))
        subprocess.run(["sh", "-euc", words], cwd=tmp_path, check=True)  # noqa: S603, S607 -- tar

    run(storage.SAVE_NOTEBOOKS, old)
    run(storage.BRING_NOTEBOOKS, new)
    found = {one.relative_to(new).as_posix() for one in new.rglob("*")}
    assert found == {"mine", "mine/a.ipynb", ".hidden"}


@pytest.mark.parametrize("script", ["redis-backup", "redis-restore"])
def test_the_scripts_take_a_namespace_and_a_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    programs = Programs(tmp_path, monkeypatch, "kubectl")
    monkeypatch.setenv("NAMESPACE", "other")
    for context in ("there", ""):
        monkeypatch.setenv("CONTEXT", context)
        subprocess.run([SCRIPTS / script], input=b"REDIS", capture_output=True, check=True)  # noqa: S603 -- our own script
    said = [call.words[1:] for call in programs.calls()]
    half = len(said) // 2
    assert all(words[:4] == ["--context", "there", "-n", "other"] for words in said[:half])
    assert all(words[:2] == ["-n", "other"] for words in said[half:])


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
