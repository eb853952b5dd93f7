"""The Gateway's configuration, as dask-gateway's own code reads it and makes pods of it."""

from __future__ import annotations

import asyncio
import socket
import time
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import aiohttp.abc
import dask.config
import distributed  # noqa: F401 -- its defaults are in the configuration then
import kubernetes_validate
import pytest
from aiohttp import test_utils, web
from dask_gateway_server.app import DaskGateway
from dask_gateway_server.models import ClusterStatus

from infra import naming
from infra.charts import priorities, schedulers, third_party
from infra.settings import Settings, quantities
from sim.cluster import PRELOAD
from tests import dask_pods
from tests.kubernetes import VERSIONS

pytest.importorskip("kubernetes_asyncio")

PROFILES: Final[dict[str, Settings]] = {
    "minikube": Settings.load({}),
    "production": Settings.load(
        {"INFRA_PROFILE": "production", "INFRA_INGRESS_HOST": "porta.example.com"}
    ),
}
SPOT: Final = "cloud.google.com/gke-spot"
PROFILES["large"] = Settings.load({"INFRA_MAX_WORKERS": "100"})
PROFILES["spot"] = Settings.load({"INFRA_WORKER_NODES": f"{SPOT}=true"})
ROLES: Final = {"scheduler": False, "worker": True}


def config(profile: str) -> Any:  # noqa: ANN401 -- traitlets makes its attributes up
    source = third_party.GATEWAY_CONFIG.read_text()
    found = dask_pods.configured(source, dask_pods.gateway_environ(PROFILES[profile]))
    # What the chart sets itself: tests/integration/infra/test_foreign_charts.py reads that.
    found.KubeClusterConfig.image = "porta:0.1.0"
    found.KubeClusterConfig.namespace = "sedaro"
    return found


def pod(role: str, profile: str = "minikube", **options: object) -> dict[str, Any]:
    cluster = dask_pods.cluster_config(config(profile), **options)
    return dask_pods.pod(cluster, is_worker=ROLES[role])


def container(of: dict[str, Any]) -> dict[str, Any]:
    (only,) = of["spec"]["containers"]
    return dict(only)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("role", ROLES)
def test_kubernetes_knows_every_field(role: str, version: str) -> None:
    for profile in PROFILES:
        kubernetes_validate.validate(pod(role, profile), version, strict=True)


@pytest.mark.parametrize("role", ROLES)
def test_the_pods_may_run_in_a_restricted_namespace(role: str) -> None:
    spec = pod(role)["spec"]
    context = container(pod(role))["securityContext"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] == 10_001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert context["readOnlyRootFilesystem"]
    assert not context["allowPrivilegeEscalation"]
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert {next(iter(one.keys() - {"name"})) for one in spec["volumes"]} == {"secret", "emptyDir"}


@pytest.mark.parametrize("role", ROLES)
def test_the_pods_know_nothing_of_kubernetes_and_hold_no_password_of_ours(role: str) -> None:
    spec = pod(role)["spec"]
    assert not spec["enableServiceLinks"]
    assert not spec["automountServiceAccountToken"]
    assert [one for one in spec["volumes"] if "secret" in one] == [
        {"name": "dask-credentials", "secret": {"secretName": "dask-credentials-0123456789abcdef"}}
    ]
    env = container(pod(role))["env"]
    assert not [one for one in env if "secretKeyRef" in str(one)]
    assert not [one for one in env if "PASSWORD" in one["name"] or "REDIS" in one["name"]]


@pytest.mark.parametrize("role", ROLES)
def test_the_image_runs_commands_that_distributed_still_has(role: str) -> None:
    assert container(pod(role))["args"][:2] == ["dask", role]
    assert "command" not in container(pod(role))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("role", ROLES)
def test_what_a_pod_asks_for_is_all_that_it_gets(role: str, profile: str) -> None:
    resources = container(pod(role, profile))["resources"]
    assert resources["limits"] == resources["requests"]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_settings_say_how_large_a_worker_is(profile: str) -> None:
    settings = PROFILES[profile]
    asked = container(pod("worker", profile))["resources"]["requests"]
    assert float(asked["cpu"]) == settings.worker_cores
    assert int(asked["memory"]) == quantities.mebibytes(settings.worker_memory) * 2**20


@pytest.mark.parametrize(
    ("role", "name"),
    [("scheduler", naming.SCHEDULER_PRIORITY), ("worker", naming.WORKER_PRIORITY)],
)
def test_the_pods_of_a_cluster_make_no_other_pod_go(role: str, name: str) -> None:
    classes = {one["metadata"]["name"]: one for one in priorities.classes()}
    assert pod(role)["spec"]["priorityClassName"] == name
    assert classes[name]["preemptionPolicy"] == "Never"


def test_a_task_may_lose_more_workers_where_nodes_are_reclaimed() -> None:
    def allowed(profile: str) -> int:
        env = {
            one["name"]: one.get("value", "") for one in container(pod("scheduler", profile))["env"]
        }
        found = dask.config.merge(dask.config.config, dask.config.collect_env(env))
        return int(found["distributed"]["scheduler"]["allowed-failures"])

    assert allowed("spot") >= 3 * allowed("minikube") > 0


