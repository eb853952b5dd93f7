"""How releases are installed, so that a deployment that failed can be repeated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.main import synthesise
from infra.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def releases(folder: Path) -> list[dict[str, Any]]:
    """The releases of both stacks, as Terraform reads them."""
    stacks = [json.loads(file.read_text()) for file in sorted(folder.glob("stacks/*/cdk.tf.json"))]
    return [one for stack in stacks for one in stack["resource"]["helm_release"].values()]


def test_each_can_be_installed_again_after_a_first_installation_that_failed(
    synthesised: Path,
) -> None:
    found = releases(synthesised)
    assert sorted(one["name"] for one in found) == ["dask-gateway", "porta", "redis"]
    assert all(one["upgrade_install"] is True for one in found)


@pytest.mark.usefixtures("synthesised")  # skips where cdktf has no Node.js
def test_a_setting_says_how_long_a_deployment_waits(tmp_path: Path) -> None:
    folder = synthesise(Settings.load({"INFRA_RELEASE_TIMEOUT": "90"}), tmp_path)
    assert [one["timeout"] for one in releases(folder)] == [90, 90, 90]
