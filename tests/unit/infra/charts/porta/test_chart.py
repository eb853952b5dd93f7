"""Porta's chart: what Helm renders of it, and what it refuses."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any, Final

import kubernetes_validate
import pytest
import yaml

from infra.charts.porta import chart, values
from infra.settings import Settings
from sim.version import VERSION
from tests.kubernetes import VERSIONS, violations
from tests.porta_chart import Objects, named, render

helm = pytest.importorskip("helm_python")

if TYPE_CHECKING:
    from collections.abc import Iterator
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
            "INFRA_MONITORING": "operator",
            "INFRA_MONITORING_LABEL": "release=stack",
            "INFRA_GRAFANA_DASHBOARD": "true",
            "INFRA_DASHBOARD_URL": "https://dask.example.com/clusters/{cluster}/status?a=1&b=<2>",
            "INFRA_APPLICATION": "PORTA_RESULT_TTL=30d PORTA_LOG_LEVEL=debug",
        }
    ),
}
INSTALLATIONS: Final[dict[str, dict[str, Any]]] = {
    "defaults": values.defaults(),
    **{name: values.of(settings) for name, settings in SETTINGS.items()},
}
RENDERED: Final = {name: render(own, "sedaro") for name, own in INSTALLATIONS.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chart.write(tmp_path_factory.mktemp("chart"))


def of_kind(name: str, kind: str) -> dict[str, dict[str, Any]]:
    return named(RENDERED[name], kind)


def strings(node: Any) -> list[str]:  # noqa: ANN401 -- any JSON
    """Every string in a value, however deep."""
    if isinstance(node, dict):
        return [text for value in node.values() for text in strings(value)]
    if isinstance(node, list):
        return [text for value in node for text in strings(value)]
    return [node] if isinstance(node, str) else []


HOSTILE: Final = "a\"b'c: {{ .Values }}\n- d # e \\ <f> & é"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("image.tag", "Deployment"),
        ("redis.secret", "Deployment"),
        ("redis.tlsSecret", "Deployment"),
        ("gateway.key", "Deployment"),
        ("web.auth.tokens.key", "Deployment"),
        ("web.trustedProxies", "Deployment"),
        ("web.ingress.host", "Ingress"),
        ("web.ingress.tlsSecret", "Ingress"),
        ("notebook.volume.storageClass", "PersistentVolumeClaim"),
        ("network.kubernetesApi", "NetworkPolicy"),
        ("gateway.namespace", "NetworkPolicy"),
        ("settings.PORTA_DASHBOARD_URL", "ConfigMap"),
    ],
)
def test_no_value_can_break_out_of_its_place(path: str, kind: str) -> None:
    installation = values.of(SETTINGS["with tokens"])
    *sections, name = path.split(".")
    section = installation
    for key in sections:
        section = section[key]
    section[name] = HOSTILE
    found = render(installation, "sedaro")

    def names(objects: Objects) -> list[tuple[str, str]]:
        return sorted((item["kind"], item["metadata"]["name"]) for item in objects)

    assert names(found) == names(RENDERED["with tokens"])
    assert [
        text for item in found if item["kind"] == kind for text in strings(item) if HOSTILE in text
    ]


def test_every_value_that_a_template_writes_goes_through_to_json(folder: Path) -> None:
    actions = [
        action
        for path in (folder / "templates").iterdir()
        if path.suffix in {".yaml", ".tpl"}
        for action in re.findall(r"\{\{-? *(.*?) *-?\}\}", path.read_text())
        if any(source in action for source in (".Values.", ".Release.", "$"))
    ]
    decided = ("if ", "range ", "include ")
    assigned = re.compile(r"\$\w+ :?= ")
    written = [
        action
        for action in actions
        if not action.startswith(decided) and not assigned.match(action)
    ]
    assert len(written) > 50
    joined = "traefik-dask-gateway."  # a part of texts that go through it
    assert joined in (folder / "templates" / "_helpers.tpl").read_text()
    assert [one for one in written if not one.endswith("| toJson")] == [".Values.gateway.namespace"]


def test_helm_has_no_complaint(folder: Path) -> None:
    report = helm.lint(str(folder), strict=True)
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > 1] == []


def test_an_unknown_value_is_refused(folder: Path) -> None:
    with helm.Chart.load(str(folder)) as loaded, pytest.raises(helm.HelmError):
        loaded.render({"wbe": {"replicas": 3}}, name="porta", namespace="sedaro")


@pytest.mark.parametrize(
    "version",
    [
        VERSIONS[0],
        # What oldest and newest know, those between hardly miss: `make test` has them, too.
        *(pytest.param(version, marks=pytest.mark.integration) for version in VERSIONS[1:-1]),
        VERSIONS[-1],
    ],
)
def test_kubernetes_knows_every_field(version: str) -> None:
    # Each object once: most are the same in all installations.
    for one in {str(one): one for found in RENDERED.values() for one in found}.values():
        if not one["apiVersion"].startswith("monitoring.coreos.com/"):  # which comes as a CRD
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


def described(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property of the schema, however deep, by its path."""
    for name, own in schema.get("properties", {}).items():
        yield f"{path}{name}", own
        yield from described(own, f"{path}{name}.")


