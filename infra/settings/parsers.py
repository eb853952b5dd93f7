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
# What the file's plain words may mean besides texts. A number stays as it is written: the tag 1.10
# is not 1.1, and 010 is not 8.
TYPES: Final = {f"tag:yaml.org,2002:{name}" for name in ("bool", "null", "merge")}

Value = str | int | float | bool | tuple[tuple[str, str], ...]


class SettingsError(ValueError):
    """An invalid setting; the message is a sentence that names it."""


class _Texts(yaml.SafeLoader):
    """Reads YAML, and leaves numbers and dates as the texts that they are in the file."""

    yaml_implicit_resolvers = {  # noqa: RUF012 -- as the base class has it
        first: [(tag, pattern) for tag, pattern in found if tag in TYPES]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_file(name: str) -> dict[str, Any]:
    """Return the settings in a YAML file, none for an empty name; raises SettingsError.

    A setting without a value, which is YAML's null, is not given.
    """
    if not name:
        return {}
    try:
        text = Path(name).read_text(encoding="utf-8")
        settings = yaml.load(text, _Texts) or {}  # noqa: S506 -- a SafeLoader
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"file {name} can't be read: {error}.") from None
    if not isinstance(settings, dict):
        raise SettingsError(f"file {name} must be a mapping of settings to values.")
    return {str(key): value for key, value in settings.items() if value is not None}


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
            return _text(name, value)
        case _:
            return _pairs(name, value)


def _text(name: str, value: object) -> str:
    """Return a text; raises SettingsError for what YAML took for something else, such as `off`."""
    if not isinstance(value, str):
        raise SettingsError(f"{name} must be a text: put it in quotes.")
    return value.strip()


def _pairs(name: str, value: object) -> tuple[tuple[str, str], ...]:
    """Read variables of Porta: a mapping in the file, or the text `PORTA_A=1 PORTA_B=2`."""
    if isinstance(value, dict):
        given = [(str(key), each) for key, each in value.items() if each is not None]
        pairs = [(key, _text(f"{key} in {name}", each)) for key, each in given]
    else:
        words = (word.partition("=") for word in str(value).split())
        pairs = [(key, text) for key, _, text in words]
    for key, _ in pairs:
        if VARIABLE.fullmatch(key) is None:
            raise SettingsError(
                f"{name} takes variables of Porta only, such as PORTA_LOG_LEVEL=debug."
            )
    return tuple(sorted(pairs))
