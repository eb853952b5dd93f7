"""Where the state is kept, and which cluster is meant, of a stack that holds nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.settings import Settings


def prepared(folder: Path, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 -- any setting
    if shutil.which("node") is None:
        pytest.skip("cdktf runs on Node.js, which is not here")
    from infra._cdk import App, TerraformStack
    from infra.constructs.provider import prepare

    app = App(outdir=str(folder))
    prepare(TerraformStack(app, "infra-base"), "infra-base", Settings(**settings))
    app.synth()
    return dict(json.loads((folder / "stacks" / "infra-base" / "cdk.tf.json").read_text()))


@pytest.mark.parametrize(
    ("settings", "backend"),
    [
        ({}, {"local": {"path": "../../../terraform.infra-base.tfstate"}}),
        (
            {"backend": "s3", "backend_location": "eu-west-1/bucket/a/prefix"},
            {
                "s3": {
                    "region": "eu-west-1",
                    "bucket": "bucket",
                    "key": "a/prefix/infra-base.tfstate",
                    "encrypt": True,
                    "use_lockfile": True,
                }
            },
        ),
        (
            {"backend": "http", "backend_location": "https://state.example.com/porta"},
            {"http": {"address": "https://state.example.com/porta/infra-base"}},
        ),
    ],
)
def test_the_state_is_where_the_settings_say(
    tmp_path: Path, settings: dict[str, Any], backend: dict[str, Any]
) -> None:
    assert prepared(tmp_path, **settings)["terraform"]["backend"] == backend


def test_both_providers_read_all_files_of_the_kubeconfig(tmp_path: Path) -> None:
    found = prepared(tmp_path, kubeconfig="~/.kube/config:relative.yaml", kube_context="mine")
    reached = {
        "config_paths": ["~/.kube/config", str(Path("relative.yaml").absolute())],
        "config_context": "mine",
    }
    assert found["provider"]["kubernetes"] == [reached]
    assert found["provider"]["helm"] == [{"kubernetes": reached}]
