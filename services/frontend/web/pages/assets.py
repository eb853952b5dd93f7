"""The files that pages load: Porta's own modules and styles, and plotly.js, all from this server.

They are served under `/assets/<version>/`, where the version is a digest of all of them. So a
browser may keep them for ever, modules import each other by relative names, and no page mixes
versions.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response

from frontend.errors import NotFound
from frontend.web.http.compression import compress, takes_gzip
from frontend.web.http.path_prefix import at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

__all__ = ["blueprint", "link", "modules", "url", "version"]

PLOTLY: Final = "plotly.min.js"
MEDIA_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
IMPORTED: Final = re.compile(rb"""^(?:import|export)\b[^;"]*?"(\.[^"]+)";""", re.MULTILINE)
FOR_EVER: Final = "public, max-age=31536000, immutable"

blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, ready to be sent."""

    media_type: str
    plain: bytes
    gzipped: bytes


@blueprint.get("/assets/<asked_version>/<path:name>")
def asset(asked_version: str, name: str) -> Response:
    """Return a file; to a page of another version, from before an update, not to be cached."""
    file = _assets().get(name)
    if file is None:
        raise NotFound("There is no such file.")
    response = Response(file.plain, content_type=f"{file.media_type}; charset=utf-8")
    if takes_gzip():
        response.set_data(file.gzipped)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = FOR_EVER if asked_version == version() else "no-cache"
    return response


def url(name: str) -> str:
    """Return the path of a file; raises LookupError for a template that names no file."""
    if name not in _assets():
        raise LookupError(name)
    return f"/assets/{version()}/{name}"


def link(name: str) -> str:
    """Return the address of a file for the sender of this request."""
    return at(url(name))


@cache
def modules(name: str) -> tuple[str, ...]:
    """Return what a module imports, and what that imports, nearest first.

    A page that names them in its head has them loaded beside each other, not one after another.
    """
    found = {name: None}
    for one in (waiting := [name]):
        folder = posixpath.dirname(one)
        for path in IMPORTED.findall(_assets()[one].plain):
            imported = posixpath.normpath(posixpath.join(folder, path.decode()))
            if imported not in found:
                found[imported] = None
                waiting.append(imported)
    return tuple(found)[1:]


@cache
def version() -> str:
    """Return the digest of the names and contents of all files."""
    digest = hashlib.sha256()
    for name, file in sorted(_assets().items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(file.plain).digest())
    return digest.hexdigest()[:12]


@cache
def _assets() -> Mapping[str, Asset]:
    own = dict(_files(resources.files("frontend.web.pages").joinpath("static")))
    plotly = resources.files("plotly").joinpath("package_data", PLOTLY).read_bytes()
    return {name: _asset(name, data) for name, data in (own | {PLOTLY: plotly}).items()}


def _files(folder: Traversable, under: str = "") -> Iterator[tuple[str, bytes]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _files(each, f"{under}{each.name}/")
        elif "." in each.name:
            yield f"{under}{each.name}", each.read_bytes()


def _asset(name: str, data: bytes) -> Asset:
    suffix = name[name.rindex(".") :]
    return Asset(MEDIA_TYPES[suffix], data, compress(data, level=6))
