"""What happens to a cluster: names that do not resolve, restarts, nodes that go, no room."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from tests.cluster import commands
from tests.cluster.kube import GATEWAY, PORTA
from tests.cluster.story import say
from tests.cluster.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.cluster.deployment import Deployment
    from tests.cluster.kube import Kube
    from tests.cluster.site import Site

DNS: Final = "k8s-app=kube-dns"  # so labelled wherever it comes from, also where it is CoreDNS
NO_NAMES_S: Final = 2.0
SETTLED_S: Final = 300.0
MARK: Final = "porta-cluster-test=drain"  # what to drain: labels of charts may be others' too
NO_ROOM_S: Final = 60
TOO_LARGE: Final = "64Ti"  # more than any node has


def clusters(kube: Kube) -> set[str]:
    return {one["metadata"]["name"] for one in kube.items("daskclusters.gateway.dask.org", PORTA)}


def test_a_cluster_is_kept_when_names_resolve_a_moment_late(site: Site, kube: Kube) -> None:
    servers = kube.items("deployments", "kube-system", labels=DNS)
    if not servers:
        pytest.skip("the cluster's DNS is no Deployment of kube-system that could be scaled")
    before = clusters(kube)
    run = site.ask(steps=60_000_000, seed=31)
    until(
        lambda: any(_runs(one) for one in kube.pods(PORTA, "dask-scheduler")),
        "the scheduler runs",
        within_s=SETTLED_S,
    )
    try:
        for one in servers:
            _scale(kube, one["metadata"]["name"], 0)
        until(lambda: not _dns_pods(kube), "DNS is gone", within_s=SETTLED_S)
        say("no name resolves")
        time.sleep(NO_NAMES_S)
    finally:
        for one in servers:
            _scale(kube, one["metadata"]["name"], one["spec"]["replicas"])
    site.finish(run)
    assert len(clusters(kube) - before) == 1  # the run's first


def _runs(pod: dict[str, Any]) -> bool:
    return bool(pod["status"].get("phase") == "Running")


def _dns_pods(kube: Kube) -> list[dict[str, Any]]:
    return [
        one
        for one in kube.items("pods", "kube-system", labels=DNS)
        if "deletionTimestamp" not in one["metadata"]
    ]


def _scale(kube: Kube, name: str, replicas: int) -> None:
    kube.text("-n", "kube-system", "scale", f"deployment/{name}", f"--replicas={replicas}")


def test_a_run_goes_on_while_the_gateway_restarts(
    deployment: Deployment, site: Site, kube: Kube
) -> None:
    before = clusters(kube)
    run = site.ask(steps=100_000, members=10_000, seed=41)
    until(lambda: site.look(run)["progress"]["done"], "it has members", within_s=SETTLED_S)
    deployment.shell.run(commands.RESTART_GATEWAY)
    until(deployment.all_ready, "all pods are ready", within_s=SETTLED_S)
    site.finish(run)
    assert len(clusters(kube) - before) == 1
    until(site.is_ready, "/readyz says ok", within_s=SETTLED_S)


def test_pods_of_a_drained_node_come_back_with_what_is_stored(
    deployment: Deployment, site: Site, kube: Kube
) -> None:
    result = site.look(site.ask(steps=100_000_000))
    (redis,) = (one for one in kube.pods(PORTA) if one["metadata"]["name"] == "redis-0")
    node = redis["spec"]["nodeName"]
    was_cordoned = _is_cordoned(kube, node)
    for space in (PORTA, GATEWAY):
        kube.text("-n", space, "label", "pods", "--all", MARK, "--overwrite")
    drain = commands.DRAIN.replace("NODE", node)
    try:
        deployment.shell.run(f"{drain} --pod-selector='{MARK}' --timeout=240s", within_s=300.0)
        if len(kube.items("nodes")) == 1:
            report = deployment.check()
            assert report.command(r"no node takes it .*unschedulable")
    finally:
        if not was_cordoned:
            deployment.shell.run(commands.UNCORDON.replace("NODE", node))
    deployment.is_sound()
    until(site.is_ready, "/readyz says ok", within_s=SETTLED_S)
    again = site.ask(steps=100_000_000)
    assert again["status"] == "complete"
    assert again["provenance"] == result["provenance"]  # stored, not computed once more


def _is_cordoned(kube: Kube, node: str) -> bool:
    return any(
        one["spec"].get("unschedulable", False)
        for one in kube.items("nodes")
        if one["metadata"]["name"] == node
    )


def test_a_run_without_room_says_so_waits_and_is_finished_when_there_is_room(
    deployment: Deployment, site: Site, kube: Kube, page: Page
) -> None:
    variables = deployment.shell.environ.get("INFRA_APPLICATION", "")
    small = {
        "INFRA_WORKER_MEMORY": TOO_LARGE,
        "INFRA_APPLICATION": f"{variables} PORTA_CLUSTER_TIMEOUT={NO_ROOM_S}",
    }
    deployment.deploy(**small)
    report = deployment.check(**small)
    assert report.command(r"^No node is large enough for a worker")
    run = site.ask(steps=70_000_000, seed=51)
    page.goto(f"{site.url}/propagate/{run['id']}")
    expect(page.get_by_text("The cluster seems to wait for room")).to_be_visible(timeout=90_000)
    said = site.look(run)
    say(f"{said['status']}: {said['error']['detail']}")
    assert said["status"] == "starting"
    until(
        lambda: site.look(run)["status"] == "queued",
        "the run is back in the queue",
        within_s=NO_ROOM_S + 60.0,
    )
    said = site.look(run)
    say(f"{said['status']}: {said['error']['detail']}")
    assert "there is no room for one; the run waits" in said["error"]["detail"]
    deployment.deploy()
    until(site.is_ready, "/readyz says ok", within_s=SETTLED_S)
    site.finish(run)
    deployment.is_sound()
    until(lambda: not kube.pods(PORTA, "dask-worker"), "no worker is left", within_s=SETTLED_S)
