"""`porta state`: prints the state that the elements of an orbit describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click
import orjson

from frontend.errors import BadRequest
from sim.errors import ScenarioError
from sim.orbit import Elements, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["run"]

COLUMNS: Final = ("x", "y", "z", "vx", "vy", "vz")


def run(elements: Mapping[str, float], mu: float) -> None:
    """Print the state relative to the primary, as JSON; raises BadRequest for no orbit."""
    try:
        state = state_of(Elements(**elements), mu, "orbit")
    except ScenarioError as error:
        _, _, element = error.where.partition(".")
        where = f"--{element}" if element else "This orbit"
        raise BadRequest(f"{where} {error.problem}") from None
    click.echo(orjson.dumps(dict(zip(COLUMNS, state, strict=True))))
