"""The manual: the files that `make docs` has built, served under `/manual/`.

- They are a part of the image and of the wheel. Where they were not built, a sentence says how to.
- A browser keeps them, and asks each time whether they have changed (ETag).
- They name each other by relative addresses, so they work under any path prefix, and have no script
  or style within, as all pages.
- No path leads out of its folder, and only what is of a known kind is served.
"""

from __future__ import annotations

from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, current_app, redirect
from werkzeug.security import safe_join

from frontend.errors import NotFound
from frontend.web.http.path_prefix import at
from frontend.web.http.responses import etag_of, unchanged

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

__all__ = ["SITE", "blueprint"]

SITE: Final = str(resources.files("frontend.web.pages").joinpath("manual_site"))
"""The folder of the site; the configuration of the application, `MANUAL`, may name another."""
FIRST: Final = "index.html"
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
}
CACHE: Final = "no-cache"  # it may be kept, and is asked for each time: an upgrade shows at once
NOT_BUILT: Final = (
    "The manual is not part of this installation. In a checkout, make docs builds it; until then "
    "its pages are in the folder docs."
)

blueprint = Blueprint("manual", __name__)


@blueprint.get("/manual")
def entrance() -> AnyResponse:
    """Lead to the first page, by whose address the others are named."""
    return redirect(at("/manual/"), HTTPStatus.PERMANENT_REDIRECT)


@blueprint.get("/manual/", defaults={"name": FIRST})
@blueprint.get("/manual/<path:name>")
def manual(name: str) -> Response:
    """Return a file of the manual."""
    path = _file(name)
    data = path.read_bytes()
    etag = etag_of(data)
    response = unchanged(etag) or Response(data, content_type=MEDIA_TYPES[path.suffix])
    response.set_etag(etag)
    response.headers["Cache-Control"] = CACHE
    return response


def _file(name: str) -> Path:
    """Return the path of a file of the site; raises NotFound."""
    site = current_app.config.get("MANUAL", SITE)
    path = Path(safe_join(site, name) or site)
    if path.suffix in MEDIA_TYPES and path.is_file():
        return path
    if not Path(site, FIRST).is_file():
        raise NotFound(NOT_BUILT)
    raise NotFound("The manual has no such page; its contents and its search are at /manual/.")