def comments(text: str) -> dict[str, str]:
    """The comment above each value of a file, by the value's path."""
    path: list[str] = []
    found: dict[str, str] = {}
    comment = ""
    for line in text.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        if line.lstrip().startswith("# "):
            comment = line.strip()[2:]
        elif comment:
            path = [*path[:depth], line.strip().split(":")[0]]
            found[".".join(path)] = comment
            comment = ""
        elif re.match(r" *\w+:", line):
            path = [*path[:depth], line.strip().split(":")[0]]
    return found


def test_the_schema_knows_every_value_by_the_same_description(folder: Path) -> None:
    schema = json.loads((folder / "values.schema.json").read_text())
    text = (folder / "values.yaml").read_text()
    properties = dict(described(schema))
    del properties["global"]  # Helm's own
    descriptions = {
        path: own["description"] for path, own in properties.items() if "description" in own
    }
    assert len(descriptions) > 15
    assert descriptions == comments(text)
    for path, own in properties.items():
        found: Any = yaml.safe_load(text)
        for name in path.split("."):
            found = found[name]
        if "properties" in own:
            assert found.keys() == own["properties"].keys()
            assert own["additionalProperties"] is False


def test_chart_image_and_project_have_the_same_version(folder: Path) -> None:
    about = yaml.safe_load((folder / "Chart.yaml").read_text())
    versions = {
        about["version"],
        about["appVersion"],
        values.defaults()["image"]["tag"],
        Settings().image_tag,
        VERSION,
    }
    assert len(versions) == 1


def test_the_chart_of_an_earlier_version_is_removed(tmp_path: Path) -> None:
    earlier, others = tmp_path / "0123456789abcdef" / "porta", tmp_path / "charts" / "porta"
    for one in (earlier, others):
        one.mkdir(parents=True)
        (one / "Chart.yaml").write_text("name: porta\n")
    written = chart.write(tmp_path)
    assert chart.write(tmp_path) == written
    assert set(tmp_path.glob("*/porta")) == {written, others}
    assert not earlier.parent.exists()
    assert (written / "Chart.yaml").exists()


def test_every_file_of_the_chart_is_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--", "."],  # noqa: S607 -- any git will do
        cwd=chart.SOURCE,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    own = chart.files().keys() - chart.ADDED.keys()
    assert own == {name for name in listed if not name.endswith(".py")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"web": {"replicas": 0}},
        {"web": {"auth": {"mode": "maybe"}}},
        {"web": {"service": {"nodePort": "many"}}},
        {"settings": {"PORTA_MAX_RUNS": 4}},
        {"image": {"pullPolicy": "Sometimes"}},
    ],
)
def test_an_invalid_value_is_refused(folder: Path, wrong: dict[str, Any]) -> None:
    with helm.Chart.load(str(folder)) as loaded, pytest.raises(helm.HelmError):
        loaded.render(wrong, name="porta", namespace="sedaro")


def test_another_chart_may_depend_on_it(folder: Path) -> None:
    with helm.Chart.load(str(folder)) as loaded:
        assert loaded.render({"global": {"mine": 1}}, name="porta", namespace="sedaro")
