"""How many workers the nodes hold, and which size would leave less of them unused."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from infra.check import fitting
from infra.check.nodes import Request, own
from infra.settings import Settings
from tests.recorded_cluster import recorded

if TYPE_CHECKING:
    from infra.check.answers import Answers

GIB = 2**30


def size(cpu: str, gib: float) -> Request:
    return Request(Fraction(cpu), Fraction(gib) * GIB)


def nodes(*allocatable: tuple[str, str]) -> Answers:
    """Nodes with nothing on them."""
    answers = recorded("healthy")
    (node,) = answers.of_cluster("Node")
    made = []
    for number, (cpu, memory) in enumerate(allocatable):
        one = deepcopy(node)
        one["metadata"]["name"] = f"node{number}"
        one["status"]["allocatable"] = {"cpu": cpu, "memory": memory}
        made.append(one)
    return replace(answers, cluster=made)


def said(answers: Answers, **settings: str) -> list[str]:
    given = Settings.load({f"INFRA_{name.upper()}": text for name, text in settings.items()})
    return list(fitting.sentences(given, answers))


@pytest.mark.parametrize(
    ("node", "worker", "held"),
    [
        (size("3.92", 15), size("1", 1), 3),
        (size("4", 3), size("1", 1), 3),  # memory is what there is less of
        (size("0.5", 3), size("1", 1), 0),
    ],
)
def test_a_node_holds_whole_workers(node: Request, worker: Request, held: int) -> None:
    assert fitting.holds(node, worker) == held


def test_a_slightly_smaller_worker_that_divides_the_node_is_proposed() -> None:
    worker = size("1", 1)
    assert fitting.proposal(size("3.92", 15), worker) == " With worker_cores 0.98 it would be 4."
    both = fitting.proposal(size("3.92", 3.9), worker)
    assert both == " With worker_cores 0.98 and worker_memory 998Mi it would be 4."


@pytest.mark.parametrize(("cores", "gib"), [("3.92", 15.0), ("7.91", 7.2), ("1.9", 2.5)])
def test_what_is_proposed_fits_the_node_once_more(cores: str, gib: float) -> None:
    node, worker = size(cores, gib), size("1", 1)
    words = fitting.proposal(node, worker).replace(" and", "").split()
    given = dict(zip(words[1::2], words[2::2], strict=False))
    smaller = Settings.load(
        {f"INFRA_{name.upper()}": text for name, text in given.items() if "_" in name}
        | {"INFRA_PROFILE": "production", "INFRA_INGRESS_HOST": "porta.example.com"}
    )
    cpu = Fraction(str(smaller.worker_cores))
    memory = smaller.worker_memory
    mib = int(memory.removesuffix("Mi")) if memory.endswith("Mi") else 1024
    held = fitting.holds(node, Request(cpu, Fraction(mib * 2**20)))
    assert held == fitting.holds(node, worker) + 1


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (size("4.2", 16), "little is unused"),
        (size("1.4", 16), "a second one would be much smaller"),
        (size("16", 2.1), "there is no memory for one more"),
    ],
)
def test_nothing_is_proposed_where_it_would_gain_nothing(node: Request, why: str) -> None:
    assert fitting.proposal(node, size("1", 1)) == "", why


def test_each_kind_of_node_is_a_sentence_and_nodes_that_hardly_differ_are_one_kind() -> None:
    answers = nodes(("3920m", "15300000Ki"), ("3920m", "15299990Ki"), ("1930m", "7000000Ki"))
    first, second = said(answers, worker_cores="1", worker_memory="1Gi")
    beside = (
        "Beside pods that are not Porta's, and before Porta's own, which ask for"
        f" {own(Settings.load({}))}, "
    )
    assert first.startswith(
        f"{beside}2 nodes have room for 3 workers each (1 CPUs and 1024 MiB); 0.9 CPUs"
    )
    assert first.endswith("With worker_cores 0.97 it would be 4.")
    assert second.startswith(f"{beside}1 node has room for 1 worker (1 CPUs and ")


def test_what_porta_itself_asks_for_is_that_of_all_its_pods() -> None:
    few = {"web_replicas": "1", "web_replicas_limit": "3"}
    one = said(nodes(("4", "16Gi")), **few)[0]
    three = said(nodes(("4", "16Gi")), **few | {"web_replicas": "3"})[0]
    assert "which ask for 0.55 CPUs and 2048 MiB, 1 node has room for " in one  # as docs/deploy.md
    assert "which ask for 0.75 CPUs and 2816 MiB, 1 node has room for " in three


def test_a_worker_that_divides_its_nodes_leaves_nothing_to_say() -> None:
    (sentence,) = said(nodes(("4", "16Gi")), worker_cores="2", worker_memory="8Gi")
    assert sentence.endswith("0 CPUs and 0 MiB are left.")
