from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Final

from frontend.embedded.welcome import welcome

HERE: Final = {"url": "http://127.0.0.1:8080/"}


def lines(**addresses: str) -> list[str]:
    return list(welcome(HERE | addresses, Path("/data")))


def test_the_first_line_says_where_it_is_and_how_to_stop_it() -> None:
    assert lines()[0] == "Porta is at http://127.0.0.1:8080/ (data in /data, Ctrl-C to stop)"


def test_python_is_told_the_address() -> None:
    assert '    porta.propagate(1_000_000, on="http://127.0.0.1:8080/")' in lines()


def test_a_shell_understands_what_dask_needs_also_in_a_folder_with_a_space() -> None:
    (line,) = (line for line in lines(dask_config="/my data/dask.yaml") if "export" in line)
    shown = subprocess.run(  # noqa: S603 -- a line that users are to copy
        ["/bin/sh", "-c", f'{line.strip()}; printf %s "$DASK_CONFIG"'],
        env=os.environ,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert shown == "/my data/dask.yaml"
    assert shlex.split(line)[0] == "export"


def test_what_is_not_embedded_is_not_mentioned() -> None:
    assert not [line for line in lines() if "Dask" in line or "Jupyter" in line]


def test_the_notebooks_address_stands_on_a_line_of_its_own() -> None:
    assert "    http://127.0.0.1:8888/lab?token=t" in lines(
        notebook="http://127.0.0.1:8888/lab?token=t"
    )
