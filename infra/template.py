"""Manifests with placeholders: as Helm templates, and as plain objects for given values.

One definition gives both, so that what the tests look at is what the chart installs. Every
value is written by Helm's `toJson`, which is YAML too: no value can break out of its place.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

__all__ = [
    "NAMESPACE",
    "Digest",
    "Is",
    "Joined",
    "Namespace",
    "Value",
    "When",
    "plain",
    "template",
]


@dataclass(frozen=True, slots=True)
class Value:
    """One of Helm's values, by its path."""

    path: str

    @property
    def expression(self) -> str:
        """What stands for it in Helm's language."""
        return f".Values.{self.path}"

    def of(self, values: dict[str, Any], namespace: str) -> Any:  # noqa: ANN401, ARG002 -- a Placeholder's
        """Return what it stands for."""
        found: Any = values
        for name in self.path.split("."):
            found = found[name]
        return found


@dataclass(frozen=True, slots=True)
class Is:
    """Whether one of Helm's values is this text."""

    value: Value
    text: str

    @property
    def expression(self) -> str:
        """What stands for it in Helm's language."""
        return f"(eq {self.value.expression} {json.dumps(self.text)})"

    def of(self, values: dict[str, Any], namespace: str) -> bool:
        """Return what it stands for."""
        return bool(self.value.of(values, namespace) == self.text)


@dataclass(frozen=True, slots=True)
class Digest:
    """A hash of one of Helm's values: a pod that carries it starts anew when that changes."""

    value: Value

    @property
    def expression(self) -> str:
        """What stands for it in Helm's language."""
        return f"{self.value.expression} | toJson | sha256sum"

    def of(self, values: dict[str, Any], namespace: str) -> str:
        """Return what Helm makes of the value: it encodes as Go does."""
        said = self.value.of(values, namespace)
        told = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        for character in "<>&":
            told = told.replace(character, f"\\u{ord(character):04x}")
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Namespace:
    """The namespace that the chart is installed into."""

    expression: str = ".Release.Namespace"

    def of(self, values: dict[str, Any], namespace: str) -> str:  # noqa: ARG002 -- a Placeholder's
        """Return what it stands for."""
        return namespace


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts and values in one string."""

    parts: tuple[str | Value | Namespace, ...]

    @property
    def expression(self) -> str:
        """What stands for it in Helm's language."""
        shape = "".join("%s" if not isinstance(part, str) else part for part in self.parts)
        values = " ".join(part.expression for part in self.parts if not isinstance(part, str))
        return f'printf "{shape}" {values}'

    def of(self, values: dict[str, Any], namespace: str) -> str:
        """Return what it stands for."""
        return "".join(
            part if isinstance(part, str) else str(part.of(values, namespace))
            for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class When:
    """Something that is there only where a value is true (or, `negated`, false)."""

    value: Value | Is
    then: Any
    negated: bool = False

    @property
    def opening(self) -> str:
        """The condition in Helm's language."""
        return f"{{{{- if {'not ' if self.negated else ''}{self.value.expression} }}}}"


NAMESPACE: Final = Namespace()
_PLACEHOLDERS: Final = (Value, Digest, Joined, Namespace)
_END: Final = "{{- end }}"
_ABSENT: Final = object()


def plain(node: Any, values: dict[str, Any], namespace: str) -> Any:  # noqa: ANN401 -- any JSON
    """Return a manifest with its values in place; None if there is none."""
    found = _plain(node, values, namespace)
    return None if found is _ABSENT else found


def _plain(node: Any, values: dict[str, Any], namespace: str) -> Any:  # noqa: ANN401 -- any JSON
    match node:
        case When():
            there = bool(node.value.of(values, namespace)) != node.negated
            return _plain(node.then, values, namespace) if there else _ABSENT
        case dict():
            pairs = ((key, _plain(value, values, namespace)) for key, value in node.items())
            return {key: value for key, value in pairs if value is not _ABSENT}
        case list():
            items = (_plain(item, values, namespace) for item in node)
            return [item for item in items if item is not _ABSENT]
        case _:
            return node.of(values, namespace) if isinstance(node, _PLACEHOLDERS) else node


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
    if isinstance(value, _PLACEHOLDERS):
        return [f"{indent}{head} {{{{ {value.expression} | toJson }}}}"]
    if not isinstance(value, (dict, list)) or not value:
        return [f"{indent}{head} {json.dumps(value)}"]
    return [f"{indent}{head}", *_lines(value, f"{indent}  ")]
