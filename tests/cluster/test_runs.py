"""What people ask for: at once, on clusters, in a browser."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests.cluster import commands
from tests.cluster.kube import PORTA
from tests.cluster.story import say
from tests.cluster.waiting import until
from tests.complaints import Complaints

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.cluster.deployment import Deployment
    from tests.cluster.kube import Kube
    from tests.cluster.site import Site

AT_ONCE_S: Final = 5.0  # through a port of the node, on a machine that is busy
CLUSTER_S: Final = 120.0  # to start or stop one, images included
DRAWN_MS: Final = 60_000
VERIFY_S: Final = 300.0
ENSEMBLE: Final = {"steps": 50_000, "members": 20_000}


def test_five_hundred_steps_are_answered_at_once(site: Site) -> None:
    began = time.monotonic()
    run = site.ask(steps=500)
    took = time.monotonic() - began
    say(f"500 steps: {took:.2f} s")
    assert run["status"] == "complete"
    assert took < AT_ONCE_S


def test_a_hundred_million_steps_get_a_cluster_of_their_own(
    deployment: Deployment, site: Site, kube: Kube
) -> None:
    run = site.ask(steps=100_000_000)
    until(lambda: kube.pods(PORTA, "dask-worker"), "there is a worker", within_s=CLUSTER_S)
    assert len(kube.pods(PORTA, "dask-scheduler")) == 1
    say(deployment.shell.run(commands.CLUSTERS).output)
    run = site.finish(run)
    assert run["timings"]["where"] == "cluster"
    until(lambda: not kube.pods(PORTA, "dask-scheduler"), "the cluster is gone", within_s=CLUSTER_S)


def test_it_is_the_same_to_the_last_bit_as_when_it_is_computed_here(
    deployment: Deployment, site: Site
) -> None:
    here = commands.VERIFY.replace("http://localhost:8080", site.url)
    say(deployment.shell.run(here, within_s=VERIFY_S).output)


def test_an_ensemble_is_spread_over_workers(site: Site, kube: Kube) -> None:
    run = site.ask(**ENSEMBLE)
    workers = set[str]()

    def over() -> bool:
        workers.update(one["metadata"]["name"] for one in kube.pods(PORTA, "dask-worker"))
        return bool(site.look(run)["status"] == "complete")

    until(over, "the ensemble is complete", within_s=600.0)
    say(f"{ENSEMBLE['members']:,} members by {len(workers)} workers")
    assert len(workers) >= 2
    assert site.look(run)["members"] == ENSEMBLE["members"]


@pytest.mark.parametrize("path", ["500", "100000000", "50000?members=20000"])
def test_the_page_is_drawn_in_a_browser(page: Page, site: Site, path: str) -> None:
    complaints = Complaints(page, site.url)
    page.goto(f"{site.url}/propagate/{path}")
    figure = page.locator(
        "[data-figure][data-drawn], [data-orbit][data-drawn], .plots canvas"
    ).first
    expect(figure).to_be_visible(timeout=DRAWN_MS)
    say(page.title())
    assert complaints.all == []
