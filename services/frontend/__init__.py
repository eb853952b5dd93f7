"""The web, the runner and the command line around the propagation engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from frontend.bootstrap import Services
    from frontend.settings import Settings

__all__ = ["create_app"]


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """Make the Flask application; `flask --app frontend run` finds it here.

    The import waits until then, so that `porta --help` and the runner need no Flask.
    """
    from frontend.web.app import create_app as create

    return create(settings, services)
