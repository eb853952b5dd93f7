"""The Flask application: puts the blueprints together, and what holds for every answer.

- Nothing is connected to when it is made; the services connect when they are first used.
- Every answer carries the headers that keep a browser from running what isn't ours.
- Every error is answered by `problems.py`, and by nothing else.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flask import Flask

from frontend import (
    access,
    api,
    assets,
    compression,
    formatting,
    health,
    metrics,
    openapi,
    pages,
    presentation,
    problems,
    quotas,
    scrape,
    sessions,
    signin,
    tracing,
)
from frontend.companion import bring_runner, settings_errors_told
from frontend.exposure import check_auth, refuse_other_names
from frontend.hardening import Hardened
from frontend.identity import identity_of
from frontend.limits import BODY_LIMIT_BYTES
from frontend.proxies import TrustedProxies
from frontend.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from frontend.services import Services

__all__ = ["create_app"]


class _Porta(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Take functions as they are: Flask would look at each, at each request; none is async."""
        return func


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """Make the application; what is not given is read from the environment, or built from it."""
    app = _Porta("frontend", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT_BYTES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.wsgi_app = Hardened(app.wsgi_app)  # type: ignore[method-assign] # as Flask's documentation says
    services = app.extensions[access.EXTENSION] = services or _services(settings)
    metrics.register(app)
    tracing.register(app)
    _let_in(app, services)
    for module in (pages, api, openapi, health, scrape, assets):
        app.register_blueprint(module.blueprint)
    app.jinja_env.filters.update(formatting.FILTERS | presentation.FILTERS)
    app.jinja_env.globals["asset"] = assets.url
    problems.register(app)
    compression.register(app)
    assets.version()  # read and compress the files now, not while somebody waits
    return app


def _let_in(app: Flask, services: Services) -> None:
    """Have `app` know who asks, how much they may start, and which proxies are believed."""
    settings = services.settings
    check_auth(settings)
    refuse_other_names(app, settings)
    app.extensions[access.IDENTITY] = identity_of(settings)
    if settings.auth == "token":
        sessions.register(app, settings)
        app.register_blueprint(signin.blueprint)
    app.extensions[access.QUOTAS] = quotas.register(app, services.client)
    app.jinja_env.globals |= {"principal": access.principal, "auth": settings.auth or "none"}
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign] # as Flask's documentation says


def _services(settings: Settings | None) -> Services:
    from frontend.services import build_services

    with settings_errors_told():
        if settings is None:
            settings = Settings.from_environ(os.environ)
            bring_runner(settings)
        return build_services(settings)
