"""JupyterLab beside the servers of `porta serve --notebook`, connected to the same Gateway.

- It listens on loopback only, and asks for a token that is made anew at each start and travels in
  its environment; what it notes while it runs is in the directory of this start.
- Porta's notebooks are copied into the data directory where they are missing, so that the user's
  own versions are kept.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from frontend.embedded.errors import PortTaken
from frontend.embedded.managed_process import ManagedProcess
from frontend.embedded.ports import LOOPBACK, Port, hold
from frontend.embedded.probes import get

if TYPE_CHECKING:
    from collections.abc import Mapping

    from frontend.embedded.data_dir import DataDir

__all__ = ["EmbeddedNotebook", "notebook_process", "shipped_notebooks"]

USUAL_PORT: Final = 8888  # Jupyter's own
FIRST: Final = "tour.ipynb"


def _free_port() -> Port:
    try:
        return hold(LOOPBACK, USUAL_PORT)
    except PortTaken:
        return hold(LOOPBACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedNotebook:
    """The port and the token of one start."""

    port: Port = field(default_factory=_free_port)
    token: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)

    @property
    def url(self) -> str:
        """The URL that opens the first notebook, with the token."""
        return f"http://{self.port.address}/lab/tree/{FIRST}?token={self.token}"


def notebook_process(
    notebook: EmbeddedNotebook,
    data_dir: DataDir,
    environ: Mapping[str, str],
    *,
    gives_back: bool,
) -> ManagedProcess:
    """Return the process of JupyterLab; `environ` says how Dask's clients reach the Gateway.

    With `gives_back` it is stopped first: its kernels may hold clusters of a Gateway that goes on.
    """
    return ManagedProcess(
        name="notebook",
        title="JupyterLab",
        command=(
            *(sys.executable, "-P", "-m", "jupyterlab", "--no-browser"),
            *(f"--ServerApp.ip={LOOPBACK}", f"--ServerApp.port={notebook.port.number}"),
            *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={data_dir.notebooks}"),
            # Jupyter refuses root; Porta's other servers do not.
            *(("--allow-root",) if os.geteuid() == 0 else ()),
        ),
        environ={
            **environ,
            **data_dir.mark,
            "JUPYTER_TOKEN": notebook.token,
            "JUPYTER_RUNTIME_DIR": str(data_dir.run / "jupyter"),
        },
        working_dir=data_dir.notebooks,
        log=data_dir.log("notebook"),
        port=notebook.port,
        answers=lambda: (answer := get(notebook.port.address, "/api")) is not None and answer.ok,
        prepare=partial(_copy_missing, data_dir.notebooks),
        gives_back=gives_back,
    )


def shipped_notebooks() -> list[Path]:
    """Return Porta's notebooks: those of the wheel, or of the repository that is installed."""
    beside = Path(__file__).with_name("notebooks")
    repository = Path(__file__).parents[3] / "notebooks"
    return sorted((beside if beside.is_dir() else repository).glob("*.ipynb"))


def _copy_missing(folder: Path) -> str:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for notebook in shipped_notebooks():
        here = folder / notebook.name
        if not here.exists():
            shutil.copyfile(notebook, here)
    return ""
