"""The commands of docs/deploy.md that the cluster test runs, word by word as they are there.

A command that the document no longer has is an error as soon as this module is imported.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["DOCUMENT", "commands", "documented"]

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "deploy.md"


def commands(text: str) -> set[str]:
    """Return the commands of a document: its shell blocks' lines, and what is in backticks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    joined = "".join(blocks).replace("|\n    ", "| ")
    lines = {re.sub(r"\s{2,}#.*", "", line).strip() for line in joined.splitlines()}
    return lines | {" ".join(one.split()) for one in re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", text)}


_KNOWN: Final = commands(DOCUMENT.read_text("utf-8"))


def documented(command: str) -> str:
    """Return the command, which must be in the document; raises LookupError."""
    if command not in _KNOWN:
        raise LookupError(f"docs/deploy.md no longer has this command: {command}")
    return command


DEPLOY: Final = documented("cdktf deploy infra-base infra-apps")
DESTROY: Final = documented("cdktf destroy infra-apps infra-base")
UPGRADE: Final = documented("INFRA_IMAGE_TAG=0.2.0 cdktf deploy infra-base infra-apps")
CHECK: Final = documented(".venv/bin/python -m infra.check")
LOAD: Final = documented("make image-load")
FORWARD: Final = documented("kubectl -n sedaro port-forward service/porta 8080:80")
VERIFY: Final = documented(".venv/bin/porta verify 100000000 --server http://localhost:8080")
CLUSTERS: Final = documented("kubectl -n sedaro get daskclusters")
PROBE: Final = documented("kubectl -n sedaro exec deployment/runner -- porta probe runner")
ROLLBACK: Final = documented("helm -n sedaro rollback porta")
TOKEN: Final = documented(
    "kubectl -n sedaro get secret porta-notebook -o jsonpath='{.data.token}' | base64 -d"
)
RESTART_GATEWAY: Final = documented(
    "kubectl -n sedaro-gateway rollout restart deployment/api-dask-gateway"
    " deployment/controller-dask-gateway"
)
DRAIN: Final = documented("kubectl drain NODE --ignore-daemonsets --delete-emptydir-data --force")
UNCORDON: Final = documented("kubectl uncordon NODE")
BACKUP: Final = documented("scripts/redis-backup > porta.rdb")
RESTORE: Final = documented("scripts/redis-restore < porta.rdb")
SAVE_NOTEBOOKS: Final = documented(
    "kubectl -n sedaro exec deployment/notebook --"
    " tar -C /work --exclude ./lost+found -cf - . > notebooks.tar"
)
BRING_NOTEBOOKS: Final = documented(
    "kubectl -n sedaro exec -i deployment/notebook --"
    " tar -C /work --strip-components 1 -xf - < notebooks.tar"
)
DELETE_CRDS: Final = documented(
    r"kubectl get crd -o name | grep -E 'gateway\.dask\.org|traefik\.io' | xargs kubectl delete"
)
