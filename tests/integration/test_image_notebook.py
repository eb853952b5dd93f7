"""The notebook's image: JupyterLab for who has the token, and Dask's extension on a Gateway."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Final

import pytest

from frontend import embedded
from tests import images
from tests.deadlines import ANSWER_S
from tests.processes import eventually
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.embedded import GatewayAccess

pytestmark = pytest.mark.timeout(1_800)  # the first test waits for the build

START_S: Final = 60.0
NOTEBOOKS: Final = images.ROOT / "notebooks"
FIRST_CELLS: Final = """
import itertools
import nbformat, nbclient
notebook = nbformat.read("/opt/porta/notebooks/tour.ipynb", as_version=4)
needs_none = itertools.takewhile(lambda c: "dask_gateway" not in c.source, notebook.cells)
notebook.cells = list(needs_none)
nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": "/tmp"}}).execute()
print([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])
"""
TOKEN: Final = "a token of the test's"  # noqa: S105 -- not a secret


@pytest.fixture(scope="module")
def image() -> str:
    return images.built("notebook")


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAccess]:
    with embedded.gateway(tmp_path_factory.mktemp("gateway")) as reached:
        yield reached


@pytest.fixture(scope="module")
def lab(image: str, access: GatewayAccess) -> Iterator[str]:
    """Where JupyterLab is, started as in its pod."""
    port = free_port()
    command = ("jupyter", "lab", "--ip=127.0.0.1", f"--port={port}", "--no-browser")
    environ = {
        "JUPYTER_TOKEN": TOKEN,
        "DASK_GATEWAY__ADDRESS": access.address,
        "DASK_GATEWAY__PROXY_ADDRESS": access.proxy_address,
        "DASK_GATEWAY__AUTH__TYPE": "basic",
        "DASK_GATEWAY__AUTH__KWARGS__PASSWORD": access.password,
        "DASK_LABEXTENSION__FACTORY__MODULE": "dask_gateway",
        "DASK_LABEXTENSION__FACTORY__CLASS": "GatewayCluster",
    }
    url = f"http://127.0.0.1:{port}"
    work = ("--tmpfs", "/work:uid=10001,gid=10001")
    with images.started(image, *command, environ=environ, options=work):
        eventually(lambda: status(f"{url}/api") == 200, within_s=START_S)
        yield url


def status(url: str) -> int | None:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:  # noqa: S310 -- the test's own server
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def asked(url: str, method: str = "GET") -> Any:  # noqa: ANN401 -- any JSON
    request = urllib.request.Request(  # noqa: S310 -- the same
        url, method=method, headers={"Authorization": f"token {TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310 -- the same
        return json.loads(answer.read() or b"null")


def test_it_has_the_environment_of_the_clusters_and_something_on_top(image: str) -> None:
    of_clusters = images.inspected("image", images.built("cluster"))["RootFS"]["Layers"]
    own = images.inspected("image", image)["RootFS"]["Layers"]

    assert own[: len(of_clusters)] == of_clusters
    assert own != of_clusters


def test_its_own_command_becomes_healthy(image: str) -> None:
    with images.started(image, network="none") as container:
        assert images.becomes_healthy(container, within_s=START_S)


def test_it_is_for_who_has_the_token(lab: str) -> None:
    assert status(f"{lab}/api/contents") == 403
    assert asked(f"{lab}/api/contents")["type"] == "directory"


def test_our_notebooks_are_in_the_folder_of_the_work(lab: str) -> None:
    there = {one["path"] for one in asked(f"{lab}/api/contents")["content"]}

    assert {file.name for file in NOTEBOOKS.glob("*.ipynb")} <= there


def test_a_notebook_that_was_changed_is_left_alone(image: str) -> None:
    settings = "/opt/porta/etc/jupyter/jupyter_server_config.py"
    changed = "mkdir /tmp/w && cd /tmp/w && echo mine >tour.ipynb"

    said = images.said(image, "sh", "-c", f"{changed} && python {settings} && ls && cat tour.ipynb")
    assert said.split() == ["ensemble.ipynb", "rebound.ipynb", "tour.ipynb", "mine"]


def test_a_notebook_runs_in_it_up_to_where_it_needs_a_cluster(image: str) -> None:
    said = images.said(image, "python", "-c", FIRST_CELLS, environ={"NUMBA_DEBUG_CACHE": "1"})

    assert "The satellite escapes at t = " in said
    assert "image/png" in said
    assert "[cache] data saved" not in said


def test_its_folder_is_the_one_of_the_work(lab: str) -> None:
    made = asked(f"{lab}/api/contents", "POST")

    assert made["path"] in {one["path"] for one in asked(f"{lab}/api/contents")["content"]}


def test_dasks_extension_gets_a_cluster_of_the_gateway_and_gives_it_back(lab: str) -> None:
    cluster = asked(f"{lab}/dask/clusters", "PUT")

    assert "/clusters/" in cluster["dashboard_link"]
    assert [one["id"] for one in asked(f"{lab}/dask/clusters")] == [cluster["id"]]
    asked(f"{lab}/dask/clusters/{cluster['id']}", "DELETE")
    assert asked(f"{lab}/dask/clusters") == []
