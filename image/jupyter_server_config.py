# ruff: noqa: INP001 -- a file that the image is built with, in no package
"""JupyterLab's settings: what notebooks come along are put into the folder of the work, once.

A volume hides what an image has in the same place; and what is there already may be changed.
"""

import contextlib
import shutil
import sys
from pathlib import Path

for notebook in (Path(sys.prefix) / "notebooks").glob("*.ipynb"):
    here = Path(notebook.name)
    if not here.exists():
        with contextlib.suppress(OSError):  # no place to write to: JupyterLab says so by itself
            shutil.copyfile(notebook, here)
