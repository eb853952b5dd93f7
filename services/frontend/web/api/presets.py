"""`/api/v1/presets`: the scenarios that people know, with all that a request for one needs."""

from __future__ import annotations

from functools import cache
from typing import Final

from flask import Blueprint, Response, request
from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from frontend.web.http import query_params
from frontend.web.http.responses import etag_of, json_bytes, unchanged, written_reply
from sim.presets import presets

__all__ = ["PRESETS_PATH", "PresetDocument", "blueprint"]

PRESETS_PATH: Final = "/api/v1/presets"
REVALIDATED: Final = "no-cache"  # another version of Porta may have others

blueprint = Blueprint("presets", __name__)


@with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
class Units(TypedDict):
    """What lengths and times are measured in; `1` where they are dimensionless."""

    length: str
    """Of lengths."""
    time: str
    """Of times; speeds are lengths by times."""


@with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
class PresetDocument(TypedDict):
    """A scenario that people know, with a name."""

    name: str
    """Its name, as `porta propagate --preset` takes it."""
    title: str
    """What it is, in a few words."""
    source: str
    """Where its numbers are from."""
    units: Units
    """Its units."""
    look_for: str
    """What to look for, in a sentence."""
    steps: int
    """As many steps as show it."""
    scenario: dict[str, object]
    """The scenario, as a request takes it."""


@blueprint.get(PRESETS_PATH)
def listing() -> Response:
    """Return all presets."""
    query_params.read(request.args, ())
    document, etag = _document()
    response = unchanged(etag)
    if response is None:
        response = written_reply(document)
        response.set_etag(etag, weak=True)  # compressed or not
    response.headers["Cache-Control"] = REVALIDATED
    return response


@cache
def _document() -> tuple[bytes, str]:
    document = json_bytes([preset.to_json() for preset in presets()])
    return document, etag_of("presets", document)
