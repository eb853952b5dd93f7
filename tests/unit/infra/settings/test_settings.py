"""Where settings come from, and which of the sources wins."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from infra.settings import Settings, SettingsError


def test_minikube_is_the_default_and_is_reached_by_a_node_port() -> None:
    assert Settings.load({}).profile == "minikube"
    assert Settings.load({}).exposure == "nodeport"


def test_the_environment_wins_over_the_file_and_the_file_over_the_profile(tmp_path: Path) -> None:
    file = tmp_path / "infra.yaml"
    file.write_text("web_replicas_limit: 9\nmax_runs: 3\n")
    found = Settings.load({"INFRA_FILE": str(file), "INFRA_MAX_RUNS": "5"})
    assert (found.web_replicas_limit, found.max_runs, found.web_replicas) == (9, 5, 1)


def test_kubectls_own_variable_selects_the_cluster_unless_a_setting_does() -> None:
    assert Settings.load({}).kubeconfig == "~/.kube/config"
    assert Settings.load({"KUBECONFIG": "/etc/k3s.yaml"}).kubeconfig == "/etc/k3s.yaml"
    both = {"KUBECONFIG": "/etc/k3s.yaml", "INFRA_KUBECONFIG": "mine"}
    assert Settings.load(both).kubeconfig == "mine"


def test_variables_of_porta_come_as_a_text_or_as_a_mapping_in_the_file(tmp_path: Path) -> None:
    expected = (("PORTA_LOG_LEVEL", "debug"), ("PORTA_RESULT_TTL", "30d"))
    text = "PORTA_RESULT_TTL=30d PORTA_LOG_LEVEL=debug"
    assert Settings.load({"INFRA_APPLICATION": text}).application == expected
    file = tmp_path / "infra.yaml"
    file.write_text("application:\n  PORTA_RESULT_TTL: 30d\n  PORTA_LOG_LEVEL: debug\n")
    assert Settings.load({"INFRA_FILE": str(file)}).application == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INFRA_PROFILE", "moon"),
        ("INFRA_WEB_REPLICA", "2"),
        ("INFRA_WEB_REPLICAS", "many"),
        ("INFRA_WEB_REPLICAS", "0"),
        ("INFRA_WEB_REPLICAS", "101"),
        ("INFRA_NAMESPACE", "Sedaro!"),
        ("INFRA_NAMESPACE", "sedaro-gateway"),
        ("INFRA_NOTEBOOK", "perhaps"),
        ("INFRA_EXPOSURE", "ingress"),
        ("INFRA_INGRESS_HOST", "no host"),
        ("INFRA_BACKEND", "s3"),
        ("INFRA_BACKEND", "http"),
        ("INFRA_BACKEND", "tape"),
        ("INFRA_NODE_PORT", "80"),
        ("INFRA_WORKER_CORES", "half"),
        ("INFRA_WORKER_CORES", "0"),
        ("INFRA_WORKER_MEMORY", "1 GB"),
        ("INFRA_WORKER_MEMORY", "1"),
        ("INFRA_WORKER_NODES", "spot"),
        ("INFRA_MONITORING", "zabbix"),
        ("INFRA_MONITORING_LABEL", "stack"),
        ("INFRA_WORKER_NODES", "a b=c"),
        ("INFRA_REDIS_MEMORY", "lots"),
        ("INFRA_POD_CPU", "2"),
        ("INFRA_POD_MEMORY", "2Gi"),
        ("INFRA_KUBERNETES_API_CIDR", "everywhere"),
        ("INFRA_APPLICATION", "RESULT_TTL=30d"),
        ("INFRA_AUTH", "perhaps"),
        ("INFRA_FILE", "nowhere.yaml"),
    ],
)
def test_an_invalid_value_is_refused_with_a_sentence(name: str, value: str) -> None:
    ingress = {"INFRA_EXPOSURE": "ingress"} if name == "INFRA_INGRESS_HOST" else {}
    with pytest.raises(SettingsError, match=r"\.$"):
        Settings.load({**ingress, name: value})


@pytest.mark.parametrize("text", ["- a list\n", "{", "replicas: 3\n"])
def test_an_invalid_file_is_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "infra.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"\.$"):
        Settings.load({"INFRA_FILE": str(file)})


def test_every_setting_is_documented() -> None:
    table = (Path(__file__).parents[4] / "docs" / "deploy.md").read_text()
    assert [field.name for field in fields(Settings) if f"`{field.name}`" not in table] == []


def test_no_setting_holds_a_secret() -> None:
    names = [field.name for field in fields(Settings)]
    assert not [name for name in names if "password" in name or "token" in name]
