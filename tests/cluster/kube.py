"""Asks the cluster, and makes objects of the tests' own: kubectl, by words and JSON."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["GATEWAY", "PORTA", "Kube", "Object", "Refused", "is_ready"]

Object = dict[str, Any]

PORTA: Final = "sedaro"
GATEWAY: Final = "sedaro-gateway"
DEADLINE_S: Final = 60.0


class Refused(AssertionError):
    """kubectl failed; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Kube:
    """kubectl on the cluster that is tested."""

    environ: Mapping[str, str]

    def text(self, *words: str, given: str = "", within_s: float = DEADLINE_S) -> str:
        """Return what kubectl prints; raises Refused."""
        try:
            done = subprocess.run(  # noqa: S603 -- the tests' own words
                ["kubectl", *words],  # noqa: S607 -- the user's own
                env=dict(self.environ),
                input=given,
                capture_output=True,
                text=True,
                timeout=within_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Refused(f"kubectl {words[0]} did not end within {within_s:g} s.") from None
        if done.returncode:
            raise Refused(f"kubectl {' '.join(words[:6])}: {done.stderr.strip()}")
        return done.stdout

    def items(self, kind: str, namespace: str = "", *, labels: str = "") -> list[Object]:
        """Return the objects of a kind, of one namespace or of all."""
        where = ("-n", namespace) if namespace else ("--all-namespaces",)
        selected = ("-l", labels) if labels else ()
        items: list[Object] = json.loads(self.text("get", kind, *where, *selected, "-o", "json"))[
            "items"
        ]
        return items

    def pods(self, namespace: str, component: str = "") -> list[Object]:
        """Return the pods of a namespace that have neither ended nor are being deleted."""
        labels = f"app.kubernetes.io/component={component}" if component else ""
        return [
            one
            for one in self.items("pods", namespace, labels=labels)
            if "deletionTimestamp" not in one["metadata"]
            and one["status"].get("phase") not in {"Succeeded", "Failed"}
        ]

    def secret(self, namespace: str, name: str) -> dict[str, str]:
        """Return the keys and values of a Secret, in base64."""
        data: dict[str, str] = json.loads(
            self.text("get", "secret", name, "-n", namespace, "-o", "json")
        )["data"]
        return data

    def create(self, objects: Sequence[Object], *, only_ask: bool = False) -> list[Object]:
        """Make objects, or ask the server what it would make of them; raises Refused."""
        dry = ("--dry-run=server",) if only_ask else ()
        return [
            json.loads(self.text("create", "-f", "-", *dry, "-o", "json", given=json.dumps(one)))
            for one in objects
        ]


def is_ready(pod: Object) -> bool:
    """Whether a pod is ready."""
    conditions = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
