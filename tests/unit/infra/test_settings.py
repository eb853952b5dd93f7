from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def test_minikube_is_the_default_and_is_reached_by_a_node_port() -> None:
    assert Settings.load({}).profile == "minikube"
    assert Settings.load({}).exposure == "nodeport"


def test_the_environment_wins_over_the_file_and_the_file_over_the_profile(tmp_path: Path) -> None:
    file = tmp_path / "infra.yaml"
    file.write_text("web_replicas_limit: 9\nmax_runs: 3\n")
    found = Settings.load({"INFRA_FILE": str(file), "INFRA_MAX_RUNS": "5"})
    assert (found.web_replicas_limit, found.max_runs, found.web_replicas) == (9, 5, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INFRA_PROFILE", "moon"),
        ("INFRA_WEB_REPLICA", "2"),
        ("INFRA_WEB_REPLICAS", "many"),
        ("INFRA_NAMESPACE", "Sedaro!"),
        ("INFRA_NOTEBOOK", "perhaps"),
        ("INFRA_EXPOSURE", "ingress"),
        ("INFRA_BACKEND", "s3"),
        ("INFRA_QUOTA_CPU", "500m"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=r"\.$"):
        Settings.load({name: value})
