"""The PriorityClasses: workers below everything, our own pods above."""

from __future__ import annotations

import kubernetes_validate
import pytest

from infra import naming
from infra.charts import priorities
from tests.kubernetes import VERSIONS

DEFAULT = 0  # of a pod without a class
CUTOFF = -10  # the cluster autoscaler adds no node for pods below it


def test_workers_stand_below_a_pod_without_a_class_and_ours_above() -> None:
    values = {one["metadata"]["name"]: one["value"] for one in priorities.classes()}
    assert CUTOFF < values[naming.WORKER_PRIORITY] < DEFAULT < values[naming.SERVICE_PRIORITY]
    assert values[naming.SCHEDULER_PRIORITY] == DEFAULT


def test_no_pod_of_a_cluster_makes_another_pod_go() -> None:
    said = {one["metadata"]["name"]: one.get("preemptionPolicy") for one in priorities.classes()}
    assert said == {
        naming.SERVICE_PRIORITY: None,  # Kubernetes' default: it does
        naming.SCHEDULER_PRIORITY: "Never",
        naming.WORKER_PRIORITY: "Never",
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_knows_every_field(version: str) -> None:
    for one in priorities.classes():
        kubernetes_validate.validate(one, version, strict=True)
