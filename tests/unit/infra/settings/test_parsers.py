"""How the text of a setting becomes a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.settings.parsers import SettingsError, Value, read, read_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("bool", "TRUE", True),
        ("bool", False, False),
        ("int", " 7 ", 7),
        ("int", 7, 7),
        ("float", "0.5", 0.5),
        ("float", 2, 2.0),
        ("str", " a ", "a"),
    ],
)
def test_environment_and_file_are_read_alike(kind: str, given: object, value: Value) -> None:
    assert read("name", kind, given) == value
    assert type(read("name", kind, given)) is type(value)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("bool", "1"),
        ("bool", "yes"),
        ("int", "-1"),
        ("int", "1.0"),
        ("int", True),
        ("int", "1" * 10),
        ("float", "nan"),
        ("float", "1e3"),
        ("float", "-0.5"),
    ],
)
def test_a_text_of_another_type_is_refused_with_the_settings_name(kind: str, given: object) -> None:
    with pytest.raises(SettingsError, match=r"^web_replicas must be .*\.$"):
        read("web_replicas", kind, given)


def test_variables_are_sorted_so_that_their_order_changes_nothing() -> None:
    kind = "tuple[tuple[str, str], ...]"
    assert read("application", kind, "PORTA_B=2 PORTA_A=1=1") == (
        ("PORTA_A", "1=1"),
        ("PORTA_B", "2"),
    )
    assert read("application", kind, {"PORTA_B": 2, "PORTA_A": "1=1"}) == read(
        "application", kind, "PORTA_A=1=1 PORTA_B=2"
    )


def test_no_file_and_an_empty_one_set_nothing(tmp_path: Path) -> None:
    file = tmp_path / "empty.yaml"
    file.write_text("# nothing yet\n")
    assert read_file("") == read_file(str(file)) == {}
