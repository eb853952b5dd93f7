"""Asks a cluster, through kubectl: the settings' kubeconfig and context, and a deadline each time.

The values of Secrets are not asked for. Helm's own Secrets are, because they hold the values and
manifests of each revision; no password is in those.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from infra import naming
from infra.charts.porta import chart
from infra.check.answers import Answers, Release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.check.answers import Object
    from infra.settings import Settings

__all__ = ["ClusterError", "ask", "read_release"]

DEADLINE_S: Final = 20  # of each call; a cluster on the same continent answers within one
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


class ClusterError(Exception):
    """The cluster can't be asked; the message is kubectl's."""


def ask(settings: Settings) -> Answers:
    """Ask for everything that the check looks at. Raises ClusterError."""
    spaces = (settings.namespace, settings.gateway_namespace)
    return Answers(
        version=_json(settings, "version")["serverVersion"]["gitVersion"],
        cluster=[
            *_json(settings, "get", "nodes,storageclasses")["items"],
            *_json(settings, "get", "pods", "--all-namespaces")["items"],
        ],
        objects=[
            one for space in spaces for one in _json(settings, "get", KINDS, "-n", space)["items"]
        ],
        secrets={name: keys for space in spaces for name, keys in _secrets(settings, space)},
        releases=[one for space in spaces for one in _releases(settings, space)],
        redis_bytes=_redis_bytes(settings),
    )


def _secrets(settings: Settings, space: str) -> Iterator[tuple[str, list[str]]]:
    listed = _kubectl(settings, "get", "secrets", "-n", space, "-o", f"go-template={KEYS}")
    for name, *keys in (line.split() for line in listed.splitlines() if line):
        yield f"{space}/{name}", keys


def _releases(settings: Settings, space: str) -> list[Release]:
    selector = f"owner=helm,name in ({','.join(RELEASES)})"
    stored = _json(settings, "get", "secrets", "-n", space, "-l", selector)["items"]
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


def _redis_bytes(settings: Settings) -> int | None:
    """Return how much memory Redis uses, None if it can't be asked."""
    pod = f"{naming.REDIS_RELEASE}-0"
    try:
        info = _kubectl(
            settings, "exec", "-n", settings.namespace, pod, "--", "sh", "-euc", REDIS_INFO
        )
    except ClusterError:
        return None
    found = re.search(r"^used_memory:([0-9]+)", info, re.MULTILINE)
    return int(found[1]) if found else None


def _json(settings: Settings, *words: str) -> Object:
    answer: dict[str, Any] = json.loads(_kubectl(settings, *words, "-o", "json"))
    return answer


def _kubectl(settings: Settings, *words: str) -> str:
    files = settings.kubeconfig.split(os.pathsep)
    kubeconfig = os.pathsep.join(str(Path(one).expanduser()) for one in files if one)
    context = ["--context", settings.kube_context] if settings.kube_context else []
    command = ["kubectl", *context, f"--request-timeout={DEADLINE_S}s", *words]
    try:
        done = subprocess.run(  # noqa: S603 -- no shell, and every word is ours or a validated setting
            command,
            env=os.environ | {"KUBECONFIG": kubeconfig},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S + 5,
            check=True,
        )
    except FileNotFoundError:
        raise ClusterError("kubectl is not installed, or not in PATH.") from None
    except subprocess.TimeoutExpired:
        raise ClusterError(f"the cluster did not answer within {DEADLINE_S} s.") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or [f"kubectl ended with {error.returncode}."]
        raise ClusterError(lines[-1]) from None
    return done.stdout
