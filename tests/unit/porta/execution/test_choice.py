from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import porta
from porta.execution.choice import execution_on
from porta.execution.in_process import InProcess

PROGRAM = """
import sys
import porta
for on in (42, object(), "nowhere"):
    try:
        porta.propagate(500, on=on)
    except porta.PortaError:
        pass
porta.propagate(500)
print(*sorted({"dask", "distributed", "dask_gateway", "httpx"} & sys.modules.keys()))
"""


def test_without_a_place_it_is_this_process_with_the_workers_as_threads() -> None:
    assert execution_on(None, 3) == InProcess(threads=3)


@pytest.mark.parametrize("on", [42, b"http://127.0.0.1:8080", object(), porta])
def test_what_is_no_place_is_refused_with_those_that_there_are(on: Any) -> None:  # noqa: ANN401
    with pytest.raises(porta.ArgumentTypeError, match="a Dask client, a Dask Gateway, or"):
        execution_on(on, None)


def test_a_cluster_is_refused_with_what_to_hand_over() -> None:
    class Cluster:
        def get_client(self) -> None: ...

    with pytest.raises(porta.ArgumentTypeError, match=r"cluster\.get_client\(\)"):
        execution_on(Cluster(), None)


def test_a_running_porta_decides_on_its_workers() -> None:
    with pytest.raises(porta.ArgumentError, match="leave it out"):
        execution_on("http://127.0.0.1:8080", 4)


def test_neither_dask_nor_httpx_is_imported_where_nobody_needs_them() -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == []
