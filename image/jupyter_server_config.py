# ruff: noqa: INP001 -- a file that the image is built with, in no package
"""JupyterLab's settings: copies the image's notebooks that are missing in the working folder.

A volume hides the image's files at its path, and a notebook in it may be the user's own version.
"""

import contextlib
import shutil
import sys
from pathlib import Path

for notebook in (Path(sys.prefix) / "notebooks").glob("*.ipynb"):
    here = Path(notebook.name)
    if not here.exists():
        with contextlib.suppress(
            OSError
        ):  # the folder is not writable: JupyterLab reports that itself
            shutil.copyfile(notebook, here)
