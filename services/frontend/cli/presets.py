"""`porta presets`: lists the presets, or prints one."""

from __future__ import annotations

import click
import orjson

from frontend.errors import BadRequest
from sim.errors import RequestError
from sim.presets import preset, presets

__all__ = ["run"]


def run(name: str | None) -> None:
    """Print a line for each preset, or the JSON of the one with this name; raises BadRequest."""
    if name is None:
        listed = presets()
        width = max(len(one.name) for one in listed)
        for one in listed:
            click.echo(f"{one.name:{width}}  {one.steps:>9,} steps  {one.title}")
        return
    try:
        document = preset(name).to_json()
    except RequestError as error:
        raise BadRequest(f"The {error}") from None
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
