"""The application's Helm chart, made from its manifests.

- The folder's name says what is in it (a hash of every file), so equal input gives equal bytes
  at an equal place, and a changed chart is a changed release.
- Nothing in it is a secret: Secrets are named by values.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import yaml

from infra.charts.porta import network, values_schema, workloads
from infra.template import plain, template

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NAME", "VERSION", "files", "manifests", "objects", "write"]

NAME: Final = "porta"
VERSION: Final = "0.1.0"
_NOTES: Final = """\
Porta is installed in {{ .Release.Namespace }}.

{{- if .Values.web.ingress.enabled }}
Its page: https://{{ .Values.web.ingress.host }}/
{{- else if .Values.web.service.nodePort }}
Its page: http://<a node's address>:{{ .Values.web.service.nodePort }}/
{{- else }}
Its page: kubectl -n {{ .Release.Namespace }} port-forward service/porta 8080:80
{{- end }}

Whether everything works together, Redis, a runner and the Gateway: /readyz on that address.
"""


def manifests() -> dict[str, Any]:
    """Return every manifest, with placeholders, by the name of its file."""
    return workloads.manifests() | network.manifests()


def objects(said: dict[str, Any], namespace: str) -> list[dict[str, Any]]:
    """Return the Kubernetes objects that the chart makes of values."""
    found = (plain(manifest, said, namespace) for manifest in manifests().values())
    return [manifest for manifest in found if manifest is not None]


def files() -> dict[str, str]:
    """Return the chart's files by their paths."""
    about = {
        "apiVersion": "v2",
        "name": NAME,
        "version": VERSION,
        "appVersion": VERSION,
        "type": "application",
        "description": "Orbital propagation on Dask clusters of its own: web, runner, notebook.",
        "kubeVersion": ">=1.30.0-0",
        "icon": "https://raw.githubusercontent.com/dask/dask/main/docs/source/images/dask_icon.svg",
    }
    return {
        "Chart.yaml": _yaml(about),
        "values.yaml": values_schema.values_file(),
        "values.schema.json": json.dumps(values_schema.schema(), indent=2) + "\n",
        "templates/NOTES.txt": _NOTES,
        **{f"templates/{name}.yaml": template(one) for name, one in manifests().items()},
    }


def write(folder: Path) -> Path:
    """Write the chart below a folder, at a place that its content names; return that."""
    content = files()
    told = json.dumps(content, sort_keys=True).encode()
    chart = folder / hashlib.sha256(told).hexdigest()[:16] / NAME
    for name, text in content.items():
        path = chart / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return chart


def _yaml(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=False, width=100)