def test_workers_run_on_spot_nodes_if_the_settings_say_so_and_schedulers_never() -> None:
    spec = pod("worker", "spot")["spec"]
    assert spec["nodeSelector"] == {SPOT: "true"}
    assert {"key": SPOT, "operator": "Exists"} in spec["tolerations"]
    for other in (pod("worker"), pod("scheduler", "spot")):
        assert "nodeSelector" not in other["spec"]
        assert not other["spec"].get("tolerations")


def test_no_autoscaler_takes_a_scheduler_and_with_it_its_cluster() -> None:
    annotations = pod("scheduler")["metadata"]["annotations"]
    assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
    assert annotations["karpenter.sh/do-not-disrupt"] == "true"
    assert "karpenter.sh/do-not-disrupt" not in pod("worker")["metadata"].get("annotations", {})


def test_a_cluster_with_larger_workers_gets_fewer_of_them() -> None:
    large = {"worker_cores": 2.0, "worker_memory": 2.0}
    asked = container(pod("worker", "production", **large))["resources"]["limits"]
    assert (asked["cpu"], asked["memory"]) == ("2.000", str(2 * 2**30))
    cluster = dask_pods.cluster_config(config("production"), **large)
    assert cluster._worker_limit_from_resources() == 2  # noqa: SLF001 -- what the server goes by


@pytest.mark.parametrize("profile", PROFILES)
def test_a_cluster_may_have_all_the_workers_that_a_run_may_ask_for(profile: str) -> None:
    cluster = dask_pods.cluster_config(config(profile))
    assert cluster.cluster_max_workers == PROFILES[profile].max_workers
    assert cluster._worker_limit_from_resources() == PROFILES[profile].max_workers  # noqa: SLF001 -- the same


@pytest.mark.parametrize(
    ("workers", "row"), [(1, 0), (10, 0), (11, 1), (30, 1), (31, 2), (100, 2), (900, 2)]
)
def test_a_scheduler_is_as_large_as_its_cluster_needs(workers: int, row: int) -> None:
    settings = PROFILES["large"]
    size = schedulers.sizes(settings)[row]
    asked = container(pod("scheduler", "large", workers_expected=workers))["resources"]["limits"]
    assert float(asked["cpu"]) == float(size.cores)
    assert int(asked["memory"]) == size.mebibytes * 2**20


def test_a_scheduler_of_which_nothing_is_said_is_for_the_largest_cluster() -> None:
    asked = container(pod("scheduler", "large"))["resources"]["requests"]
    assert float(asked["cpu"]) == float(schedulers.largest(PROFILES["large"]).cores)


@pytest.mark.parametrize(
    "options", [{"worker_cores": 65.0}, {"worker_memory": 0.1}, {"workers_expected": 0}, {"x": 1}]
)
def test_options_beyond_their_bounds_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(Exception, match=r"(?i)must be|not available|unknown|invalid"):
        dask_pods.cluster_config(config("production"), **options)


def test_a_cluster_that_the_gateway_has_lost_ends_by_itself() -> None:
    from dask.utils import parse_timedelta

    found = config("minikube").KubeClusterConfig
    own = {one["name"]: one.get("value") for one in container(pod("scheduler"))["env"]}
    forgotten = parse_timedelta(own["DASK_DISTRIBUTED__SCHEDULER__IDLE_TIMEOUT"])
    assert 0 < found.idle_timeout < forgotten


def test_workers_preload_the_kernel() -> None:
    own = {one["name"]: one.get("value") for one in container(pod("worker"))["env"]}
    assert own["DASK_DISTRIBUTED__WORKER__PRELOAD"] == PRELOAD


def test_clusters_carry_the_tag_of_their_run() -> None:
    assert "tag" in [
        one["field"] for one in config("minikube").KubeBackend.cluster_options.get_specification()
    ]


def test_the_password_comes_from_the_environment() -> None:
    assert config("minikube").SimpleAuthenticator.password == "the-secret's"  # noqa: S105 -- of the test


class LateResolver(aiohttp.abc.AbstractResolver):
    """A name server that learns of a name only after a while."""

    def __init__(self, late_s: float) -> None:
        self._known_at = time.monotonic() + late_s

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        if time.monotonic() < self._known_at:
            raise OSError(socket.EAI_NONAME, "Name or service not known")
        return [
            aiohttp.abc.ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


async def messages_that_arrive(backend: Any, *, late_s: float) -> list[Any]:  # noqa: ANN401 -- no types
    """Have the Gateway send a scheduler a message; return those that the scheduler gets."""
    arrived: list[Any] = []

    async def comm(request: web.Request) -> web.Response:
        arrived.append(await request.json())
        return web.Response()

    application = web.Application()
    application.router.add_post("/api/comm", comm)
    async with (
        test_utils.TestServer(application) as scheduler,
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=LateResolver(late_s))
        ) as backend.session,
    ):
        cluster = SimpleNamespace(
            name="one",
            status=ClusterStatus.RUNNING,
            api_address=f"http://dask-one.sedaro:{scheduler.port}",
            token="t",  # noqa: S106 -- of the test
        )
        await backend.forward_message_to_scheduler(cluster, {"op": "adapt"})
    return arrived


def test_a_cluster_is_not_given_up_while_its_name_does_not_resolve_yet() -> None:
    chosen = config("minikube")
    backend = DaskGateway(config=chosen).backend_class(config=chosen)
    assert asyncio.run(messages_that_arrive(backend, late_s=2)) == [{"op": "adapt"}]
