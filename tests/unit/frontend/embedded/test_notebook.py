from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

import pytest

from frontend.embedded.data_dir import DataDir
from frontend.embedded.notebook import EmbeddedNotebook, notebook_process, shipped_notebooks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from frontend.embedded.managed_process import ManagedProcess

ENVIRON: Final = {"PATH": "/bin", "DASK_GATEWAY__ADDRESS": "'http://127.0.0.1:1'"}


@pytest.fixture
def notebook() -> Iterator[EmbeddedNotebook]:
    made = EmbeddedNotebook()
    yield made
    made.port.release()


@pytest.fixture
def process(notebook: EmbeddedNotebook, tmp_path: Path) -> ManagedProcess:
    return notebook_process(notebook, DataDir(tmp_path), ENVIRON, gives_back=False)


def test_no_two_starts_share_a_token(notebook: EmbeddedNotebook) -> None:
    other = EmbeddedNotebook()
    other.port.release()
    assert other.token != notebook.token


def test_where_jupyters_port_is_taken_another_one_serves() -> None:
    with socket.socket() as taken:
        if taken.connect_ex(("127.0.0.1", 8888)):
            taken.bind(("127.0.0.1", 8888))
            taken.listen()
        made = EmbeddedNotebook()
    try:
        assert made.port.number != 8888
    finally:
        made.port.release()


def test_it_listens_on_loopback_and_on_no_other_port(process: ManagedProcess) -> None:
    assert "--ServerApp.ip=127.0.0.1" in process.command
    assert "--ServerApp.port_retries=0" in process.command


def test_the_token_stays_out_of_what_is_printed_and_of_the_command(
    notebook: EmbeddedNotebook, process: ManagedProcess
) -> None:
    assert notebook.token not in repr(notebook)
    assert notebook.token not in " ".join(process.command)
    assert process.environ["JUPYTER_TOKEN"] == notebook.token
    assert notebook.url.endswith(f"token={notebook.token}")


def test_it_carries_the_folders_mark_and_keeps_its_notes_in_what_is_removed(
    process: ManagedProcess, tmp_path: Path
) -> None:
    assert process.environ.items() >= DataDir(tmp_path).mark.items()
    assert process.environ.items() >= ENVIRON.items()
    assert process.environ["JUPYTER_RUNTIME_DIR"].startswith(str(DataDir(tmp_path).run))


def test_notebooks_are_copied_where_they_are_missing_and_a_users_version_is_kept(
    process: ManagedProcess, tmp_path: Path
) -> None:
    folder = DataDir(tmp_path).notebooks
    folder.mkdir()
    first, *others = shipped_notebooks()
    (folder / first.name).write_text("mine")

    assert process.prepare() == ""
    assert (folder / first.name).read_text() == "mine"
    assert others
    assert all((folder / one.name).read_bytes() == one.read_bytes() for one in others)


def test_it_opens_a_notebook_that_there_is(notebook: EmbeddedNotebook) -> None:
    name = notebook.url.partition("?")[0].rpartition("/")[2]

    assert name in {shipped.name for shipped in shipped_notebooks()}
