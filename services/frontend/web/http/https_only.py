"""HTTPS required: what a trusted proxy received over HTTP is redirected, or refused.

A token would travel in the clear. Requests that come from no proxy, such as probes, are answered as
ever.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from wsgiref.util import request_uri

import orjson

from frontend.web.http.problem import MEDIA_TYPE, Problem
from frontend.web.http.trusted_proxies import FROM_PROXY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["HttpsOnly"]

SAFE: Final = frozenset({"GET", "HEAD"})  # to repeat: anything else may carry what is secret
REFUSAL: Final = Problem(
    HTTPStatus.FORBIDDEN,
    "This server takes requests over HTTPS only: use https:// in its address. What was sent over "
    "HTTP could be read on its way; if it held a token, make a new one.",
)


class HttpsOnly:
    """A WSGI application that passes to another one what did not reach its proxy over HTTP."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, whose scheme is what the proxy has forwarded."""
        is_plain = environ.get("HTTP_X_FORWARDED_PROTO") == environ["wsgi.url_scheme"] == "http"
        if not (environ.get(FROM_PROXY) and is_plain):
            return self._app(environ, start_response)
        if environ["REQUEST_METHOD"] in SAFE:
            location = request_uri({**environ, "wsgi.url_scheme": "https"})
            start_response(_line(HTTPStatus.PERMANENT_REDIRECT), [("Location", location)])
            return []
        start_response(_line(REFUSAL.status), [("Content-Type", MEDIA_TYPE)])
        return [orjson.dumps(REFUSAL.to_json())]


def _line(status: HTTPStatus) -> str:
    return f"{int(status)} {status.phrase}"
