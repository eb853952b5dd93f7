"""The chart's values for whoever installs it without Terraform: a commented file, and a schema."""

from __future__ import annotations

import json
from typing import Any, Final

from infra.charts.porta.values import DEFAULTS

__all__ = ["ABOUT", "schema", "values_file"]

ABOUT: Final = {
    "image": "Porta's own images; `notebook` is the one with JupyterLab.",
    "image.pullSecrets": "As in a pod: `- name: my-registry`.",
    "settings": "Variables of docs/configuration.md, for web and runner. No secret belongs here.",
    "redis": "The Secret that holds REDIS_URL, and its key.",
    "redis.tlsSecret": "For rediss://: the Secret whose `ca.crt` vouches for Redis.",
    "gateway": "Where the Dask Gateway is, and the Secret that holds its password.",
    "web.autoscaling": "By processor, from `replicas` to `limit`; needs a metrics server.",
    "web.disruptionBudget": "Keep all but one replica while nodes are drained.",
    "web.auth": "Who may start things: `mode` is none, token or header.",
    "web.auth.header": "With `header`: where the proxy says who asks.",
    "web.auth.tokens": "With `token`: the Secret with the lines that `porta token` writes.",
    "web.auth.session": "With `token`: the Secret with what signs the cookies of browsers.",
    "web.trustedProxies": "Networks whose word on client, scheme and host is believed.",
    "web.service.nodePort": "With the type NodePort; null lets Kubernetes choose.",
    "web.ingress": "TLS always; annotations as the class needs them for event streams.",
    "runner": "Runs are shared out among them; one that ends hands its runs over.",
    "notebook": "JupyterLab, its token's Secret, and a volume for work.",
    "network.policies": "Deny everything, then let through what Porta needs.",
    "network.webPeers": "Who may open a connection to the web, as a NetworkPolicy has peers.",
    "network.kubernetesApi": "Where the Kubernetes API is; only the Gateway's pods go there.",
}
_CHOICES: Final = {
    "image.pullPolicy": ["Always", "IfNotPresent", "Never"],
    "web.auth.mode": ["none", "token", "header"],
    "web.service.type": ["ClusterIP", "NodePort", "LoadBalancer"],
}
_NAMED_FREELY: Final[dict[str, Any]] = {
    "settings": "string",
    "annotations": "string",
    "requests": ["string", "number"],
    "limits": ["string", "number"],
}
_SCALARS: Final[dict[type, dict[str, Any]]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": 1},
    list: {"type": "array", "items": {"type": "object"}},
    str: {"type": "string"},
    type(None): {"type": ["integer", "null"], "minimum": 1, "maximum": 65_535},
}


def values_file() -> str:
    """Return values.yaml: each value after what it means."""
    return "\n".join(_lines(DEFAULTS, "", "")) + "\n"


def _lines(said: dict[str, Any], path: str, indent: str) -> list[str]:
    lines: list[str] = []
    for name, value in said.items():
        place = f"{path}{name}"
        lines += [f"{indent}# {ABOUT[place]}"] if place in ABOUT else []
        if isinstance(value, dict) and value:
            lines += [f"{indent}{name}:", *_lines(value, f"{place}.", f"{indent}  ")]
        else:
            lines.append(f"{indent}{name}: {json.dumps(value)}")
    return lines


def schema() -> dict[str, Any]:
    """Return the values' JSON schema: unknown names are errors, types are the defaults'."""
    return {"$schema": "http://json-schema.org/draft-07/schema#", **_object(DEFAULTS, "")}


def _object(said: dict[str, Any], path: str) -> dict[str, Any]:
    # Helm puts `global` into the values of a chart that another one depends on.
    own = {name: _property(name, value, f"{path}{name}") for name, value in said.items()}
    extra = {} if path else {"global": {"type": "object"}}
    return {"type": "object", "additionalProperties": False, "properties": {**own, **extra}}


def _property(name: str, value: object, place: str) -> dict[str, Any]:
    about = {"description": ABOUT[place]} if place in ABOUT else {}
    return {**about, **_type(name, value, place)}


def _type(name: str, value: object, place: str) -> dict[str, Any]:
    if place in _CHOICES:
        return {"enum": _CHOICES[place]}
    if name in _NAMED_FREELY:
        return {"type": "object", "additionalProperties": {"type": _NAMED_FREELY[name]}}
    if isinstance(value, dict):
        return _object(value, f"{place}.")
    return _SCALARS[type(value)]
