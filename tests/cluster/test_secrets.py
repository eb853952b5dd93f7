"""New passwords: everything that reads them restarts by itself, and the old ones are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.cluster import commands
from tests.cluster.kube import GATEWAY, PORTA
from tests.cluster.waiting import until

if TYPE_CHECKING:
    from tests.cluster.deployment import Deployment
    from tests.cluster.kube import Kube
    from tests.cluster.site import Site

READERS: Final = ("api-dask-gateway-", "notebook-", "redis-0", "runner-", "web-")
SETTLED_S: Final = 180.0
SECRETS: Final = ("redis-users", "porta-redis", "porta-dask-gateway", "porta-notebook")


def passwords(kube: Kube) -> list[dict[str, str]]:
    own = [kube.secret(PORTA, name) for name in SECRETS]
    return [*own, kube.secret(GATEWAY, "porta-dask-gateway")]


def test_new_secrets_restart_what_reads_them(
    deployment: Deployment, site: Site, kube: Kube
) -> None:
    old, before = passwords(kube), deployment.pods()
    token = deployment.shell.run(commands.TOKEN).output
    deployment.settings["INFRA_SECRETS_REVISION"] = "2"
    deployment.deploy()
    until(site.is_ready, "/readyz says ok", within_s=SETTLED_S)
    deployment.is_sound()
    new = passwords(kube)
    assert [one for one in old if one in new] == []
    assert new[2] == new[4]  # the Gateway's, in both namespaces
    assert deployment.shell.run(commands.TOKEN).output != token
    stayed = before.items() & deployment.pods().items()
    assert [name for name, _ in stayed if name.startswith(READERS)] == []


def test_results_are_kept_and_runs_have_clusters_with_the_new_passwords(site: Site) -> None:
    assert site.ask(steps=100_000_000)["status"] == "complete"
    site.finish(site.ask(steps=50_000_000, seed=21))


def test_a_deployment_that_would_go_back_to_old_ones_is_found(deployment: Deployment) -> None:
    report = deployment.check(INFRA_SECRETS_REVISION="1")
    assert report.code == 1
    advice = report.command(r"^secrets_revision is 1, but 2 is deployed")
    assert advice.strip() == "export INFRA_SECRETS_REVISION=2"
