"""A synthesised stack, read for kubectl and Helm: the same file that Terraform reads.

A kind of resource that is not known here is an error, so nothing is left out in silence.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.naming import SECRETS_REVISION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Object", "Release", "Secret", "Stack", "StackError", "read"]

Object = dict[str, Any]

PASSWORD: Final = re.compile(r"\$\{ephemeral\.random_password\.(\w+)\.result\}")
KINDS: Final = {
    "kubernetes_namespace_v1",
    "kubernetes_resource_quota_v1",
    "kubernetes_limit_range_v1",
    "kubernetes_secret_v1",
    "helm_release",
}


class StackError(Exception):
    """A stack has something that is not understood; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A Secret whose texts name the passwords that are made for it."""

    name: str
    namespace: str
    kind: str
    revision: str
    texts: dict[str, str]  # with Terraform's references to ephemeral passwords

    def manifest(self, passwords: Mapping[str, str]) -> Object:
        """Return the object, with the passwords in it and the revision as an annotation."""
        filled = {
            key: PASSWORD.sub(lambda found: passwords[found[1]], text)
            for key, text in self.texts.items()
        }
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": self.kind,
            "metadata": {
                "name": self.name,
                "namespace": self.namespace,
                "annotations": {SECRETS_REVISION: self.revision},
            },
            "data": {key: b64encode(text.encode()).decode() for key, text in filled.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A Helm release."""

    name: str
    namespace: str
    chart: str  # a path, the name of a chart in `repository`, or an oci:// address
    repository: str
    version: str
    values: str  # YAML
    timeout_s: int
    history: int  # how many revisions are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What a stack consists of, in the order in which it is made."""

    name: str
    namespaces: list[Object]
    bounds: list[Object]  # quotas, and defaults for containers without limits
    passwords: dict[str, int]  # lengths, by name
    secrets: list[Secret]
    releases: list[Release]


def read(output: Path, name: str) -> Stack:
    """Read a stack from the folder that was synthesised. Raises StackError."""
    folder = output / "stacks" / name
    try:
        written = json.loads((folder / "cdk.tf.json").read_text("utf-8"))
    except FileNotFoundError:
        raise StackError(
            f"There is no stack {name}; there are infra-base and infra-apps."
        ) from None
    found: dict[str, dict[str, Object]] = written["resource"]
    if unknown := sorted(found.keys() - KINDS):
        raise StackError(f"The stack {name} has a {unknown[0]}, which only Terraform can make.")

    def of(kind: str) -> list[Object]:
        return list(found.get(kind, {}).values())

    ephemeral = written.get("ephemeral", {}).get("random_password", {})
    return Stack(
        name=name,
        namespaces=[_object("Namespace", one) for one in of("kubernetes_namespace_v1")],
        bounds=[
            *(_object("ResourceQuota", one) for one in of("kubernetes_resource_quota_v1")),
            *(_limit_range(one) for one in of("kubernetes_limit_range_v1")),
        ],
        passwords={key: one["length"] for key, one in ephemeral.items()},
        secrets=[_secret(one) for one in of("kubernetes_secret_v1")],
        releases=[_release(one, folder) for one in of("helm_release")],
    )


def _object(kind: str, resource: Object) -> Object:
    spec = {"spec": resource["spec"]} if "spec" in resource else {}
    return {"apiVersion": "v1", "kind": kind, "metadata": resource["metadata"], **spec}


def _limit_range(resource: Object) -> Object:
    limits = [
        {"type": one["type"], "default": one["default"], "defaultRequest": one["default_request"]}
        for one in resource["spec"]["limit"]
    ]
    return _object("LimitRange", {**resource, "spec": {"limits": limits}})


def _secret(resource: Object) -> Secret:
    return Secret(
        name=resource["metadata"]["name"],
        namespace=resource["metadata"]["namespace"],
        kind=resource["type"],
        revision=str(resource["data_wo_revision"]),
        texts=resource["data_wo"],
    )


def _release(resource: Object, folder: Path) -> Release:
    repository: str = resource.get("repository", "")
    chart: str = resource["chart"]
    if repository.startswith("oci://"):
        chart, repository = f"{repository}/{chart}", ""
    elif not repository:
        chart = str((folder / chart).resolve())
    return Release(
        name=resource["name"],
        namespace=resource["namespace"],
        chart=chart,
        repository=repository,
        version=resource.get("version", ""),
        values="".join(map(_plain, resource["values"])),
        timeout_s=int(resource["timeout"]),
        history=int(resource["max_history"]),
    )


def _plain(text: str) -> str:
    """Undo what keeps Terraform from reading braces as its own templates."""
    return text.replace("$${", "${").replace("%%{", "%{")
