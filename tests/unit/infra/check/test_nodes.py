"""Nodes: Kubernetes' version, and room for a cluster."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from infra.charts.porta.chart import files
from infra.check import nodes
from infra.settings import Settings
from tests.recorded_cluster import SETTINGS, changed, recorded


def room(**settings: str) -> list[str]:
    given = Settings.load({f"INFRA_{name.upper()}": text for name, text in settings.items()})
    return [one.sentence for one in nodes.room(given, recorded("healthy"))]


@pytest.mark.parametrize("version", ["v1.29.14", "v1.29.0+k3s1", "v0.99.0"])
def test_a_kubernetes_that_is_too_old_is_found(version: str) -> None:
    (found,) = nodes.version(SETTINGS, replace(recorded("healthy"), version=version))
    assert version in found.sentence
    assert found.sentence.endswith("Porta needs 1.30 or newer.")


@pytest.mark.parametrize("version", ["v1.30.0", "v1.30.4-eks-a737599", "v1.36.3", "v2.0.0"])
def test_a_kubernetes_that_is_new_enough_is_not_found(version: str) -> None:
    assert list(nodes.version(SETTINGS, replace(recorded("healthy"), version=version))) == []


def test_the_oldest_version_is_the_one_with_the_sleep_before_a_pods_end() -> None:
    assert "sleep:" in files()["templates/web-deployment.yaml"]
    assert nodes.OLDEST == (1, 30)


def test_a_node_that_holds_porta_and_a_cluster_has_room() -> None:
    assert room() == []


def test_a_worker_that_no_node_holds_is_found() -> None:
    (sentence,) = room(worker_memory="64Gi")
    assert sentence.startswith("No node is large enough for a worker: it asks for 0.5 CPUs and")
    assert "65536 MiB" in sentence


def test_a_cluster_that_the_nodes_do_not_hold_is_found() -> None:
    (sentence,) = room(max_workers="400")
    assert "(a scheduler and 400 workers)" in sentence
    assert "no place is left for a worker" in sentence


@pytest.mark.parametrize(
    "change", [{"unschedulable": True}, {"taints": [{"effect": "NoSchedule"}]}]
)
def test_a_node_that_takes_no_pods_holds_none(change: dict[str, Any]) -> None:
    answers = changed(recorded("healthy"), "Node", "node1", lambda one: one["spec"].update(change))
    (found,) = nodes.room(SETTINGS, answers)
    assert "large enough for a scheduler" in found.sentence


def test_pods_of_others_take_their_room() -> None:
    def grow(pod: dict[str, Any]) -> None:
        pod["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "64", "memory": "1Gi"}}

    (found,) = nodes.room(SETTINGS, changed(recorded("healthy"), "Pod", "coredns", grow))
    assert "no room for Porta" in found.sentence


SPOT: dict[str, Any] = {"key": "cloud.example/spot", "effect": "NoSchedule"}


def spot(node: dict[str, Any]) -> None:
    """Make a node one that takes workers only, as clouds mark spot nodes."""
    node["metadata"]["labels"] = {"cloud.example/spot": "true"}
    node["spec"]["taints"] = [SPOT]


def with_a_spot_node() -> Any:  # noqa: ANN401 -- answers
    answers = recorded("healthy")
    (ordinary,) = answers.of_cluster("Node")
    added = deepcopy(ordinary)
    added["metadata"]["name"] = "spot1"
    spot(added)
    return replace(answers, cluster=[*answers.cluster, added])


def test_workers_that_ask_for_spot_nodes_are_placed_on_these_only() -> None:
    asks = Settings.load({"INFRA_WORKER_NODES": "cloud.example/spot=true"})
    (found,) = nodes.room(asks, recorded("healthy"))
    assert "a worker: it asks for" in found.sentence
    assert "on a node with cloud.example/spot=true." in found.sentence
    assert list(nodes.room(asks, with_a_spot_node())) == []


def test_a_spot_node_takes_nothing_but_workers() -> None:
    asks = Settings.load({"INFRA_WORKER_NODES": "cloud.example/spot=true"})
    answers = changed(recorded("healthy"), "Node", "node1", spot)
    (found,) = nodes.room(asks, answers)
    assert "large enough for a scheduler" in found.sentence
