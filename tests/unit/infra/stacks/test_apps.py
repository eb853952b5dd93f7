"""What infra-apps has Terraform make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from infra.charts.porta import chart, values
from infra.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def release(synthesised: Path) -> dict[str, Any]:
    stack = json.loads((synthesised / "stacks" / "infra-apps" / "cdk.tf.json").read_text())
    ((found,),) = (kind.values() for kind in stack["resource"].values())
    return dict(found)


def test_the_release_is_of_the_chart_that_was_written(
    synthesised: Path, release: dict[str, Any]
) -> None:
    found = (synthesised / "stacks" / "infra-apps" / release["chart"]).resolve()
    written = {str(path.relative_to(found)) for path in found.rglob("*") if path.is_file()}
    assert written == chart.files().keys()


def test_its_values_are_those_of_the_settings(release: dict[str, Any]) -> None:
    assert yaml.safe_load(release["values"][0]) == values.of(Settings.load({}))
    assert release["namespace"] == "sedaro"
