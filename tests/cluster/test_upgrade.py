"""Another image, while people read and a run is under way; and back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from infra.check.command import on_cluster
from tests.cluster import commands
from tests.cluster.kube import PORTA
from tests.cluster.load import PATHS, Readers
from tests.cluster.story import say
from tests.cluster.waiting import until

if TYPE_CHECKING:
    from tests.cluster.deployment import Deployment
    from tests.cluster.kube import Kube
    from tests.cluster.site import Site

LOAD_S = 900.0
LONG = {"steps": 100_000, "members": 20_000, "seed": 11}  # still under way when all pods are new


@pytest.fixture(scope="module")
def other_tag(deployment: Deployment) -> str:
    """The tag of another image on the nodes: UPGRADE_TAG, else the same image under a new tag."""
    if tag := deployment.shell.environ.get("UPGRADE_TAG"):
        return tag
    settings = deployment.effective()
    tag = f"{settings.image_tag}-next"
    docker = os.environ.get("DOCKER", "docker")
    for name in ("porta", "porta-notebook"):
        deployment.shell.run(f"{docker} tag {name}:{settings.image_tag} {name}:{tag}")
    deployment.shell.run(f"{commands.LOAD} TAG={tag}", within_s=LOAD_S)
    return tag


def images(kube: Kube, component: str) -> set[str]:
    return {one["spec"]["containers"][0]["image"] for one in kube.pods(PORTA, component)}


def test_an_upgrade_fails_no_request_and_loses_no_run(
    deployment: Deployment, site: Site, kube: Kube, other_tag: str
) -> None:
    if not site.lasts:
        pytest.skip("no address outlasts a pod: say in PAGE_URL where the web is reached")
    site.ask(steps=500)
    run = site.ask(**LONG)
    until(lambda: site.look(run)["progress"]["done"], "it has members", within_s=300.0)
    upgrade = commands.UPGRADE.replace("INFRA_IMAGE_TAG=0.2.0 ", "")
    with Readers(site) as readers:
        deployment.deploy(upgrade, INFRA_IMAGE_TAG=other_tag)
    deployment.settings["INFRA_IMAGE_TAG"] = other_tag
    say(f"answered meanwhile: {sum(readers.answered.values())}; failed: {len(readers.failures)}")
    assert readers.failures == []
    assert set(readers.answered) == set(PATHS)
    for component in ("web", "runner"):
        assert {image.rpartition(":")[2] for image in images(kube, component)} == {other_tag}
    state = site.look(run)
    say(f"the run of before: {state['status']}, {state['progress']['done']:,} members")
    run = site.finish(run)
    say(f"the run that was under way: {run['status']}, {run['progress']['done']:,} members")
    deployment.is_sound()


def test_a_rollback_is_found_and_undone_as_the_check_says(
    deployment: Deployment, other_tag: str
) -> None:
    if deployment.effective().image_tag != other_tag:
        pytest.skip("nothing was upgraded, so a rollback would change nothing")
    deployment.shell.run(commands.ROLLBACK)
    report = deployment.check()
    undo = report.command(r"^The release porta in sedaro has other values")
    assert undo.startswith(on_cluster(deployment.effective(), f"{commands.ROLLBACK} "))
    deployment.shell.run(undo)
    deployment.is_sound()
