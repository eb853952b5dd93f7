"""The end: nothing is left but what the document says, and its command removes that, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.cluster import commands, inventory
from tests.cluster.story import say
from tests.cluster.waiting import until

if TYPE_CHECKING:
    from tests.cluster.deployment import Deployment
    from tests.cluster.kube import Kube
    from tests.cluster.told import Told

GONE_S: Final = 180.0
CRD: Final = "CustomResourceDefinition/"
DELETED: Final = re.compile(commands.DELETE_CRDS.split("'")[1])  # what the command selects
KEPT: Final = (".gateway.dask.org", ".traefik.io")


def test_destroy_leaves_nothing_but_crds(deployment: Deployment, kube: Kube, told: Told) -> None:
    deployment.destroy()
    # Volumes and roles are gone a moment after their namespaces.
    until(lambda: not _beside_crds(kube, told), "only CRDs are left", within_s=GONE_S)
    left = inventory.ours(told.before, inventory.of(kube))
    say(f"left: {', '.join(sorted(left)) or 'nothing'}")
    assert all(name.endswith(KEPT) for name in left)


def _beside_crds(kube: Kube, told: Told) -> set[str]:
    left = inventory.ours(told.before, inventory.of(kube))
    return {name for name in left if not name.startswith(CRD)}


def test_the_documents_command_removes_the_crds(
    deployment: Deployment, kube: Kube, told: Told
) -> None:
    if any(name.startswith(CRD) and DELETED.search(name) for name in told.before):
        say("some were there before, so they stay")
        return
    deployment.shell.run(commands.DELETE_CRDS)
    until(
        lambda: not inventory.ours(told.before, inventory.of(kube)),
        "nothing is left",
        within_s=GONE_S,
    )
