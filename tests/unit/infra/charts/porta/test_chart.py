"""The application's chart: what Helm renders is what the definitions say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import kubernetes_validate
import pytest
import yaml

from infra.charts.porta import chart, values, values_schema
from infra.settings import Settings
from tests.kubernetes import VERSIONS, violations

helm = pytest.importorskip("helm_python")

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTION: Final = {"INFRA_PROFILE": "production", "INFRA_INGRESS_HOST": "porta.example.com"}
SETTINGS: Final = {
    "minikube": Settings.load({}),
    "production": Settings.load(PRODUCTION),
    "with tokens": Settings.load(PRODUCTION | {"INFRA_AUTH": "token"}),
    "behind a proxy": Settings.load(PRODUCTION | {"INFRA_AUTH": "header"}),
    "everything else": Settings.load(
        {
            "INFRA_EXPOSURE": "none",
            "INFRA_NOTEBOOK": "false",
            "INFRA_WEB_REPLICAS_LIMIT": "3",
            "INFRA_IMAGE_PULL_SECRET": "pull",
            "INFRA_STORAGE_CLASS": "fast",
            "INFRA_REDIS_TLS_SECRET": "redis-tls",
            "INFRA_DASHBOARD_URL": "https://dask.example.com/clusters/{cluster}/status?a=1&b=<2>",
            "INFRA_APPLICATION": "PORTA_RESULT_TTL=30d PORTA_LOG_LEVEL=debug",
        }
    ),
}
INSTALLATIONS: Final[dict[str, dict[str, Any]]] = {
    "defaults": values.DEFAULTS,
    **{name: values.of(settings) for name, settings in SETTINGS.items()},
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
def test_kubernetes_knows_every_field(version: str) -> None:
    # Each object once: most are the same in all installations.
    for one in {str(one): one for name in INSTALLATIONS for one in objects(name)}.values():
        kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("name", INSTALLATIONS)
def test_every_pod_may_run_in_a_restricted_namespace(name: str) -> None:
    for deployment in of_kind(name, "Deployment").values():
        pod = deployment["spec"]["template"]["spec"]
        assert violations(pod) == []
        assert not pod["enableServiceLinks"]
        assert not pod["automountServiceAccountToken"]
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            for bound in ("requests", "limits"):
                assert container["resources"][bound].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("name", INSTALLATIONS)
def test_the_web_never_holds_the_password_of_the_gateway(name: str) -> None:
    holders = {
        deployment
        for deployment, one in of_kind(name, "Deployment").items()
        if "porta-dask-gateway" in str(one)
    }
    assert holders == of_kind(name, "Deployment").keys() - {"web"}


def test_no_object_is_a_secret() -> None:
    assert of_kind("production", "Secret") == {}


def test_the_folder_is_named_after_the_content(folder: Path, tmp_path: Path) -> None:
    assert chart.write(tmp_path).parent.name == folder.parent.name


def test_every_value_that_needs_a_word_has_one_and_no_word_is_left_over() -> None:
    told = values_schema.values_file()
    assert yaml.safe_load(told) == values.DEFAULTS
    for path, about in values_schema.ABOUT.items():
        found: Any = values.DEFAULTS
        for name in path.split("."):
            found = found[name]
        assert f"# {about}\n" in told


@pytest.mark.parametrize(
    "said",
    [
        {"web": {"replicas": 0}},
        {"web": {"auth": {"mode": "maybe"}}},
        {"web": {"service": {"nodePort": "many"}}},
        {"settings": {"PORTA_MAX_RUNS": 4}},
        {"image": {"pullPolicy": "Sometimes"}},
    ],
)
def test_a_value_that_makes_no_sense_is_refused(folder: Path, said: dict[str, Any]) -> None:
    with helm.Chart.load(str(folder)) as loaded, pytest.raises(helm.HelmError):
        loaded.render(said, name="porta", namespace="sedaro")


def test_another_chart_may_depend_on_it(folder: Path) -> None:
    with helm.Chart.load(str(folder)) as loaded:
        assert loaded.render({"global": {"mine": 1}}, name="porta", namespace="sedaro")
