"""Scenarios that start from the orbit data of others: an OPM or an OEM of CCSDS."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porta.arguments import read_scenario_argument
from porta.errors import ArgumentError, ArgumentTypeError, porta_errors

if TYPE_CHECKING:
    from porta.arguments import AnyScenario

__all__ = ["initial_scenario"]


def initial_scenario(
    path: str | os.PathLike[str],
    *,
    scenario: AnyScenario | None = None,
    epoch: str | None = None,
) -> dict[str, Any]:
    """Return a scenario, as JSON has it, whose agents start from the states of an OPM or an OEM.

    With a `scenario` of nbody that has units, its agents of these names start there, and others are
    added without mass. Without one it is the centre of the file, at rest in the origin, and its
    objects, in kilometres and seconds. Of an OEM it is the first usable state, or that of an
    `epoch` such as "2026-01-01T00:00:00". What has no part in the run (a covariance, a manoeuvre)
    is a warning. Needs the package ccsds-ndm-py (`porta[ccsds]`). Raises ArgumentError.
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentTypeError(
            "path", f"path must be that of a file, not of type {type(path).__name__}."
        )
    from sim import initial_state
    from sim.orbit_data import MAX_BYTES

    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArgumentError("path", f"{path} can't be read: {error.strerror}.") from None
    except ValueError:  # a null character
        raise ArgumentError("path", "path is no path of a file.") from None
    with porta_errors():
        base = None if scenario is None else read_scenario_argument(scenario)
        found = initial_state.initial_scenario(data, str(path), base=base, epoch=epoch)
    for note in found.notes:
        warnings.warn(note, stacklevel=2)
    return found.scenario.to_json()
