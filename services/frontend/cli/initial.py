"""`porta propagate --initial`: a scenario that starts from the states of an OPM or an OEM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from frontend.errors import BadRequest
from sim.errors import ScenarioError
from sim.initial_state import initial_scenario
from sim.orbit_data import MAX_BYTES
from sim.scenario import read_scenario

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["scenario_from"]


def scenario_from(path: Path, base: object | None, epoch: str | None) -> object:
    """Return a scenario as parsed JSON, and tell of what has no part in it; raises BadRequest."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        scenario = None if base is None else read_scenario(base)
        initial = initial_scenario(data, str(path), base=scenario, epoch=epoch)
    except OSError as error:
        raise BadRequest(f"{path} can't be read: {error.strerror}.") from None
    except ScenarioError as error:
        raise BadRequest(str(error)) from None
    for note in initial.notes:
        click.echo(note, err=True)
    return initial.scenario.to_json()
