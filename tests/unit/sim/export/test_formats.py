"""Claims about the table of formats: it is complete, and the README offers what it offers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.export import FORMATS, Format, export
from tests import labelled
from tests.nano_records import SCHEMA
from tests.unit.sim.export.samples import many

README = Path(__file__).parents[4] / "README.md"


def test_each_format_has_its_own_name_suffix_and_title() -> None:
    for member in ("name", "suffix", "title", "media_type"):
        assert len({getattr(form, member) for form in FORMATS.values()}) == len(FORMATS)
    assert [form.name for form in FORMATS.values()] == list(FORMATS)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_a_format_can_be_named_to_a_person_a_shell_and_a_browser(form: Format) -> None:
    assert re.fullmatch("[a-z]+", form.name)
    assert re.fullmatch(r"\.[a-z]+", form.suffix)
    assert re.fullmatch(r"[a-z]+/[a-z.+-]+(; [a-z]+=[a-z0-9-]+)*", form.media_type)
    assert form.description
    assert not form.description.endswith(".")  # words that stand in a sentence of others


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_a_file_is_about_as_large_as_estimated(form: Format) -> None:
    records = 100_000 if form.name != "oem" else 4_002
    if form.name == "oem":  # which says of which request it is
        scenario = labelled.varied()
        batches, schema = labelled.records(scenario, 1_333), labelled.schema(scenario, 1_333)
        written = sum(map(len, export(batches, form, schema)))
    else:
        written = sum(map(len, export([many(records)], form, SCHEMA)))
    assert 0.5 < written / (records * form.bytes_per_record) < 2


def test_the_table_can_not_be_changed_by_its_readers() -> None:
    with pytest.raises(TypeError):
        FORMATS["csv"] = FORMATS["json"]  # type: ignore[index]  # that is the claim


def test_the_readme_offers_the_formats_of_the_table() -> None:
    offered = re.search(r"Records come as (.+?):", README.read_text())
    *others, last = [form.title for form in FORMATS.values() if form.page_file is None]
    assert offered is not None
    assert offered[1] == f"{', '.join(others)} or {last}"
