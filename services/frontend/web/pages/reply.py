"""The response that carries a page."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

__all__ = ["page"]


def page(html: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer with a page, which no cache may keep: it shows how things stand now."""
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
