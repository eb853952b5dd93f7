from __future__ import annotations

import subprocess
import sys

from frontend.cli.execution import in_process
from sim.engine import Propagation
from sim.scenario import PropagationRequest, Trajectory

PROGRAM = """
import sys
from frontend.cli.execution import choice
from frontend.settings import Settings
from sim.scenario import PropagationRequest, Trajectory
choice.propagation(Settings.from_environ({}), PropagationRequest(500, Trajectory()), "auto")
print(*sorted({"dask", "distributed", "dask_gateway", "redis"} & sys.modules.keys()))
"""


def test_what_is_propagated_here_is_what_the_engine_says() -> None:
    request = PropagationRequest(140_000, Trajectory(seed=5))
    assert (
        in_process.propagation(request).summary()
        == Propagation.open(request.trajectory, request.steps).summary()
    )


def test_dask_and_redis_are_not_imported_where_nobody_needs_them() -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == []
