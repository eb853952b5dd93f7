"""What a cluster holds beside its namespaces' contents: what a deployment might leave behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.cluster.kube import Kube

__all__ = ["of", "ours"]

# What changes by itself, is nobody's, or follows CRDs: they come and go with them.
# https://kubernetes.io/docs/reference/kubernetes-api/
VOLATILE: Final = {
    "apiservices.apiregistration.k8s.io",
    "certificatesigningrequests.certificates.k8s.io",
    "componentstatuses",
}
WORDS: Final = ("sedaro", "porta", "dask", "traefik")


def of(kube: Kube) -> dict[str, str]:
    """Return every object that is in no namespace, as kind/name: its JSON."""
    kinds = kube.text("api-resources", "--namespaced=false", "--verbs=list,get", "-o", "name")
    wanted = sorted(
        one for one in kinds.split() if one not in VOLATILE and not one.endswith(".metrics.k8s.io")
    )
    items = json.loads(kube.text("get", ",".join(wanted), "-o", "json"))["items"]
    return {f"{one['kind']}/{one['metadata']['name']}": json.dumps(one) for one in items}


def ours(before: dict[str, str], now: dict[str, str]) -> set[str]:
    """Return what is new and speaks of Porta, its Gateway, or their namespaces."""
    return {
        name
        for name in now.keys() - before.keys()
        if any(word in now[name].lower() for word in WORDS)
    }
