"""Where the state is kept, and which cluster is meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.settings import Settings


def base(folder: Path, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 -- any setting
    from infra.main import synthesise

    written = synthesise(Settings(**settings), folder)
    told = (written / "stacks" / "infra-base" / "cdk.tf.json").read_text()
    return dict(json.loads(told))


@pytest.mark.parametrize(
    ("settings", "wanted"),
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
    tmp_path: Path, settings: dict[str, Any], wanted: dict[str, Any]
) -> None:
    assert base(tmp_path, **settings)["terraform"]["backend"] == wanted


def test_both_providers_read_all_files_of_the_kubeconfig(tmp_path: Path) -> None:
    told = base(tmp_path, kubeconfig="~/.kube/config:relative.yaml", kube_context="mine")
    reached = {
        "config_paths": ["~/.kube/config", str(Path("relative.yaml").absolute())],
        "config_context": "mine",
    }
    assert told["provider"]["kubernetes"] == [reached]
    assert told["provider"]["helm"] == [{"kubernetes": reached}]
