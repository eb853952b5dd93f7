"""The reference has all that the code offers, and the code describes all of it."""

from __future__ import annotations

import pytest

import porta
from frontend.cli.exit_codes import EXIT_CODES
from frontend.web.api.openapi import document
from frontend.web.api.operations import OPERATIONS
from manual.reference import PAGES, pages
from manual.reference.command_line import commands, options_of
from manual.reference.markdown import Undocumented, require, table
from manual.reference.scenarios import fields_of
from sim.models.table import MODELS
from sim.presets import NAMES


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    return pages()


def test_everything_is_documented(reference: dict[str, str]) -> None:
    assert reference.keys() == PAGES.keys()  # a part without a description is an Undocumented


def test_every_command_is_there_with_every_option(reference: dict[str, str]) -> None:
    page = reference["reference/command-line"]
    found = dict(commands())
    assert {"serve", "propagate", "probe runner"} <= found.keys()
    for name, command in found.items():
        assert f"## porta {name}\n" in page
        options = options_of(name, command)
        assert [option for option in options if f"`{option}`" not in page.replace("\\|", "|")] == []


def test_every_exit_code_is_there(reference: dict[str, str]) -> None:
    page = reference["reference/command-line"]
    assert [code for code in EXIT_CODES if f"\n| {code} | " not in page] == []


def test_every_operation_and_every_schema_is_there(reference: dict[str, str]) -> None:
    page = reference["reference/http"]
    assert [o.name for o in OPERATIONS if f"`{o.method.upper()} {o.path}`" not in page] == []
    schemas = document()["components"]["schemas"]
    assert [name for name in schemas if f"\n### {name}\n" not in page] == []


def test_every_public_name_of_porta_is_there(reference: dict[str, str]) -> None:
    page = reference["reference/python"]
    assert [name for name in porta.__all__ if f"porta.{name}" not in page] == []


def test_every_field_of_every_scenario_is_there(reference: dict[str, str]) -> None:
    page = reference["reference/scenarios"]
    for model in MODELS.values():
        own = page.split(f"\n## {model.name}\n")[1].split("\n## ")[0]
        fields = fields_of(model)
        assert "agents[].mu" in fields
        assert [name for name in fields if f"`{name}`" not in own] == []


def test_every_preset_is_there(reference: dict[str, str]) -> None:
    assert [name for name in NAMES if f"\n## {name}\n" not in reference["reference/presets"]] == []


def test_what_has_no_words_is_named() -> None:
    with pytest.raises(Undocumented, match="porta fly, porta land"):
        require({"porta fly": None, "porta run": "Runs.", "porta land": " "})


def test_a_bar_within_a_cell_is_text() -> None:
    assert table(("a", "b"), [("x|y", "one\ntwo")]).splitlines()[-1] == "| x\\|y | one two |"
