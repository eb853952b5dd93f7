"""kubectl and Helm: what they are asked, through programs that write it down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.direct.stack import Release
from infra.direct.tools import ToolError, Tools
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


def tools(**environ: str) -> Tools:
    return Tools.of(Settings.load({"KUBECONFIG": "/a:/b", **environ}))


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


def test_the_settings_name_the_cluster(programs: Programs) -> None:
    there = tools(INFRA_KUBE_CONTEXT="cloud")
    there.delete_namespace("sedaro")
    there.uninstall(RELEASE)
    deleted, removed = said(programs)
    assert deleted.startswith("kubectl --context cloud delete namespace sedaro ")
    assert removed.startswith("helm uninstall redis --namespace sedaro ")
    assert removed.endswith(" --kube-context cloud")
    assert {call.environ["KUBECONFIG"] for call in programs.calls()} == {"/a:/b"}


def test_a_release_is_installed_or_upgraded_with_its_values(programs: Programs) -> None:
    tools().install(RELEASE)
    (call,) = programs.calls()
    (words,) = said(programs)
    assert words == (
        "helm upgrade --install redis redis --repo https://charts.example.com --version 1.2.3"
        " --namespace sedaro --values - --wait --timeout 30s --history-max 5"
    )
    assert call.text == "a: 1\n"


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


def test_a_refusal_is_the_last_line_that_was_printed(programs: Programs) -> None:
    programs.fail("helm", saying="more\nError: context deadline exceeded")
    with pytest.raises(ToolError, match=r"^helm upgrade: Error: context deadline exceeded$"):
        tools().install(RELEASE)


def test_a_program_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"^kubectl is not installed, or not in PATH\.$"):
        tools().apply([])
