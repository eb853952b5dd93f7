"""The services of the application that handles the current request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import current_app

if TYPE_CHECKING:
    from flask import Flask

    from frontend.bootstrap import Services

__all__ = ["attach", "services"]

EXTENSION: Final = "porta"


def attach(app: Flask, services: Services) -> None:
    """Give `app` its services."""
    app.extensions[EXTENSION] = services


def services() -> Services:
    """Return the services of the application that handles this request."""
    attached: Services = current_app.extensions[EXTENSION]
    return attached
