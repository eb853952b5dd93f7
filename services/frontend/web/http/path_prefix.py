"""The path under which a reverse proxy shows Porta, such as `/porta`: all links begin with it.

It is what a trusted proxy sends as `X-Forwarded-Prefix`, else `PORTA_PATH_PREFIX`. A proxy may
remove it from the path of a request, or leave it: both are understood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from frontend.settings.parsers import PATH_PREFIX
from frontend.web.http.responses import json_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from frontend.domain.resource import Resource

__all__ = ["PathPrefix", "at", "document_at"]


class PathPrefix:
    """A WSGI application that tells another one under which path it is shown."""

    def __init__(self, app: WSGIApplication, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; `SCRIPT_NAME` is what a trusted proxy has forwarded, or empty."""
        forwarded = environ.get("SCRIPT_NAME", "").rstrip("/")
        prefix = forwarded if PATH_PREFIX.fullmatch(forwarded) else self._prefix
        environ["SCRIPT_NAME"] = prefix
        path = environ.get("PATH_INFO", "")
        if prefix and f"{path}/".startswith(f"{prefix}/"):
            environ["PATH_INFO"] = path[len(prefix) :] or "/"
        return self._app(environ, start_response)


def at(path: str) -> str:
    """Return the path by which the sender of this request reaches a path of ours."""
    return request.script_root + path


def document_at(resource: Resource, prefix: str) -> bytes:
    """Return the JSON document of a resource, with links for a client that uses the prefix."""
    if not prefix:
        return resource.document  # written once for all who ask
    return json_bytes(resource.to_json() | {"links": resource.links.to_json(prefix)})
