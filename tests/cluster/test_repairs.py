"""Deployments that fail, and what the check says of them: its own commands mend them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.check.command import on_cluster
from tests.cluster import commands
from tests.cluster.kube import PORTA
from tests.cluster.shell import kill
from tests.cluster.story import say
from tests.cluster.waiting import until

if TYPE_CHECKING:
    from tests.cluster.deployment import Deployment
    from tests.cluster.kube import Kube
    from tests.cluster.site import Site

MISSING = "there-is-no-such-tag"
GIVEN_UP = {"INFRA_IMAGE_TAG": MISSING, "INFRA_RELEASE_TIMEOUT": "45"}


def test_a_deployment_whose_image_is_missing_fails_and_the_old_pods_keep_answering(
    deployment: Deployment, site: Site
) -> None:
    printed = deployment.deploy_in_vain(**GIVEN_UP)
    say(printed.strip().splitlines()[-1])
    assert site.is_ready()
    report = deployment.check(**GIVEN_UP)
    assert report.code == 1
    assert report.command(rf"the image \S*porta:{MISSING} can't be pulled")
    again = report.command(r"^The last deployment of porta in sedaro failed")
    deployment.deploy(again)  # with the settings of before
    deployment.is_sound()
    assert site.is_ready()


def test_a_deployment_that_was_interrupted_is_ended_as_the_check_says(
    deployment: Deployment, site: Site, kube: Kube
) -> None:
    settings = deployment.settings | GIVEN_UP | {"INFRA_RELEASE_TIMEOUT": "600"}
    process = deployment.shell.start("cdktf deploy infra-base infra-apps", environ=settings)
    until(lambda: _pending(kube), "the release is pending", within_s=300.0)
    kill(process)
    process.communicate()
    say("the deployment was killed while porta's release was pending")
    printed = deployment.deploy_in_vain()
    assert "another operation (install/upgrade/rollback) is in progress" in printed
    report = deployment.check()
    end = report.command(r"^The release porta in sedaro is pending-upgrade")
    assert end.startswith(on_cluster(deployment.effective(), f"{commands.ROLLBACK} "))
    deployment.shell.run(end)
    deployment.deploy()
    deployment.is_sound()
    assert site.is_ready()


def _pending(kube: Kube) -> bool:
    """Whether Helm has begun with porta's release, and its new pods are there."""
    labels = "owner=helm,name=porta,status=pending-upgrade"
    return bool(kube.items("secrets", PORTA, labels=labels)) and any(
        one["spec"]["containers"][0]["image"].endswith(f":{MISSING}")
        for one in kube.pods(PORTA, "web")
    )


def test_an_image_that_was_changed_by_hand_is_found_and_undone(deployment: Deployment) -> None:
    image = f"{deployment.effective().image}:{MISSING}"
    deployment.kube.text("-n", PORTA, "set", "image", "deployment/runner", f"runner={image}")
    report = deployment.check()
    undo = report.command(r"^deployment/runner in sedaro runs the image .* changed by hand")
    deployment.shell.run(undo)
    deployment.is_sound()
