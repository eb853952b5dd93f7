from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from frontend.cli.exit_codes import EXIT_CODES

DOCUMENT: Final = Path(__file__).parents[4] / "docs" / "command-line.md"


def test_the_guide_has_the_exit_codes_of_the_code() -> None:
    part = DOCUMENT.read_text().split("## Exit codes")[1].split("\n## ")[0]
    told = {int(code): meaning for code, meaning in re.findall(r"(?m)^\| (\d+) \| (.*) \|$", part)}
    assert told == EXIT_CODES
