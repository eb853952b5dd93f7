"""The notebooks, run cell by cell beside a real Dask Gateway, as `porta serve` tells it to Dask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import nbformat
import pytest
from nbclient import NotebookClient

from frontend import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(600)  # the first test waits for all of them

FOLDER: Final = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS: Final = sorted(FOLDER.glob("*.ipynb"))
ON_A_CLUSTER: Final = "a Dask cluster started for it"
CELL_S: Final = 240  # a cluster's processes share few cores with other tests


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to work in, where a kernel reaches a Gateway by Dask's configuration."""
    folder = tmp_path_factory.mktemp("notebooks")
    with embedded.gateway(folder / "gateway") as access, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASK_CONFIG", str(access.dask_config))
        yield folder


@pytest.fixture(scope="module")
def shown(connected: Path) -> dict[str, list[dict[str, Any]]]:
    """What the cells of each notebook show; a cell that fails fails here."""
    found = {}
    for file in NOTEBOOKS:
        notebook = nbformat.read(file, as_version=4)
        client = NotebookClient(
            notebook, timeout=CELL_S, resources={"metadata": {"path": str(connected)}}
        )
        client.execute()
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        found[file.stem] = [output for cell in cells for output in cell.outputs]
    return found


def printed(outputs: list[dict[str, Any]]) -> str:
    return "".join(one["text"] for one in outputs if one.get("name") == "stdout")


def pictures(outputs: list[dict[str, Any]]) -> int:
    return sum("image/png" in one.get("data", {}) for one in outputs)


def test_the_tour_goes_from_the_first_orbit_to_a_cluster(
    shown: dict[str, list[dict[str, Any]]],
) -> None:
    said = printed(shown["tour"])

    assert "The satellite escapes at t = " in said
    assert "figure-eight" in said
    assert "integrator must be leapfrog, kahan-li-8 or gauss-radau-15." in said
    assert ON_A_CLUSTER in said
    assert "day.parquet is what" in said
    assert pictures(shown["tour"]) == 5


def test_the_ensemble_tells_how_members_spread_and_survive_here_and_on_a_cluster(
    shown: dict[str, list[dict[str, Any]]],
) -> None:
    said = printed(shown["ensemble"])

    assert said.startswith("Of 2,000 members, 50 % have escaped by step ")
    assert " have escaped; the first of them:" in said
    assert ON_A_CLUSTER in said
    assert pictures(shown["ensemble"]) == 3


def test_porta_and_rebound_agree_to_less_than_a_kilometre_in_ten_thousand_years(
    shown: dict[str, list[dict[str, Any]]],
) -> None:
    (line,) = (one for one in printed(shown["rebound"]).splitlines() if "au after" in one)

    assert float(line.split()[3]) < 1 / 149_597_870.7  # km in an au, IAU 2012 resolution B2
    assert pictures(shown["rebound"]) == 3


def test_no_cell_warns(shown: dict[str, list[dict[str, Any]]]) -> None:
    bars = [one["text"] for outputs in shown.values() for one in outputs if "text" in one]

    assert [text for text in bars if "Warning" in text] == []
