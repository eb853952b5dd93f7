"""The command: its exit code, and what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra.check import command, nodes
from infra.settings import Settings
from tests.recorded_cluster import SETTINGS, recorded


def run(path: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.check"],
        env=os.environ | {"PATH": path, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_healthy_deployment_has_no_findings() -> None:
    answers = recorded("healthy")
    assert command.findings(SETTINGS, answers) == []
    printed = command.report(SETTINGS, answers, [], {})
    assert printed.startswith("Kubernetes v1.36.3; releases: ")
    assert printed.endswith("\nNothing is wrong.\n")


def test_a_cluster_before_the_first_deployment_has_no_findings() -> None:
    before = replace(recorded("healthy"), objects=[], releases=[], secrets={}, redis_bytes=None)
    assert command.findings(SETTINGS, before) == []
    assert "releases: none yet" in command.report(SETTINGS, before, [], {})


@pytest.mark.parametrize("name", ["image", "secret", "pending", "crash", "starting", "quota"])
def test_every_trouble_that_was_recorded_is_found_with_a_command(name: str) -> None:
    answers = recorded(name)
    found = command.findings(SETTINGS, answers)
    assert found
    printed = command.report(SETTINGS, answers, found, {})
    for number, one in enumerate(found, 1):
        assert one.sentence.endswith((".", ")"))
        assert f"\n{number}. {one.sentence}\n   $ {one.command}\n" in printed


def test_the_context_is_printed() -> None:
    settings = Settings.load({"INFRA_KUBE_CONTEXT": "cloud"})
    assert ", context cloud;" in command.report(settings, recorded("healthy"), [], {})


def test_the_commands_are_for_the_cluster_that_was_asked() -> None:
    settings = Settings.load({"INFRA_KUBE_CONTEXT": "cloud", "INFRA_REDIS_VOLUME": "3Gi"})
    answers = recorded("healthy")
    printed = command.report(settings, answers, command.findings(settings, answers), {})
    assert " NAMESPACE=sedaro CONTEXT=cloud scripts/redis-backup > porta.rdb && kubectl" in printed
    assert " && NAMESPACE=sedaro CONTEXT=cloud scripts/redis-restore < porta.rdb && " in printed
    assert " && kubectl --context cloud -n sedaro exec deployment/notebook -- tar " in printed
    assert "export KUBECONFIG" not in printed


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("helm -n a rollback b 3", "helm --kube-context my=cloud -n a rollback b 3"),
        ("cdktf deploy a && kubectl get b", "cdktf deploy a && kubectl --context my=cloud get b"),
        ("kubectl get b | grep helm", "kubectl --context my=cloud get b | grep helm"),
        ("cdktf deploy a", "cdktf deploy a"),
        ("docker push r/kubectl:1", "docker push r/kubectl:1"),
    ],
)
def test_kubectl_and_helm_are_told_the_context(said: str, meant: str) -> None:
    there = Settings.load({"INFRA_KUBE_CONTEXT": "my=cloud"})
    assert command.on_cluster(there, said) == meant
    assert command.on_cluster(Settings.load({}), said) == said


def test_a_kubeconfig_that_is_not_kubectls_is_said_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    answers = recorded("image")
    found = command.findings(SETTINGS, answers)
    own = Settings.load({"INFRA_KUBECONFIG": "~/a b:/c"})
    line = "   $ export KUBECONFIG='/home/ada/a b:/c'\n"
    printed = command.report(own, answers, found, {})
    assert line in printed
    assert printed.index(line) < printed.index("\n1. ")
    assert line not in command.report(own, answers, found, {"KUBECONFIG": "/home/ada/a b:/c"})
    assert line not in command.report(own, answers, [], {})
    default = Settings.load({})
    assert "KUBECONFIG" not in command.report(default, answers, found, {})
    assert "KUBECONFIG=/home/ada/.kube/" in command.report(
        default, answers, found, {"KUBECONFIG": "x"}
    )


def test_every_check_is_a_check_of_the_command() -> None:
    folder = Path(command.__file__).parent
    modules = {check.__module__.rpartition(".")[2] for check in command.CHECKS}
    others = {"answers", "cluster", "command", "fitting", "quantity"}
    assert modules | others == {path.stem for path in folder.glob("[a-z]*.py")}


def test_an_invalid_setting_ends_the_command_with_2() -> None:
    done = run(os.environ["PATH"], INFRA_PROFILE="moon")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "infra: profile must be one of minikube, production.\n"


def test_a_cluster_that_cannot_be_asked_ends_the_command_with_2(tmp_path: Path) -> None:
    done = run(str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == "infra: the cluster can't be asked: kubectl is not installed, or not in PATH.\n"
    )


def test_the_document_says_what_the_command_finds_and_how_it_exits() -> None:
    document = (Path(__file__).parents[4] / "docs" / "deploy.md").read_text()
    text = " ".join(document.split())
    assert ".venv/bin/python -m infra.check" in document
    assert "exits with 0 if nothing is wrong, with 1 if something is, and with 2 if" in text
    oldest = ".".join(map(str, nodes.OLDEST))
    assert f"Kubernetes {oldest} or newer" in text
    assert f"a Kubernetes older than {oldest}" in text
