"""A move from cdktf to its successor changes one module; tests/integration tries it."""

from __future__ import annotations

import re
from pathlib import Path

import infra


def test_no_other_module_knows_cdktf() -> None:
    house = Path(infra.__file__).parent
    imports = re.compile(r"^\s*(?:from|import) (?:cdktf|constructs|jsii)", re.MULTILINE)
    found = {
        str(path.relative_to(house))
        for path in house.rglob("*.py")
        if imports.search(path.read_text())
    }
    assert found == {"_cdk.py"}
