"""Asks a cluster, through kubectl: the settings' kubeconfig and context, and a deadline each time.

The values of Secrets are not asked for. Helm's own Secrets are, because they hold the values and
manifests of each revision; no password is in those.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import yaml

from infra import naming
from infra.charts.porta import chart
from infra.check.answers import Answers, Release
from infra.programs import ClusterPrograms, ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.check.answers import Object
    from infra.settings import Settings

__all__ = ["ask", "read_release"]

DEADLINE_S: Final = 30.0  # of each call; a cluster on the same continent answers within one
RELEASES: Final = (naming.REDIS_RELEASE, naming.GATEWAY_RELEASE, chart.NAME)
KINDS: Final = "pods,deployments,statefulsets,persistentvolumeclaims,resourcequotas,events"
# One line for each Secret: its name, then its keys. The values stay in kubectl.
KEYS: Final = (
    '{{range .items}}{{.metadata.name}}{{range $key, $_ := .data}} {{$key}}{{end}}{{"\\n"}}{{end}}'
)
# The administrator's password is in the pod already, and does not leave it.
REDIS_INFO: Final = """
REDISCLI_AUTH=$(awk '$1 == "user" && $2 == "default" {print substr($4, 2)}' /etc/redis/users.acl)
export REDISCLI_AUTH
tls=
test ! -e /etc/redis/tls/ca.crt || tls="--tls --cacert /etc/redis/tls/ca.crt"
redis-cli $tls --no-auth-warning INFO memory
"""


@dataclass(frozen=True, slots=True)
class _Kubectl:
    """kubectl, with one deadline for each call; raises ProgramError."""

    programs: ClusterPrograms
    deadline_s: float

    def text(self, *words: str) -> str:
        """Return what kubectl prints."""
        return self.programs.kubectl(*words, within_s=self.deadline_s)

    def json(self, *words: str) -> Object:
        """Return what kubectl answers in JSON."""
        answer: Object = json.loads(self.text(*words, "-o", "json"))
        return answer


def ask(settings: Settings, *, deadline_s: float = DEADLINE_S) -> Answers:
    """Ask for everything that the check looks at. Raises ProgramError."""
    kubectl = _Kubectl(ClusterPrograms.of(settings), deadline_s)
    spaces = (settings.namespace, settings.gateway_namespace)
    return Answers(
        version=kubectl.json("version")["serverVersion"]["gitVersion"],
        cluster=[
            *kubectl.json("get", "nodes,storageclasses")["items"],
            *kubectl.json("get", "pods", "--all-namespaces")["items"],
        ],
        objects=[
            one for space in spaces for one in kubectl.json("get", KINDS, "-n", space)["items"]
        ],
        secrets={name: keys for space in spaces for name, keys in _secrets(kubectl, space)},
        releases=[one for space in spaces for one in _releases(kubectl, space)],
        redis_bytes=_redis_bytes(kubectl, settings.namespace),
    )


def _secrets(kubectl: _Kubectl, space: str) -> Iterator[tuple[str, list[str]]]:
    listed = kubectl.text("get", "secrets", "-n", space, "-o", f"go-template={KEYS}")
    for name, *keys in (line.split() for line in listed.splitlines() if line):
        yield f"{space}/{name}", keys


def _releases(kubectl: _Kubectl, space: str) -> list[Release]:
    selector = f"owner=helm,name in ({','.join(RELEASES)})"
    stored = kubectl.json("get", "secrets", "-n", space, "-l", selector)["items"]
    return [read_release(one["data"]["release"], space) for one in stored]


def read_release(text: str, namespace: str) -> Release:
    """Read a revision as Helm stores it: gzip in base64, in the base64 of every Secret."""
    stored = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(text))))
    return Release(
        name=stored["name"],
        namespace=namespace,
        revision=stored["version"],
        status=stored["info"]["status"],
        description=stored["info"].get("description", ""),
        chart_version=stored["chart"]["metadata"]["version"],
        values=stored.get("config") or {},
        images=dict(_images(stored.get("manifest", ""))),
    )


def _images(manifest: str) -> Iterator[tuple[str, str]]:
    """Yield the image of each container in a release's manifests."""
    for one in yaml.safe_load_all(manifest):
        if one and one["kind"] in {"Deployment", "StatefulSet"}:
            for container in one["spec"]["template"]["spec"]["containers"]:
                name = f"{one['kind']}/{one['metadata']['name']}/{container['name']}"
                yield name, container["image"]


def _redis_bytes(kubectl: _Kubectl, space: str) -> int | None:
    """Return how much memory Redis uses, None if it can't be asked."""
    pod = f"{naming.REDIS_RELEASE}-0"
    try:
        info = kubectl.text("exec", "-n", space, pod, "--", "sh", "-euc", REDIS_INFO)
    except ProgramError:
        return None
    found = re.search(r"^used_memory:([0-9]+)", info, re.MULTILINE)
    return int(found[1]) if found else None
