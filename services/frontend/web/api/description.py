"""The routes of the API's description: `/api/v1/openapi.json` for programs, `/docs` for people."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from frontend.web.api.openapi import document
from frontend.web.api.operations import OPERATIONS
from frontend.web.context import services
from frontend.web.http.responses import json_reply
from sim.models.table import MODELS

__all__ = ["blueprint"]

blueprint = Blueprint("description", __name__)


@blueprint.get("/api/v1/openapi.json")
def openapi() -> Response:
    """Return the description to programs."""
    return json_reply(document(_has_tokens()) | _servers(), cache="no-cache")


@blueprint.get("/docs")
def docs() -> str:
    """Show the description to people."""
    api = document(_has_tokens())
    return render_template("docs.html", api=api, operations=OPERATIONS, models=MODELS.values())


def _servers() -> dict[str, object]:
    """Return where the paths begin, if a proxy shows them under a prefix."""
    return {"servers": [{"url": request.script_root}]} if request.script_root else {}


def _has_tokens() -> bool:
    return services().settings.auth == "token"
