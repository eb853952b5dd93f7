"""Back up, destroy, deploy, restore: the way to change what can't be changed in place.

The new deployment fails at first, so this also shows that a first deployment can be repeated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from infra.settings.quantities import mebibytes, memory
from tests.cluster import commands
from tests.cluster.kube import PORTA
from tests.cluster.story import say
from tests.cluster.test_repairs import GIVEN_UP, MISSING
from tests.cluster.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from infra.settings import Settings
    from tests.cluster.deployment import Deployment
    from tests.cluster.site import Site

NOTEBOOK: Final = "deployment/notebook"
MINE: Final = "porta-cluster-test.ipynb"  # in the folder that JupyterLab shows
BACKUP_S: Final = 300.0
READY_S: Final = 120.0


def larger(settings: Settings) -> str:
    """Return a size of Redis' volume that is larger than the one in the settings."""
    return memory(mebibytes(settings.redis_volume) + 1024)


def _in(folder: Path, command: str) -> str:
    """Return the command with its file in a folder."""
    return re.sub(r"\b(porta\.rdb|notebooks\.tar)$", rf"'{folder}/\1'", command)


def test_what_cannot_be_changed_in_place_is_said(deployment: Deployment) -> None:
    size = larger(deployment.effective())
    report = deployment.check(INFRA_REDIS_VOLUME=size)
    sentence = rf"^redis_volume is {size}, but the volume data-redis-0"
    rebuild = report.command(sentence)
    assert commands.DESTROY in rebuild
    assert ("notebooks.tar" in rebuild) == deployment.effective().notebook


def test_a_first_deployment_that_failed_can_be_repeated(
    deployment: Deployment, site: Site, folder: Path
) -> None:
    backup = _in(folder, commands.BACKUP)
    deployment.shell.run(backup, within_s=BACKUP_S)
    if deployment.effective().notebook:
        deployment.kube.text("-n", PORTA, "exec", NOTEBOOK, "--", "touch", MINE)
        deployment.shell.run(_in(folder, commands.SAVE_NOTEBOOKS), within_s=BACKUP_S)
    deployment.destroy()
    deployment.settings["INFRA_REDIS_VOLUME"] = larger(deployment.effective())
    deployment.deploy_in_vain(**GIVEN_UP)
    report = deployment.check(**GIVEN_UP)
    assert report.command(rf"the image \S*porta:{MISSING} can't be pulled")
    deployment.deploy()
    until(site.is_ready, "/readyz says ok", within_s=READY_S)
    deployment.is_sound()


def test_a_backup_brings_the_results_back(deployment: Deployment, site: Site, folder: Path) -> None:
    restore = _in(folder, commands.RESTORE)
    deployment.shell.run(restore, within_s=BACKUP_S)
    until(site.is_ready, "/readyz says ok", within_s=READY_S)
    found = site.get("/api/v1/propagations/100000000").json()
    say(f"100,000,000 steps: {found['status']}")
    assert found["status"] == "complete"


def test_a_backup_brings_the_notebooks_back(deployment: Deployment, folder: Path) -> None:
    if not deployment.effective().notebook:
        pytest.skip("there is no notebook")
    deployment.shell.run(_in(folder, commands.BRING_NOTEBOOKS), within_s=BACKUP_S)
    listed = deployment.kube.text("-n", PORTA, "exec", NOTEBOOK, "--", "ls")
    assert MINE in listed.split()
