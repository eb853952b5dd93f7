"""How the text of a setting, from the environment or a YAML file, becomes a value of its type.

A text that is not of the type is a `SettingsError` that names the setting.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import yaml

__all__ = ["SettingsError", "Value", "read", "read_file"]

VARIABLE: Final = re.compile(r"PORTA_[A-Z_]+")

Value = str | int | float | bool | tuple[tuple[str, str], ...]


class SettingsError(ValueError):
    """An invalid setting; the message is a sentence that names it."""


def read_file(name: str) -> dict[str, Any]:
    """Return the settings in a YAML file, none for an empty name; raises SettingsError."""
    if not name:
        return {}
    try:
        settings = yaml.safe_load(Path(name).read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"file {name} can't be read: {error}.") from None
    if not isinstance(settings, dict):
        raise SettingsError(f"file {name} must be a mapping of settings to values.")
    return settings


def read(name: str, kind: object, value: object) -> Value:
    """Return a setting's value; `kind` is its annotation in the class. Raises SettingsError."""
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
                raise SettingsError(f"{name} must be a number, such as 0.5 or 2.")
            return float(text)
        case "str":
            return text
        case _:
            return _pairs(name, value)


def _pairs(name: str, value: object) -> tuple[tuple[str, str], ...]:
    """Read variables of Porta: a mapping in the file, or the text `PORTA_A=1 PORTA_B=2`."""
    if isinstance(value, dict):
        pairs = [(str(key), str(text)) for key, text in value.items()]
    else:
        words = (word.partition("=") for word in str(value).split())
        pairs = [(key, text) for key, _, text in words]
    for key, _ in pairs:
        if VARIABLE.fullmatch(key) is None:
            raise SettingsError(
                f"{name} takes variables of Porta only, such as PORTA_LOG_LEVEL=debug."
            )
    return tuple(sorted(pairs))
