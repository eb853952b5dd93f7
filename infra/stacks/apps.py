"""`infra-apps`: the application, installed by Porta's Helm chart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from infra._cdk import Construct, Release, TerraformStack
from infra.charts.porta import chart, values
from infra.constructs.provider import prepare

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["AppsStack"]

ID: Final = "infra-apps"


class AppsStack(TerraformStack):
    """Web, runner and notebook, and the policies for connections between them."""

    def __init__(self, scope: Construct, settings: Settings, *, output: Path) -> None:
        super().__init__(scope, ID)
        prepare(self, ID, settings)
        written = chart.write(output / "charts")
        Release(
            self,
            "Porta",
            name=chart.NAME,
            namespace=settings.namespace,
            # Relative to Terraform's working directory: the bytes don't depend on the machine.
            chart=Path(os.path.relpath(written, output / "stacks" / ID)).as_posix(),
            values=[yaml.safe_dump(values.of(settings))],
            max_history=5,
            timeout=600,
        )
