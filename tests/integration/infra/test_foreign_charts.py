"""The charts of Redis and Dask Gateway, rendered with the values that infra-base gives them.

They are pulled at the versions that infra-base installs, or are `redis` and `dask-gateway` in the
folder that `PORTA_TEST_CHARTS` names; else these tests are skipped.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from infra import naming, redis_users
from infra.charts import third_party
from infra.settings import Settings
from infra.stacks.base import GATEWAY_CHART, REDIS_CHART
from tests import dask_pods, porta_chart
from tests.kubernetes import VERSIONS, containers, violations

helm = pytest.importorskip("helm_python")
pytest.importorskip("kubernetes_asyncio")

MIRROR: Final = "registry.example.com"
SETTINGS: Final = {
    "minikube": Settings.load({}),
    "production": Settings.load(
        {"INFRA_PROFILE": "production", "INFRA_INGRESS_HOST": "porta.example.com"}
    ),
    "encrypted": Settings.load({"INFRA_REDIS_TLS_SECRET": "redis-tls"}),
    "mirrored": Settings.load({"INFRA_REGISTRY": MIRROR, "INFRA_IMAGE_PULL_SECRET": "pull"}),
}
PLACES: Final = {"redis": "sedaro", "dask-gateway": "sedaro-gateway"}
Objects = list[dict[str, Any]]


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    if folder := os.environ.get("PORTA_TEST_CHARTS"):
        return {name: Path(folder) / name for name in PLACES}
    settings, folder = Settings.load({}), str(tmp_path_factory.mktemp("charts"))
    oci = f"{settings.redis_chart_repository}/redis"
    try:
        helm.pull(oci, version=REDIS_CHART, destination=folder)
        helm.pull(
            "dask-gateway",
            repo_url=settings.gateway_chart_repository,
            version=GATEWAY_CHART,
            destination=folder,
        )
    except helm.HelmError:
        pytest.skip("the charts' repositories can't be reached; PORTA_TEST_CHARTS names a folder")
    return {name: next(Path(folder).glob(f"{name}-*.tgz")) for name in PLACES}


def rendered(charts: dict[str, Path], name: str, settings: str = "minikube") -> Objects:
    values = {"redis": third_party.redis, "dask-gateway": third_party.gateway}[name](
        SETTINGS[settings]
    )
    with helm.Chart.load(str(charts[name])) as loaded:
        loaded.validate_schema(values)
        files = loaded.render(values, name=name, namespace=PLACES[name])
    texts = [text for path, text in sorted(files.items()) if path.endswith(".yaml")]
    return [one for text in texts for one in yaml.safe_load_all(text) if one]


def everything(charts: dict[str, Path], settings: str = "minikube") -> Objects:
    return [one for name in PLACES for one in rendered(charts, name, settings)]


def pods(objects: Objects) -> dict[str, dict[str, Any]]:
    """The templates of pods, by the name of what makes them."""
    kinds = {"Deployment", "StatefulSet"}
    found = (one for one in objects if one["kind"] in kinds)
    return {one["metadata"]["name"]: one["spec"]["template"] for one in found}


def of_kind(objects: Objects, kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in objects if one["kind"] == kind}


@pytest.mark.parametrize("name", PLACES)
def test_the_versions_are_those_that_are_installed(charts: dict[str, Path], name: str) -> None:
    wanted = {"redis": REDIS_CHART, "dask-gateway": GATEWAY_CHART}[name]
    with helm.Chart.load(str(charts[name])) as loaded:
        assert (loaded.name, loaded.version) == (name, wanted)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("settings", SETTINGS)
def test_kubernetes_knows_every_field(charts: dict[str, Path], settings: str, version: str) -> None:
    for one in everything(charts, settings):
        if not one["apiVersion"].startswith("traefik.io/"):  # which comes as a CRD
            kubernetes_validate.validate(one, version, strict=True)


def test_redis_may_run_in_a_restricted_namespace(charts: dict[str, Path]) -> None:
    (pod,) = pods(rendered(charts, "redis")).values()
    assert violations(pod["spec"]) == []
    assert not pod["spec"]["automountServiceAccountToken"]


def test_the_gateways_pods_take_nothing_that_baseline_forbids(charts: dict[str, Path]) -> None:
    for pod in pods(rendered(charts, "dask-gateway")).values():
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod["spec"].keys()
        assert not [one for one in pod["spec"].get("volumes", []) if "hostPath" in one]
        for container in containers(pod["spec"]):
            assert not {"privileged", "capabilities"} & container.get("securityContext", {}).keys()


@pytest.mark.parametrize("settings", SETTINGS)
def test_no_container_is_refused_by_a_quota(charts: dict[str, Path], settings: str) -> None:
    for pod in pods(everything(charts, settings)).values():
        for container in containers(pod["spec"]):
            for bound in ("requests", "limits"):
                assert container["resources"][bound].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("settings", SETTINGS)
def test_nothing_can_be_reached_from_outside(charts: dict[str, Path], settings: str) -> None:
    services = of_kind(everything(charts, settings), "Service").values()
    assert {one["spec"]["type"] for one in services} == {"ClusterIP"}
    assert of_kind(everything(charts, settings), "Ingress") == {}


@pytest.mark.parametrize("settings", SETTINGS)
def test_no_secret_is_made_and_those_that_are_read_are_ours(
    charts: dict[str, Path], settings: str
) -> None:
    objects = everything(charts, settings)
    assert of_kind(objects, "Secret") == {}
    redis, gateway = pods(objects)["redis"], pods(objects)["api-dask-gateway"]
    mounted = {one["secret"]["secretName"] for one in redis["spec"]["volumes"] if "secret" in one}
    own_tls = {"redis-tls"} if settings == "encrypted" else set()
    assert mounted == {naming.REDIS_ACL_SECRET} | own_tls
    assert {"name": naming.GATEWAY_SECRET, "key": naming.GATEWAY_KEY} in [
        one.get("valueFrom", {}).get("secretKeyRef")
        for one in gateway["spec"]["containers"][0]["env"]
    ]


def test_pods_that_read_secrets_restart_with_their_revision(charts: dict[str, Path]) -> None:
    readers = {"redis", "api-dask-gateway"}
    for name, pod in pods(everything(charts)).items():
        annotations = pod["metadata"].get("annotations") or {}
        expected = "1" if name in readers else None
        assert annotations.get(naming.SECRETS_REVISION) == expected, name


def test_another_traefik_can_tell_the_gateways_routes_by_their_label(
    charts: dict[str, Path],
) -> None:
    routes = [
        one
        for one in rendered(charts, "dask-gateway")
        if one["apiVersion"].startswith("traefik.io/")
    ]
    document = (Path(__file__).parents[3] / "docs" / "deploy.md").read_text("utf-8")
    (label,) = re.findall(r"--providers\.kubernetescrd\.labelselector=!([^\"]+)", document)
    assert routes
    assert [one for one in routes if label not in one["metadata"]["labels"]] == []


def test_redis_names_a_class_of_pods_that_its_own_release_brings(charts: dict[str, Path]) -> None:
    objects = rendered(charts, "redis")
    classes = of_kind(objects, "PriorityClass")
    assert pods(objects)["redis"]["spec"]["priorityClassName"] == naming.SERVICE_PRIORITY
    assert classes.keys() == {
        naming.SERVICE_PRIORITY,
        naming.SCHEDULER_PRIORITY,
        naming.WORKER_PRIORITY,
    }


@pytest.mark.parametrize(
    ("end", "workload"),
    [
        ("redis", "redis"),
        ("traefik", "traefik-dask-gateway"),
        ("api", "api-dask-gateway"),
        ("controller", "controller-dask-gateway"),
    ],
)
def test_policies_select_the_pods_that_they_are_about(
    charts: dict[str, Path], end: str, workload: str
) -> None:
    policies = porta_chart.named(porta_chart.objects(SETTINGS["minikube"]), "NetworkPolicy")
    wanted = policies[f"porta-{end}"]["spec"]["podSelector"]["matchLabels"]
    found = {
        name
        for name, pod in pods(everything(charts)).items()
        if wanted.items() <= pod["metadata"]["labels"].items()
    }
    assert found == {workload}


@pytest.mark.parametrize(
    ("service", "port", "pods_port"),
    [
        ("redis", 6379, 6379),
        ("traefik-dask-gateway", 80, 8000),
        ("api-dask-gateway", 8000, 8000),
    ],
)
def test_services_lead_to_the_ports_that_policies_let_through(
    charts: dict[str, Path], service: str, port: int, pods_port: int
) -> None:
    objects = everything(charts)
    spec = of_kind(objects, "Service")[service]["spec"]
    (found,) = (one for one in spec["ports"] if one["port"] == port)
    (pod,) = (
        pod
        for pod in pods(objects).values()
        if spec["selector"].items() <= pod["metadata"]["labels"].items()
    )
    named = {
        one.get("name"): one["containerPort"]
        for container in pod["spec"]["containers"]
        for one in container["ports"]
    }
    assert named.get(found["targetPort"], found["targetPort"]) == pods_port


def test_the_runners_addresses_are_those_of_the_services(charts: dict[str, Path]) -> None:
    services = of_kind(everything(charts), "Service")
    deployments = porta_chart.named(porta_chart.objects(SETTINGS["minikube"]), "Deployment")
    (runner,) = deployments["runner"]["spec"]["template"]["spec"]["containers"]
    env = {variable["name"]: variable.get("value") for variable in runner["env"]}
    assert naming.TRAEFIK in services
    assert env["DASK_GATEWAY_ADDRESS"] == f"http://{naming.TRAEFIK}.sedaro-gateway"
    assert env["DASK_GATEWAY_PROXY_ADDRESS"] == f"tls://{naming.TRAEFIK}.sedaro-gateway:80"
    assert naming.REDIS_RELEASE in services


def test_redis_is_configured_as_its_own_tests_run_it(charts: dict[str, Path]) -> None:
    objects = rendered(charts, "redis")
    config = of_kind(objects, "ConfigMap")["redis-config"]["data"]["redis.conf"]
    for line in third_party.redis(SETTINGS["minikube"])["extraConfig"].splitlines():
        assert line in config.splitlines()
    (container,) = pods(objects)["redis"]["spec"]["containers"]
    mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert f"aclfile {mounts['acl-file']}" in config.splitlines()
    assert mounts["data"] == "/data"


def test_an_encrypted_redis_listens_at_the_same_port_and_at_no_other(
    charts: dict[str, Path],
) -> None:
    objects = rendered(charts, "redis", "encrypted")
    lines = of_kind(objects, "ConfigMap")["redis-config"]["data"]["redis.conf"].splitlines()
    assert {"port 0", "tls-port 6379", "tls-auth-clients no"} <= set(lines)
    (container,) = pods(objects)["redis"]["spec"]["containers"]
    assert [one["containerPort"] for one in container["ports"]] == [6379]
    (port,) = of_kind(objects, "Service")["redis"]["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (6379, "redis")
    mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert mounts["tls-certs"] == "/etc/redis/tls"  # where scripts/redis-backup looks


def test_the_probes_find_the_password_in_the_file_of_users(
    charts: dict[str, Path], tmp_path: Path
) -> None:
    (container,) = pods(rendered(charts, "redis"))["redis"]["spec"]["containers"]
    (tmp_path / "users.acl").write_text(redis_users.acl(administrator="a1b2", porta="c3d4"))
    (tmp_path / "redis-cli").write_text('#!/bin/sh\ntest "$REDISCLI_AUTH" = a1b2 && echo PONG\n')
    (tmp_path / "redis-cli").chmod(0o755)
    for probe in ("livenessProbe", "readinessProbe"):
        shell, option, script = container[probe]["exec"]["command"]
        asked = script.replace("/etc/redis/users.acl", str(tmp_path / "users.acl"))
        done = subprocess.run(  # noqa: S603 -- the chart's own probe
            [shell, option, asked],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == "PONG\n"


def gateways_configuration(charts: dict[str, Path], settings: str) -> Any:  # noqa: ANN401 -- traitlets
    maps = of_kind(rendered(charts, "dask-gateway", settings), "ConfigMap")
    source = maps["api-dask-gateway"]["data"]["dask_gateway_config.py"]
    environ = dask_pods.gateway_environ(SETTINGS[settings])
    return dask_pods.configured(source, environ, __file__=__file__)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("is_worker", [False, True])
def test_clusters_of_the_whole_configuration_may_run_where_they_are_put(
    charts: dict[str, Path], settings: str, *, is_worker: bool
) -> None:
    config = gateways_configuration(charts, settings)
    pod = dask_pods.pod(dask_pods.cluster_config(config, tag="a/b"), is_worker=is_worker)
    assert config.KubeClusterConfig.namespace == "sedaro"
    assert violations(pod["spec"]) == []
    (container,) = pod["spec"]["containers"]
    assert container["image"] == "porta:0.1.0"
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert pod["spec"].get("imagePullSecrets", []) == (
        [{"name": "pull"}] if settings == "mirrored" else []
    )


def test_the_password_is_the_environments_and_in_no_object(charts: dict[str, Path]) -> None:
    config = gateways_configuration(charts, "minikube")
    assert config.DaskGateway.authenticator_class.endswith("SimpleAuthenticator")
    assert config.SimpleAuthenticator.password == "the-secret's"  # noqa: S105 -- of the test
    assert "the-secret's" not in str(everything(charts))


def test_every_image_can_come_from_a_mirror(charts: dict[str, Path]) -> None:
    for name, pod in pods(everything(charts, "mirrored")).items():
        for container in containers(pod["spec"]):
            assert container["image"].startswith(f"{MIRROR}/"), name
            assert container["image"].count(":") >= 1
        assert pod["spec"]["imagePullSecrets"] == [{"name": "pull"}], name


def test_images_are_pinned_and_not_pulled_again(charts: dict[str, Path]) -> None:
    for pod in pods(everything(charts)).values():
        for container in containers(pod["spec"]):
            assert not container["image"].endswith(":latest")
            assert container["imagePullPolicy"] == "IfNotPresent"
