"""docs/security.md says nothing that no test holds; no document names a test that is not there."""

from __future__ import annotations

import re
from pathlib import Path

HOUSE = Path(__file__).parents[2]
DOCUMENT = (HOUSE / "docs" / "security.md").read_text()


def test_every_test_that_a_statement_names_is_there() -> None:
    sources = "".join(path.read_text() for path in (HOUSE / "tests").rglob("*.py"))
    documents = "".join(path.read_text() for path in (HOUSE / "docs").glob("*.md"))
    named = set(re.findall(r"`(test_\w+)`", documents))
    assert len(named) > 200
    assert {name for name in named if f"def {name}(" not in sources} == set()


def test_every_control_names_a_test() -> None:
    controls = re.search(r"## The edge(.*)## What is not covered", DOCUMENT, re.DOTALL)
    assert controls is not None
    items = re.split(r"\n- ", controls[1])[1:]
    assert [item for item in items if "`test_" not in item] == []
