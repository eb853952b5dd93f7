"""The arguments of `porta propagate` as a person writes them, for what computes in this process."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from frontend.cli.propagate import Arguments

__all__ = ["written"]

_NOTHING: Final = Arguments(
    steps=None,
    seed="0",
    member=None,
    members="1",
    scenario=None,
    workers="inline",
    output=None,
    output_format=None,
    overwrite=False,
)


def written(**arguments: object) -> Arguments:
    """Return the command's arguments with these; all others are as if they were not written."""
    return replace(_NOTHING, **arguments)  # type: ignore[arg-type] # by the names of its fields
