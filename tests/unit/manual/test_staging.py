"""The documents become pages whose links lead to pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from manual.staging import BrokenLink, pages_of_docs, stage
from manual.structure import HOUSE, sections

if TYPE_CHECKING:
    from pathlib import Path

GENERATED = {"reference/presets": "# Presets\n"}


def test_every_document_is_a_page(tmp_path: Path) -> None:
    stage(tmp_path, GENERATED)
    documents = list((HOUSE / "docs").rglob("*.md"))
    assert len(documents) > 50
    assert len(pages_of_docs()) == len(documents) + 3
    assert [
        name for name in pages_of_docs().values() if not (tmp_path / f"{name}.md").is_file()
    ] == []
    assert (tmp_path / "reference" / "presets.md").read_text() == "# Presets\n"


def test_links_between_documents_lead_to_pages(tmp_path: Path) -> None:
    stage(tmp_path, GENERATED)
    decisions = (tmp_path / "adr" / "index.md").read_text()
    assert "](0001-record-architecture-decisions.md)" in decisions
    models = (tmp_path / "models.md").read_text()
    assert "](file/services/sim/models/nano/reference.py.md)" in models
    shown = (
        tmp_path / "file" / "services" / "sim" / "models" / "nano" / "reference.py.md"
    ).read_text()
    assert (HOUSE / "services/sim/models/nano/reference.py").read_text().rstrip() in shown
    assert "](_images_of/docs/images/" in (tmp_path / "performance.md").read_text()


def test_code_is_left_alone(tmp_path: Path) -> None:
    stage(tmp_path, GENERATED)
    for path, page in pages_of_docs().items():
        before = re.findall(r"(?ms)^ *```.*?^ *```", (HOUSE / path).read_text())
        after = re.findall(r"(?ms)^ *```.*?^ *```", (tmp_path / f"{page}.md").read_text())
        assert after[: len(before)] == before


def test_the_first_page_has_all_others_in_its_tree(tmp_path: Path) -> None:
    stage(tmp_path, GENERATED)
    index = (tmp_path / "index.md").read_text()
    named = set(re.findall(r"(?m)^[\w/-]+$", index))
    assert {"tutorial/shell", "models", "adr/index", "reference/presets"} <= named


def test_a_document_of_no_section_is_a_guide() -> None:
    there = frozenset({"index", "models", "brand-new", "adr/0001"})
    found = {section.title: section.pages for section in sections(there)}
    assert found["How to"] == ("brand-new",)
    assert found["Explanation"] == ("models",)


def test_what_is_no_page_any_more_is_removed(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_text("# Old\n")
    stage(tmp_path, GENERATED)
    assert not (tmp_path / "old.md").exists()


def test_a_page_that_has_not_changed_is_not_written_again(tmp_path: Path) -> None:
    stage(tmp_path, GENERATED)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    stage(tmp_path, GENERATED)
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


def test_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# A\n\n[b](b.md)\n")
    with pytest.raises(BrokenLink, match=r"docs/index\.md has a link to docs/b\.md"):
        stage(tmp_path / "source", {}, house=tmp_path)
