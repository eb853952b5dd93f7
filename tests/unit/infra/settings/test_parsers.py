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
    assert read("application", kind, {"PORTA_B": "2", "PORTA_A": "1=1"}) == read(
        "application", kind, "PORTA_A=1=1 PORTA_B=2"
    )


def test_no_file_and_an_empty_one_set_nothing(tmp_path: Path) -> None:
    file = tmp_path / "empty.yaml"
    file.write_text("# nothing yet\n")
    assert read_file("") == read_file(str(file)) == {}


def test_a_number_in_the_file_stays_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "infra.yaml"
    file.write_text("image_tag: 1.10\nnamespace: 010\nmax_runs: 3\nworker_cores: 0.50\n")
    found = read_file(str(file))
    assert found == {
        "image_tag": "1.10",
        "namespace": "010",
        "max_runs": "3",
        "worker_cores": "0.50",
    }
    file.write_text("application: {PORTA_RESULT_TTL: 1.10}\n")
    assert read_file(str(file)) == {"application": {"PORTA_RESULT_TTL": "1.10"}}


def test_a_setting_without_a_value_is_not_given(tmp_path: Path) -> None:
    file = tmp_path / "infra.yaml"
    file.write_text("image_tag:\nstorage_class: ~\nmax_runs: null\nnotebook: no\n")
    assert read_file(str(file)) == {"notebook": False}
    kind = "tuple[tuple[str, str], ...]"
    assert read("application", kind, {"PORTA_A": None, "PORTA_B": "1"}) == (("PORTA_B", "1"),)


@pytest.mark.parametrize("value", [True, False, 1.1, 7, ["a"], {"a": "b"}])
def test_what_is_not_a_text_is_refused_where_a_text_is_meant(value: object) -> None:
    with pytest.raises(SettingsError, match=r"^image_tag must be a text: put it in quotes\.$"):
        read("image_tag", "str", value)


def test_a_variable_that_is_not_a_text_is_named() -> None:
    kind = "tuple[tuple[str, str], ...]"
    with pytest.raises(SettingsError, match=r"^PORTA_A in application must be a text: put it in"):
        read("application", kind, {"PORTA_A": False})
