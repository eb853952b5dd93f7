"""Every command and every snippet of README.md and docs/ does what a reader expects: it works."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.documents import (
    ADDRESS,
    DOCUMENTS,
    DOCUMENTS_LEFT_OUT,
    HOUSE,
    LINES_LEFT_OUT,
    SHORTER,
    Snippet,
    snippets_of,
)
from tests.integration.test_embedded import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(1_800)  # beside builds and compilers
LIMIT_S = 600  # of a block of commands, beside whatever else this machine does


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A `porta serve`, as the documents have it at port 8080."""
    server = Served(tmp_path_factory.mktemp("served") / "data")
    try:
        server.first_line()
        yield server
    finally:
        server.stop()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like a checkout from within, in which a reader may write."""
    for name in ("docs", "notebooks", "services"):
        (tmp_path / name).symlink_to(HOUSE / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".curlrc").write_text("fail\nsilent\nshow-error\n")  # an error's status is one
    (tmp_path / "dispersion.json").write_text('[{"agent": "Satellite", "sigma": {"x": 0.001}}]')
    return tmp_path


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_document_shows_works(
    document: str, served: Served, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout)
    names: dict[str, Any] = {"__name__": "__main__"}
    for snippet in snippets_of(document):
        text = ADDRESS.sub(served.url.removeprefix("http://"), snippet.text)
        if snippet.language == "python":
            exec(compile(text, snippet.place, "exec"), names)  # noqa: S102 - our own document
        else:
            run(snippet, text, checkout)


def run(snippet: Snippet, text: str, folder: Path) -> None:
    """Run a block in a shell, as one that stops at the first command that fails."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DASK_")}
    path = f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - our own documents
        ("/bin/bash", "-euc", text),
        cwd=folder,
        env={**kept, "PATH": path, "CURL_HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, f"{snippet.place}:\n{text}\n{done.stdout}\n{done.stderr}"


def test_what_is_not_run_is_there_and_has_a_reason() -> None:
    paths = [HOUSE / "README.md", *(HOUSE / "docs").rglob("*.md")]
    everything = "\n".join(path.read_text("utf-8") for path in paths)
    lines = [line.strip() for line in everything.splitlines()]
    starts = {start for start in LINES_LEFT_OUT if any(line.startswith(start) for line in lines)}
    assert starts == LINES_LEFT_OUT.keys()
    assert [long for long in SHORTER if long not in everything] == []
    assert [one for one in DOCUMENTS_LEFT_OUT if not (HOUSE / one.split()[0]).is_file()] == []
