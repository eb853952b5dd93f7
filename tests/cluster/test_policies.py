"""Each NetworkPolicy, probed from inside: what Porta needs is open, and everything else is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.cluster.probes import ENDS, STRANGER, Probes
from tests.cluster.story import say, timed
from tests.cluster.waiting import until
from tests.pod_flows import NEEDED, PORTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.deployment import Deployment

KUBERNETES: Final = ("kubernetes.default.svc", 443)
CALL_KUBERNETES: Final = {"traefik", "api", "controller"}
ENFORCED_S: Final = 60.0  # a network learns of a new pod a moment after it has an address


@pytest.fixture(scope="module")
def probes(deployment: Deployment) -> Iterator[Probes]:
    settings = deployment.effective()
    image = f"{settings.image}:{settings.image_tag}"
    probes = Probes(deployment.kube, image, settings.image_pull_secret)
    try:
        with timed("a pod in the place of each component, and a stranger"):
            probes.start()
        yield probes
    finally:
        probes.stop()


def opened(probes: Probes, source: str) -> set[tuple[str, str, int]]:
    """The connections of a pod to all others that are open."""
    ends = {address: end for end, address in probes.addresses().items() if end != source}
    found = probes.connect(source, [(address, port) for address in ends for port in PORTS])
    return {(source, ends[host], port) for (host, port), how in found.items() if how == "open"}


@pytest.mark.parametrize("source", [end for end in ENDS if end != STRANGER])
def test_pods_reach_what_they_need_and_nothing_else(probes: Probes, source: str) -> None:
    needed = {flow for flow in NEEDED if flow[0] == source and flow[1] != source}
    until(lambda: needed <= opened(probes, source), f"open: {needed}", within_s=ENFORCED_S)
    found = opened(probes, source)
    say(f"{source}: " + (", ".join(f"{end}:{port}" for _, end, port in sorted(found)) or "nothing"))
    assert found == needed


def test_a_stranger_reaches_the_web_where_a_node_has_a_port_for_it_and_nothing_else(
    probes: Probes, deployment: Deployment
) -> None:
    by_port = deployment.effective().exposure == "nodeport"
    found = opened(probes, STRANGER)
    say(f"a stranger: {sorted(found)}")
    # Some networks do not count pods among the addresses 0.0.0.0/0.
    assert found <= ({(STRANGER, "web", 8080)} if by_port else set())


@pytest.mark.parametrize("source", ENDS)
def test_only_the_gateways_pods_and_strangers_reach_kubernetes(probes: Probes, source: str) -> None:
    (how,) = probes.connect(source, [KUBERNETES]).values()
    assert how == ("open" if source in {*CALL_KUBERNETES, STRANGER} else "denied")
