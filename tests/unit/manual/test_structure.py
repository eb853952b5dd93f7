"""The sections of the manual name pages that there are, and the walks of ARCHITECTURE.md files."""

from __future__ import annotations

import re
from typing import Final

import pytest

from manual.reference import PAGES
from manual.staging import pages_of_docs
from manual.structure import HOUSE, SECTIONS

WALKS: Final = ("The life of a request", "The life of a slice")


def test_every_page_that_a_section_names_is_there_once() -> None:
    named = [page for section in SECTIONS for page in section.pages]
    assert len(named) == len(set(named))
    assert set(named) <= {*pages_of_docs().values(), *PAGES}


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_passes_files_that_are_there(walk: str) -> None:
    document = (HOUSE / "ARCHITECTURE.md").read_text("utf-8")
    part = document.split(f"\n## {walk}\n")[1].split("\n## ")[0]
    files = re.findall(r"`((?:frontend|sim)/[\w/]+\.\w+)`", part)
    assert len(files) > 10
    assert [name for name in files if not (HOUSE / "services" / name).is_file()] == []
