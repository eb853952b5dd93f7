from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

RUN: Final = """
import sys
sys.modules[sys.argv.pop(1)] = None  # as if it were not installed
from frontend.cli.__main__ import main
main()
"""


def said_without(module: str, *words: str) -> tuple[int, str]:
    """How the command line ends, and what it says, where a module is not installed."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", RUN, module, *words],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(("module", "command"), [("click", "--help"), ("redis", "web")])
def test_what_a_command_lacks_is_told_with_the_extra_that_brings_it(
    module: str, command: str
) -> None:
    code, said = said_without(module, command)

    assert code == 1
    assert said.startswith(f"Error: {module} is not installed")
    assert '"porta[frontend]"' in said
    assert "Traceback" not in said


def test_a_missing_module_of_our_own_is_a_defect_and_keeps_its_traceback() -> None:
    code, said = said_without("frontend.settings", "--help")

    assert code == 1
    assert "Traceback" in said
