"""The services of the application that handles a request, as it was given them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import current_app

if TYPE_CHECKING:
    from flask import Flask

    from frontend.bootstrap import Services

__all__ = ["attach", "services"]

EXTENSION: Final = "porta"


def attach(app: Flask, given: Services) -> None:
    """Give `app` its services."""
    app.extensions[EXTENSION] = given


def services() -> Services:
    """Return the services of the application that handles this request."""
    found: Services = current_app.extensions[EXTENSION]
    return found
