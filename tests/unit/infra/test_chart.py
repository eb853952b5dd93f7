"""The application's chart: what Helm renders is what the definitions say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import kubernetes_validate
import pytest
import yaml

from infra.application import chart, values
from infra.settings import Settings

helm = pytest.importorskip("helm_python")

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS: Final = ("1.30", "1.32", "1.34", "1.36")
INSTALLATIONS: Final[dict[str, dict[str, Any]]] = {
    "defaults": values.DEFAULTS,
    "minikube": values.of(Settings.load({})),
    "production": values.of(
        Settings.load({"INFRA_PROFILE": "production", "INFRA_INGRESS_HOST": "porta.example.com"})
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chart.write(tmp_path_factory.mktemp("chart"))


def objects(name: str) -> list[dict[str, Any]]:
    return chart.objects(INSTALLATIONS[name], "sedaro")


def of_kind(name: str, kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in objects(name) if one["kind"] == kind}


@pytest.mark.parametrize("name", INSTALLATIONS)
def test_helm_renders_what_the_definitions_say(folder: Path, name: str) -> None:
    with helm.Chart.load(str(folder)) as loaded:
        rendered = loaded.render(INSTALLATIONS[name], name="porta", namespace="sedaro")
    found = [yaml.safe_load(text) for path, text in rendered.items() if path.endswith(".yaml")]

    def place(one: dict[str, Any]) -> tuple[str, str, str]:
        return one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]

    assert sorted(filter(None, found), key=place) == sorted(objects(name), key=place)


def test_helm_has_no_complaint(folder: Path) -> None:
    report = helm.lint(str(folder), strict=True)
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > 1] == []


def test_an_unknown_value_is_refused(folder: Path) -> None:
    with helm.Chart.load(str(folder)) as loaded, pytest.raises(helm.HelmError):
        loaded.render({"wbe": {"replicas": 3}}, name="porta", namespace="sedaro")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", INSTALLATIONS)
def test_kubernetes_knows_every_field(name: str, version: str) -> None:
    for one in objects(name):
        kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("name", INSTALLATIONS)
def test_every_pod_may_run_in_a_restricted_namespace(name: str) -> None:
    for deployment in of_kind(name, "Deployment").values():
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod["enableServiceLinks"]
        assert not pod["automountServiceAccountToken"]
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"]
            assert not context["allowPrivilegeEscalation"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert {"requests", "limits"} <= container["resources"].keys()


@pytest.mark.parametrize("name", INSTALLATIONS)
def test_the_web_never_holds_the_password_of_the_gateway(name: str) -> None:
    holders = {
        deployment
        for deployment, one in of_kind(name, "Deployment").items()
        if "porta-dask-gateway" in str(one)
    }
    assert holders == {"runner", "notebook"}


def test_no_object_is_a_secret() -> None:
    assert of_kind("production", "Secret") == {}


def test_the_argument_list_leaves_the_images_entry_point_alone() -> None:
    for deployment in of_kind("defaults", "Deployment").values():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert "command" not in container
        assert container["args"]


def test_minikube_gets_a_node_port_and_production_an_ingress_for_event_streams() -> None:
    (port,) = of_kind("minikube", "Service")["porta"]["spec"]["ports"]
    assert port["nodePort"] == 30080
    assert of_kind("minikube", "Ingress") == {}
    ingress = of_kind("production", "Ingress")["porta"]
    assert ingress["spec"]["tls"][0]["hosts"] == ["porta.example.com"]
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-buffering"] == (
        "off"
    )
    assert "nodePort" not in of_kind("production", "Service")["porta"]["spec"]["ports"][0]


def test_an_autoscaler_and_a_fixed_number_of_replicas_never_contend() -> None:
    assert "replicas" not in of_kind("production", "Deployment")["web"]["spec"]
    assert of_kind("production", "HorizontalPodAutoscaler")
    assert of_kind("minikube", "Deployment")["web"]["spec"]["replicas"] == 1
    assert of_kind("minikube", "HorizontalPodAutoscaler") == {}


def test_the_folder_is_named_after_the_content(folder: Path, tmp_path: Path) -> None:
    assert chart.write(tmp_path).parent.name == folder.parent.name
