"""`infra-apps`: the application, installed by Porta's Helm chart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra._cdk import Construct, TerraformStack
from infra.charts.porta import chart, values
from infra.constructs.provider import prepare
from infra.constructs.release import install

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
        install(
            self,
            "Porta",
            settings=settings,
            values=values.of(settings),
            name=chart.NAME,
            namespace=settings.namespace,
            # Relative to Terraform's working directory: the bytes don't depend on the machine.
            chart=Path(os.path.relpath(written, output / "stacks" / ID)).as_posix(),
        )
