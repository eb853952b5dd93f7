"""Texts of the environment and values of a YAML file, read strictly as a setting's type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import yaml

__all__ = ["SettingsError", "Value", "read", "read_file"]

VARIABLE: Final = re.compile(r"PORTA_[A-Z_]+")

Value = str | int | float | bool | tuple[tuple[str, str], ...]


class SettingsError(ValueError):
    """A setting that can't be used; the sentence names it."""


def read_file(name: str) -> dict[str, Any]:
    """Return what a YAML file says, nothing if there is no name; raises SettingsError."""
    if not name:
        return {}
    try:
        said = yaml.safe_load(Path(name).read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"file {name} can't be read: {error}.") from None
    if not isinstance(said, dict):
        raise SettingsError(f"file {name} must hold settings, a line each.")
    return said


def read(name: str, kind: object, value: object) -> Value:
    """Return a setting's value, whose type is named as in the class; raises SettingsError."""
    text = str(value).strip()
    match kind:
        case "bool":
            if text.lower() not in {"true", "false"}:
                raise SettingsError(f"{name} must be true or false.")
            return text.lower() == "true"
        case "int":
            if re.fullmatch("[0-9]{1,9}", text) is None:
                raise SettingsError(f"{name} must be a whole number.")
            return int(text)
        case "float":
            if re.fullmatch("[0-9]{1,6}(\\.[0-9]{1,3})?", text) is None:
                raise SettingsError(f"{name} must be a number, as 0.5 or 2.")
            return float(text)
        case "str":
            return text
        case _:
            return _pairs(name, value)


def _pairs(name: str, value: object) -> tuple[tuple[str, str], ...]:
    """Read variables of Porta's: a mapping in the file, `PORTA_A=1 PORTA_B=2` as a text."""
    if isinstance(value, dict):
        pairs = [(str(key), str(said)) for key, said in value.items()]
    else:
        pairs = [
            (key, said) for key, _, said in (word.partition("=") for word in str(value).split())
        ]
    for key, _ in pairs:
        if VARIABLE.fullmatch(key) is None:
            raise SettingsError(f"{name} holds variables of Porta's, as PORTA_LOG_LEVEL=debug.")
    return tuple(sorted(pairs))
