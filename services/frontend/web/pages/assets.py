"""What the pages load: our own modules and styles, and plotly.js, all from this server.

Everything lies under `/assets/<version>/`, where the version is a digest of all of it; so a
browser keeps it for ever, modules find one another by relative names, and no page mixes versions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request

from frontend.errors import NotFound
from frontend.web.http.compression import compress

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["blueprint", "url", "version"]

PLOTLY: Final = "plotly.min.js"
MEDIA_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER: Final = "public, max-age=31536000, immutable"

blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, ready to be sent."""

    media_type: str
    plain: bytes
    gzipped: bytes


@blueprint.get("/assets/<asked_version>/<name>")
def asset(asked_version: str, name: str) -> Response:
    """Send a file; of another version than ours (a page before an update) without caching."""
    found = _assets().get(name)
    if found is None:
        raise NotFound("There is no such file.")
    response = Response(found.plain, content_type=f"{found.media_type}; charset=utf-8")
    if request.accept_encodings.quality("gzip") > 0:
        response.set_data(found.gzipped)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = FOR_EVER if asked_version == version() else "no-cache"
    return response


def url(name: str) -> str:
    """Return where the file is; a name of no file is a mistake in a template."""
    if name not in _assets():
        raise LookupError(name)
    return f"/assets/{version()}/{name}"


@cache
def version() -> str:
    """Return the digest of all files, by name and contents."""
    digest = hashlib.sha256()
    for name, found in sorted(_assets().items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(found.plain).digest())
    return digest.hexdigest()[:12]


@cache
def _assets() -> Mapping[str, Asset]:
    files = list(resources.files("frontend.web.pages").joinpath("static").iterdir())
    own = {one.name: one.read_bytes() for one in files}
    plotly = resources.files("plotly").joinpath("package_data", PLOTLY).read_bytes()
    return {name: _asset(name, data) for name, data in (own | {PLOTLY: plotly}).items()}


def _asset(name: str, data: bytes) -> Asset:
    suffix = name[name.rindex(".") :]
    return Asset(MEDIA_TYPES[suffix], data, compress(data, level=6))
