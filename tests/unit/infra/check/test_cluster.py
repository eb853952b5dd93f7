"""Asking a cluster: what Helm stores there, and a kubectl that does not answer."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

import pytest

from infra.check import cluster
from infra.programs import ProgramError
from infra.settings import Settings
from tests.recording_programs import Programs

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


def test_a_cluster_that_does_not_answer_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Programs(tmp_path, monkeypatch, "kubectl").hang("kubectl")
    with pytest.raises(ProgramError, match=r"^kubectl version did not end within 0\.5 s\.$"):
        cluster.ask(Settings.load({}), deadline_s=0.5)


def test_the_values_of_secrets_are_not_asked_for() -> None:
    assert "$key}}" in cluster.KEYS
    assert "$_" in cluster.KEYS  # each value: named, never written
    assert cluster.KEYS.count("$_") == 1
