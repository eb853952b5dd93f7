"""What the namespaces refuse: the server is asked, and makes nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from tests.cluster.kube import GATEWAY, PORTA, Object, Refused
from tests.cluster.probes import restricted_pod

if TYPE_CHECKING:
    from tests.cluster.kube import Kube


def pod(namespace: str) -> Object:
    spec = restricted_pod("porta", "", ["sleep"])
    meta = {"name": "porta-asked", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": deepcopy(spec)}


@pytest.mark.parametrize("namespace", [PORTA, GATEWAY])
def test_a_pod_that_keeps_the_rules_is_admitted(kube: Kube, namespace: str) -> None:
    (made,) = kube.create([pod(namespace)], only_ask=True)
    assert made["spec"]["containers"][0]["image"] == "porta"


def test_a_pod_that_may_be_root_is_refused_beside_porta(kube: Kube) -> None:
    asked = pod(PORTA)
    asked["spec"]["securityContext"] = {"runAsUser": 0}
    with pytest.raises(Refused, match='violates PodSecurity "restricted'):
        kube.create([asked], only_ask=True)


@pytest.mark.parametrize("namespace", [PORTA, GATEWAY])
def test_a_pod_in_the_nodes_network_is_refused(kube: Kube, namespace: str) -> None:
    asked = pod(namespace)
    asked["spec"]["hostNetwork"] = True
    with pytest.raises(Refused, match="violates PodSecurity"):
        kube.create([asked], only_ask=True)


def test_a_pod_beyond_the_quota_is_refused(kube: Kube) -> None:
    asked = pod(PORTA)
    asked["spec"]["containers"][0]["resources"] = {
        bound: {"cpu": "100000", "memory": "64Mi"} for bound in ("requests", "limits")
    }
    with pytest.raises(Refused, match=r"exceeded quota: porta, requested: limits\.cpu=100k"):
        kube.create([asked], only_ask=True)


@pytest.mark.parametrize("namespace", [PORTA, GATEWAY])
def test_a_load_balancer_is_refused(kube: Kube, namespace: str) -> None:
    asked = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "porta-asked", "namespace": namespace},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    with pytest.raises(Refused, match="exceeded quota: porta"):
        kube.create([asked], only_ask=True)


@pytest.mark.parametrize("namespace", [PORTA, GATEWAY])
def test_a_container_that_names_no_size_gets_one(kube: Kube, namespace: str) -> None:
    asked = pod(namespace)
    del asked["spec"]["containers"][0]["resources"]
    (made,) = kube.create([asked], only_ask=True)
    resources = made["spec"]["containers"][0]["resources"]
    assert resources["limits"] == {"cpu": "500m", "memory": "512Mi"}
    assert resources["requests"] == {"cpu": "100m", "memory": "128Mi"}
