"""What kubectl and Helm are asked, through programs that write it down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.direct.stack import Release
from infra.direct.tools import Tools
from infra.settings import Settings
from tests.recording_programs import Programs

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = Release(
    name="redis",
    namespace="sedaro",
    chart="redis",
    repository="https://charts.example.com",
    version="1.2.3",
    values="a: 1\n",
    timeout_s=30,
    history=5,
)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(tmp_path, monkeypatch, "kubectl", "helm")


def tools() -> Tools:
    return Tools.of(Settings.load({}))


def said(programs: Programs) -> list[str]:
    return [" ".join(call.words) for call in programs.calls()]


def test_objects_are_applied_on_the_server_and_never_as_words(programs: Programs) -> None:
    objects: list[dict[str, Any]] = [{"kind": "Secret", "data": {"a": "cGFzc3dvcmQ="}}]
    tools().apply(objects)
    (call,) = programs.calls()
    assert said(programs) == [
        "kubectl apply --server-side --force-conflicts --field-manager porta -f -"
    ]
    assert call.objects == objects


def test_a_release_is_installed_or_upgraded_with_its_values(programs: Programs) -> None:
    tools().install(RELEASE)
    (call,) = programs.calls()
    (words,) = said(programs)
    assert words == (
        "helm upgrade --install redis redis --repo https://charts.example.com --version 1.2.3"
        " --namespace sedaro --values - --wait --timeout 30s --history-max 5"
    )
    assert call.text == "a: 1\n"


def test_a_release_is_removed_and_waited_for(programs: Programs) -> None:
    tools().uninstall(RELEASE)
    (words,) = said(programs)
    assert words.startswith("helm uninstall redis --namespace sedaro --ignore-not-found --wait ")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("", None),  # there is no such namespace
        ('{"metadata": {}}', {}),
        ('{"metadata": {"labels": {"a": "b"}}}', {"a": "b"}),
    ],
)
def test_the_labels_of_a_namespace_are_read_if_it_is_there(
    programs: Programs, answer: str, found: dict[str, str] | None
) -> None:
    programs.answer("kubectl", answer)
    assert tools().labels("sedaro") == found
    assert said(programs) == ["kubectl get namespace sedaro --ignore-not-found -o json"]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("", None),  # there is no such Secret
        ('{"metadata": {}}', ""),
        ('{"metadata": {"annotations": {"revision": "2"}}}', "2"),
    ],
)
def test_an_annotation_is_read_if_it_is_there(
    programs: Programs, answer: str, found: str | None
) -> None:
    programs.answer("kubectl", answer)
    assert tools().annotation("porta-redis", "sedaro", "revision") == found
