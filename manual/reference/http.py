"""The page of the HTTP interface: every operation, parameter and schema of its description."""

from __future__ import annotations

from typing import Any, Final

from frontend.web.api.openapi import document
from frontend.web.api.operations import OPERATIONS
from manual.reference.markdown import code, require, table

__all__ = ["page"]

_ROOT: Final = "#/components/schemas/"
_INTRODUCTION: Final = """\
# HTTP

The same as `/docs` of a running Porta shows, and `/api/v1/openapi.json` describes to programs.
"""


def page() -> str:
    """Return the page; raises Undocumented."""
    described = document(has_tokens=True)
    operations = [
        _operation(described["paths"][one.path][one.method], one.method, one.path)
        for one in OPERATIONS
    ]
    schemas: dict[str, Any] = described["components"]["schemas"]
    return "\n\n".join(
        [
            _INTRODUCTION,
            described["info"]["description"].split("\n\n")[0],
            "## Operations",
            *operations,
            "## Schemas",
            *(_schema(name, schema) for name, schema in schemas.items()),
            "",
        ]
    )


def _operation(described: dict[str, Any], method: str, path: str) -> str:
    where = f"{method.upper()} {path}"
    require({where: described.get("description"), f"{where}, summary": described.get("summary")})
    parts = [f"### {described['summary']}", f"`{where}`", described["description"]]
    if "security" in described:
        parts.append("Where `PORTA_AUTH` is `token` it needs a bearer token.")
    if body := described.get("requestBody"):
        (content,) = body["content"].values()
        parts.append(f"The body is JSON: {type_of(content['schema'])}.")
    if parameters := described.get("parameters"):
        require({f"{where} {one['name']}": one.get("description") for one in parameters})
        rows = (
            (code(one["name"]), one["in"], type_of(one["schema"]), one["description"])
            for one in parameters
        )
        parts.append(table(("parameter", "in", "type", "meaning"), rows))
    answers = (
        (code(status), ", ".join(map(code, answer.get("content", {}))), answer["description"])
        for status, answer in described["responses"].items()
    )
    parts.append(table(("status", "media type", "meaning"), answers))
    return "\n\n".join(parts)


def _schema(name: str, schema: dict[str, Any]) -> str:
    parts = [f"### {name}", schema.get("description", "")]
    if "properties" in schema:
        required = set(schema.get("required", ()))
        rows = (
            (
                code(member) + ("" if member in required else " (optional)"),
                type_of(described),
                described.get("description", ""),
            )
            for member, described in schema["properties"].items()
        )
        parts.append(table(("member", "type", "meaning"), rows))
    else:
        parts.append(f"It is {type_of(schema)}.")
    return "\n\n".join(part for part in parts if part)


def type_of(schema: dict[str, Any]) -> str:
    """Return the words for a JSON schema; a schema with a name is a link to it."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_ROOT)
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(type_of(one) for one in schema[several]))
    if "enum" in schema:
        return ", ".join(code(one) for one in schema["enum"])
    if "const" in schema:
        return code(schema["const"])
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return f"array of {type_of(schema['items'])}"
    kind = schema.get("type", "any")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return words + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    """Return the words for the limits of a number, and for a default."""
    parts = []
    if "minimum" in schema:
        parts.append(f" from {schema['minimum']}")
    if "exclusiveMinimum" in schema:
        parts.append(f" above {schema['exclusiveMinimum']}")
    if "maximum" in schema:
        parts.append(f" to {schema['maximum']}")
    if schema.get("default") is not None:
        parts.append(f", default {code(schema['default'])}")
    return "".join(parts)
