"""The quota holds everything that may run, and a small minikube holds the smallest installation."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from infra.charts import third_party
from infra.constructs import resource_quota
from infra.settings import Settings
from infra.settings.quantities import cores, mebibytes
from tests import dask_pods
from tests.kubernetes import containers
from tests.porta_chart import named, objects

PRODUCTION: Final = {"INFRA_PROFILE": "production", "INFRA_INGRESS_HOST": "porta.example.com"}
READ: Final = {"cpu": cores, "memory": mebibytes}
# Of a minikube with Calico: API server, controllers, scheduler, etcd, two of CoreDNS, Calico.
KUBERNETES_OWN: Final = {"cpu": Fraction("1.2"), "memory": Fraction(700)}
MINIKUBE: Final = {"cpu": Fraction(4), "memory": Fraction(8 * 1024)}


def demand(pods: list[tuple[int, dict[str, Any]]], what: str, bound: str) -> Fraction:
    return sum(
        (
            count * READ[what](one["resources"][bound][what])
            for count, spec in pods
            for one in containers(spec)
        ),
        Fraction(),
    )


def cluster(settings: Settings, workers: int) -> list[tuple[int, dict[str, Any]]]:
    """The pods of a cluster, by dask-gateway's own code."""
    config = dask_pods.configured(
        third_party.GATEWAY_CONFIG.read_text(), dask_pods.gateway_environ(settings)
    )
    config.KubeClusterConfig.namespace = settings.namespace
    made = dask_pods.cluster_config(config)
    specs = [dask_pods.pod(made, is_worker=role)["spec"] for role in (False, True)]
    for spec in specs:
        for one in containers(spec):  # the controller writes bytes and thousandths
            for bound in ("requests", "limits"):
                resources = one["resources"][bound]
                resources["memory"] = f"{int(resources['memory']) // 2**20}Mi"
    return [(1, specs[0]), (workers, specs[1])]


def installed(settings: Settings, *, rolling: int) -> list[tuple[int, dict[str, Any]]]:
    """Our own pods and Redis', with `rolling` more of web and runner during an update."""
    replicas = {
        "web": settings.web_replicas_limit + rolling,
        "runner": settings.runner_replicas + rolling,
    }
    pods = [
        (replicas.get(name, 1), deployment["spec"]["template"]["spec"])
        for name, deployment in named(objects(settings), "Deployment").items()
    ]
    return [*pods, (1, {"containers": [{"resources": third_party.redis(settings)["resources"]}]})]


@pytest.mark.parametrize("environ", [{}, PRODUCTION, PRODUCTION | {"INFRA_MAX_RUNS": "50"}])
@pytest.mark.parametrize("bound", ["requests", "limits"])
@pytest.mark.parametrize("what", ["cpu", "memory"])
def test_all_runs_at_once_fit_the_quota_even_during_an_update(
    environ: dict[str, str], bound: str, what: str
) -> None:
    settings = Settings.load(environ)
    everything = installed(settings, rolling=1) + settings.max_runs * cluster(
        settings, settings.max_workers
    )
    assert demand(everything, what, bound) <= READ[what](
        resource_quota.workloads(settings)[f"{bound}.{what}"]
    )


@pytest.mark.parametrize("what", ["cpu", "memory"])
def test_a_small_minikube_holds_it_with_a_full_cluster(what: str) -> None:
    settings = Settings.load({})
    gateway = third_party.gateway(settings)
    servers = [
        (1, {"containers": [{"resources": gateway[name]["resources"]}]})
        for name in ("gateway", "controller", "traefik")
    ]
    everything = installed(settings, rolling=0) + servers + cluster(settings, settings.max_workers)
    assert KUBERNETES_OWN[what] + demand(everything, what, "requests") <= MINIKUBE[what]


# MiB that a pod's processes hold at work, as measured on a Kubernetes 1.36.
WORKING_SETS: Final = {"runner": 311, "web": 158, "notebook": 95, "gateway": 72, "traefik": 37}


@pytest.mark.parametrize("environ", [{}, PRODUCTION])
def test_each_pod_asks_for_the_memory_that_it_works_with(environ: dict[str, str]) -> None:
    settings = Settings.load(environ)
    gateway = third_party.gateway(settings)
    asked = {
        name: containers(deployment["spec"]["template"]["spec"])[0]["resources"]
        for name, deployment in named(objects(settings), "Deployment").items()
    } | {name: gateway[name]["resources"] for name in ("gateway", "traefik")}
    for name, working_set in WORKING_SETS.items():
        assert mebibytes(asked[name]["requests"]["memory"]) >= working_set, name


def idle(settings: Settings) -> list[tuple[int, dict[str, Any]]]:
    """What stands while nobody asks for anything: no replicas that the load adds."""
    gateway = third_party.gateway(settings)
    servers = [
        (1, {"containers": [{"resources": gateway[name]["resources"]}]})
        for name in ("gateway", "controller", "traefik")
    ]
    replicas = {"web": settings.web_replicas, "runner": settings.runner_replicas}
    own = [
        (replicas.get(name, 1), deployment["spec"]["template"]["spec"])
        for name, deployment in named(objects(settings), "Deployment").items()
    ]
    return [
        *own,
        *servers,
        (1, {"containers": [{"resources": third_party.redis(settings)["resources"]}]}),
    ]


def costs() -> dict[str, list[str]]:
    """The rows of what it costs, in docs/deploy.md."""
    text = (Path(__file__).parents[4] / "docs" / "deploy.md").read_text("utf-8")
    table = text[text.index("## What it costs") : text.index("## What is secured")]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    return {first.strip(): [cell.strip() for cell in rest] for first, *rest in rows}


def rounded(number: Fraction) -> str:
    return f"{int(10 * number + Fraction(1, 2)) / 10}"


@pytest.mark.parametrize(("profile", "environ"), [("minikube", {}), ("production", PRODUCTION)])
def test_what_it_costs_is_what_the_pods_ask_for(profile: str, environ: dict[str, str]) -> None:
    settings = Settings.load(environ)
    volumes = mebibytes(settings.redis_volume) + mebibytes(settings.notebook_volume)
    assert costs()[f"`{profile}`, idle"] == [
        rounded(demand(idle(settings), "cpu", "requests")),
        f"{rounded(demand(idle(settings), 'memory', 'requests') / 1024)} GiB",
        f"{volumes // 1024} GiB",
    ]


def test_what_a_run_costs_is_what_its_clusters_pods_ask_for() -> None:
    cpus, memory, _ = costs()["each run while its cluster is up, `minikube` / `production`"]
    spans: dict[str, list[str]] = {"cpu": [], "memory": []}
    for environ in ({}, PRODUCTION):
        settings = Settings.load(environ)
        for what, unit in (("cpu", 1), ("memory", 1024)):
            least, most = (
                f"{float(demand(cluster(settings, workers), what, 'requests') / unit):.2g}"
                for workers in (1, settings.max_workers)
            )
            spans[what].append(f"{least} to {most}")
    assert cpus == " / ".join(spans["cpu"])
    assert memory == f"{' / '.join(spans['memory'])} GiB"


def test_a_node_port_is_allowed_only_if_the_settings_ask_for_one() -> None:
    assert resource_quota.workloads(Settings.load({}))["services.nodeports"] == "1"
    assert resource_quota.workloads(Settings.load(PRODUCTION))["services.nodeports"] == "0"


def test_no_load_balancer_may_be_made_by_accident() -> None:
    for quota in (resource_quota.GATEWAY, resource_quota.workloads(Settings.load({}))):
        assert quota["services.loadbalancers"] == "0"
