"""Manifests with placeholders: as Helm templates, and as plain objects for given values.

One definition gives both, so that what the tests look at is what the chart installs. Every
value is written by Helm's `toJson`, which is YAML too: no value can break out of its place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["NAMESPACE", "Joined", "Namespace", "Value", "When", "plain", "template"]


@dataclass(frozen=True, slots=True)
class Value:
    """One of Helm's values, by its path."""

    path: str

    @property
    def expression(self) -> str:
        """The placeholder in Helm's language."""
        return f".Values.{self.path}"


@dataclass(frozen=True, slots=True)
class Namespace:
    """The namespace that the chart is installed into."""

    expression: str = ".Release.Namespace"


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts and values in one string."""

    parts: tuple[str | Value | Namespace, ...]

    @property
    def expression(self) -> str:
        """The placeholder in Helm's language."""
        shape = "".join("%s" if not isinstance(part, str) else part for part in self.parts)
        values = " ".join(part.expression for part in self.parts if not isinstance(part, str))
        return f'printf "{shape}" {values}'


@dataclass(frozen=True, slots=True)
class When:
    """Something that is there only where a value is true (or, `negated`, false)."""

    value: Value
    then: Any
    negated: bool = False

    @property
    def opening(self) -> str:
        """The condition in Helm's language."""
        expression = self.value.expression
        return (
            "{{- if not " + expression + " }}" if self.negated else "{{- if " + expression + " }}"
        )


NAMESPACE: Final = Namespace()
_END: Final = "{{- end }}"
_ABSENT: Final = object()


def plain(node: Any, values: dict[str, Any], namespace: str) -> Any:  # noqa: ANN401 -- any JSON
    """Return a manifest with its values in place; None if there is none."""
    found = _plain(node, values, namespace)
    return None if found is _ABSENT else found


def _plain(node: Any, values: dict[str, Any], namespace: str) -> Any:  # noqa: ANN401 -- any JSON
    match node:
        case When():
            there = bool(_plain(node.value, values, namespace)) != node.negated
            return _plain(node.then, values, namespace) if there else _ABSENT
        case Value() | Namespace():
            return namespace if isinstance(node, Namespace) else _looked_up(node.path, values)
        case Joined():
            return "".join(
                part if isinstance(part, str) else str(_plain(part, values, namespace))
                for part in node.parts
            )
        case dict():
            pairs = ((key, _plain(value, values, namespace)) for key, value in node.items())
            return {key: value for key, value in pairs if value is not _ABSENT}
        case list():
            items = (_plain(item, values, namespace) for item in node)
            return [item for item in items if item is not _ABSENT]
        case _:
            return node


def _looked_up(path: str, values: dict[str, Any]) -> Any:  # noqa: ANN401 -- any JSON
    found: Any = values
    for name in path.split("."):
        found = found[name]
    return found


def template(node: Any) -> str:  # noqa: ANN401 -- any JSON
    """Return a manifest as the text of a Helm template."""
    if isinstance(node, When):
        return "\n".join([node.opening, *_lines(node.then, ""), _END, ""])
    return "\n".join([*_lines(node, ""), ""])


def _lines(node: Any, indent: str) -> list[str]:  # noqa: ANN401 -- any JSON
    pairs = node.items() if isinstance(node, dict) else (("-", item) for item in node)
    lines: list[str] = []
    for key, value in pairs:
        head = "-" if isinstance(node, list) else f"{json.dumps(key) if '/' in key else key}:"
        if isinstance(value, When):
            lines += [value.opening, *_item(head, value.then, indent), _END]
        else:
            lines += _item(head, value, indent)
    return lines


def _item(head: str, value: Any, indent: str) -> list[str]:  # noqa: ANN401 -- any JSON
    if isinstance(value, (Value, Joined, Namespace)):
        return [f"{indent}{head} {{{{ {value.expression} | toJson }}}}"]
    if not isinstance(value, (dict, list)) or not value:
        return [f"{indent}{head} {json.dumps(value)}"]
    return [f"{indent}{head}", *_lines(value, f"{indent}  ")]
