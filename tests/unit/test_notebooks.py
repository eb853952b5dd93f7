"""The notebooks as they are kept: without what they once showed, and connected alike everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import nbformat
import pytest

from frontend.embedded import dask_client
from infra.settings import Settings
from tests.porta_chart import named, objects

HOUSE: Final = Path(__file__).parents[2]
NOTEBOOKS: Final = sorted((HOUSE / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: str(file.stem))
def test_a_notebook_is_kept_without_what_it_once_showed(file: Path) -> None:
    notebook = nbformat.read(file, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]

    nbformat.validate(notebook)
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: str(file.stem))
def test_docs_say_what_a_notebook_shows(file: Path) -> None:
    assert f"(../notebooks/{file.name})" in (HOUSE / "docs" / "notebooks.md").read_text()


def test_a_pod_tells_dask_what_serve_tells_it() -> None:
    deployment = named(objects(Settings.load({})), "Deployment")["notebook"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    of_the_pod = {one["name"] for one in container["env"] if one["name"].startswith("DASK_")}
    here = dask_client.to_environ(dask_client.configuration("http://here", "tls://here", "secret"))

    assert of_the_pod == here.keys()
