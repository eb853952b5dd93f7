"""The notebook, run cell by cell on a real Dask Gateway."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import nbformat
import pytest
from nbclient import NotebookClient

from frontend import embedded
from infra.settings import Settings
from tests.porta_chart import named, objects

if TYPE_CHECKING:
    from frontend.embedded import GatewayAccess

FILE: Final = Path(__file__).parents[2] / "notebooks" / "propagation.ipynb"


def environ(access: GatewayAccess) -> dict[str, str]:
    """The environment of the notebook's pod, with this Gateway in place of its own."""
    deployment = named(objects(Settings.load({})), "Deployment")["notebook"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    here = {
        "DASK_GATEWAY__ADDRESS": access.address,
        "DASK_GATEWAY__PROXY_ADDRESS": access.proxy_address,
        "DASK_GATEWAY__AUTH__KWARGS__PASSWORD": access.password,
    }
    found = {
        one["name"]: here.get(one["name"], one.get("value", ""))
        for one in container["env"]
        if one["name"].startswith("DASK_GATEWAY")
    }
    assert here.keys() <= found.keys()
    return found


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    """What each cell of code shows; a cell that fails fails here."""
    notebook = nbformat.read(FILE, as_version=4)
    folder = tmp_path_factory.mktemp("notebook")
    with embedded.gateway(folder) as access, mock.patch.dict("os.environ", environ(access)):
        NotebookClient(
            notebook, timeout=240, resources={"metadata": {"path": str(folder)}}
        ).execute()
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def test_it_draws_an_orbit_and_when_satellites_leave(outputs: list[list[dict[str, Any]]]) -> None:
    drawn = [
        output["data"]["application/vnd.plotly.v1+json"]["data"][0]
        for cell in outputs
        for output in cell
        if "application/vnd.plotly.v1+json" in output.get("data", {})
    ]
    assert [one["type"] for one in drawn] == ["scattergl", "histogram"]


def test_its_answer_is_the_models_known_one(outputs: list[list[dict[str, Any]]]) -> None:
    texts = [output["text"] for cell in outputs for output in cell if "text" in output]
    (said,) = (text for text in texts if "are unbound" in text)
    assert said.startswith("1")  # more than a hundred of the two hundred
    half = int(said.split("iteration ")[1].rstrip(".\n").replace(",", ""))
    assert 60_000 < half < 90_000


def test_no_cell_warns(outputs: list[list[dict[str, Any]]]) -> None:
    assert [o for cell in outputs for o in cell if o.get("name") == "stderr"] == []


def test_it_is_kept_without_what_it_once_showed() -> None:
    cells = nbformat.read(FILE, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
