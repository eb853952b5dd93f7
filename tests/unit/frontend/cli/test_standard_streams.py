from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from frontend.cli.standard_streams import is_about_output
from sim.scenario import NANO

if TYPE_CHECKING:
    from pathlib import Path


def test_a_name_that_the_terminal_cannot_show_is_escaped(tmp_path: Path) -> None:
    scenario = NANO.to_json()
    scenario["agents"][1]["name"] = "Спутник"  # type: ignore[index] # a list of objects
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(scenario))
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "frontend.cli", "propagate", "500", "--scenario", str(file)],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert rb"\u0421\u043f" in done.stdout


def test_an_error_with_a_files_name_is_not_about_standard_output() -> None:
    assert is_about_output(OSError(errno.ENOSPC, "No space left on device"))
    assert not is_about_output(OSError(errno.ENOSPC, "No space left on device", "orbit.csv"))
    assert not is_about_output(OSError(errno.ECONNREFUSED, "Connection refused"))
