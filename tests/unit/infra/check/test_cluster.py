"""Asking a cluster: through a kubectl that answers as the real one does."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

import pytest

from infra.check import cluster
from infra.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

STORED = {
    "name": "porta",
    "version": 3,
    "info": {"status": "deployed", "description": "Upgrade complete"},
    "chart": {"metadata": {"version": "0.1.0"}},
    "config": {"image": {"tag": "0.1.0"}},
    "manifest": """---
kind: Service
metadata: {name: porta}
---
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: "porta:0.1.0"}]}}}
""",
}


def as_helm_stores_it(release: dict[str, object]) -> str:
    inner = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    return base64.b64encode(inner).decode()


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program of that name first in PATH."""
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_release_is_read_as_helm_stores_it() -> None:
    release = cluster.read_release(as_helm_stores_it(STORED), "sedaro")
    assert (release.name, release.namespace, release.revision) == ("porta", "sedaro", 3)
    assert (release.status, release.chart_version) == ("deployed", "0.1.0")
    assert release.values == {"image": {"tag": "0.1.0"}}
    assert release.images == {"Deployment/web/web": "porta:0.1.0"}


def test_a_release_without_values_of_its_own_has_none() -> None:
    stored = {**STORED, "config": None, "manifest": ""}
    release = cluster.read_release(as_helm_stores_it(stored), "sedaro")
    assert (release.values, release.images) == ({}, {})


def test_a_refusal_is_kubectls_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "echo more >&2; echo 'error: no such host' >&2; exit 1")
    with pytest.raises(cluster.ClusterError, match=r"^error: no such host$"):
        cluster.ask(Settings.load({}))


def test_a_cluster_that_does_not_answer_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, "exec sleep 60")
    with pytest.raises(cluster.ClusterError, match=r"^it did not answer within 0\.5 s\.$"):
        cluster.ask(Settings.load({}), deadline_s=0.5)


def test_a_machine_without_kubectl_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(cluster.ClusterError, match=r"^kubectl is not installed"):
        cluster.ask(Settings.load({}))


def test_the_settings_name_the_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, 'echo "$KUBECONFIG $*" >&2; exit 1')
    monkeypatch.setenv("HOME", "/home/ada")
    settings = Settings.load({"KUBECONFIG": "~/a:/b", "INFRA_KUBE_CONTEXT": "cloud"})
    with pytest.raises(cluster.ClusterError, match=r"^/home/ada/a:/b --context cloud "):
        cluster.ask(settings)


def test_the_values_of_secrets_are_not_asked_for() -> None:
    assert "$key}}" in cluster.KEYS
    assert "$_" in cluster.KEYS  # each value: named, never written
    assert cluster.KEYS.count("$_") == 1
