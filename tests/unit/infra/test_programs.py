"""Running kubectl and Helm: on which cluster, and in which words one of them fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.programs import ClusterPrograms, ProgramError, expanded
from infra.settings import Settings
from tests.recording_programs import Programs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(tmp_path, monkeypatch, "kubectl", "helm")


def cluster(**environ: str) -> ClusterPrograms:
    return ClusterPrograms.of(Settings.load(environ))


def test_the_settings_name_the_cluster(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    there = cluster(KUBECONFIG="~/a:/b", INFRA_KUBE_CONTEXT="cloud")
    there.kubectl("get", "pods", text="a text")
    there.helm("list")
    got, listed = programs.calls()
    assert got.words == ["kubectl", "--context", "cloud", "get", "pods"]
    assert got.text == "a text"
    assert listed.words == ["helm", "list", "--kube-context", "cloud"]
    assert {call.environ["KUBECONFIG"] for call in (got, listed)} == {"/home/ada/a:/b"}


def test_a_kubeconfig_of_several_files_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert expanded("~/a:/b:") == "/home/ada/a:/b"


def test_what_a_program_prints_comes_back(programs: Programs) -> None:
    programs.answer("kubectl", "node/one\n")
    assert cluster().kubectl("get", "nodes", "-o", "name") == "node/one\n"


def test_a_refusal_is_the_last_line_that_was_printed(programs: Programs) -> None:
    programs.fail("kubectl", saying="more\nerror: no such host")
    there = cluster(INFRA_KUBE_CONTEXT="cloud")
    with pytest.raises(ProgramError, match=r"^kubectl get: error: no such host$"):
        there.kubectl("get", "pods")


def test_a_program_that_fails_without_a_word_is_told_by_its_exit_code(
    programs: Programs,
) -> None:
    programs.fail("helm")
    with pytest.raises(ProgramError, match=r"^helm list: it exited with 1\.$"):
        cluster().helm("list")


def test_a_program_that_does_not_end_is_given_up(programs: Programs) -> None:
    programs.hang("helm")
    with pytest.raises(ProgramError, match=r"^helm list did not end within 0\.5 s\.$"):
        cluster().helm("list", within_s=0.5)


@pytest.mark.parametrize("program", ["kubectl", "helm"])
def test_a_program_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramError, match=rf"^{program} is not installed, or not in PATH\.$"):
        getattr(cluster(), program)("version")
