"""The Flask application: puts the blueprints together, and what holds for every answer.

- Nothing is connected to when it is made; the services connect when they are first used.
- Every answer carries the headers that keep a browser from running what isn't ours.
- Every error is answered by `problems.py`, and by nothing else.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flask import Flask

from frontend.settings import Settings
from frontend.web import context, error_handler
from frontend.web.api import description
from frontend.web.api import routes as api
from frontend.web.auth import authentication, authorization, quotas, sessions, sign_in
from frontend.web.auth.bind_policy import check_auth, refuse_other_names
from frontend.web.dev_runner import bring_runner, settings_errors_told
from frontend.web.http import compression, request_id, request_metrics
from frontend.web.http.limits import BODY_LIMIT_BYTES
from frontend.web.http.security_headers import SecurityHeaders
from frontend.web.http.trusted_proxies import TrustedProxies
from frontend.web.ops import health, metrics_endpoint
from frontend.web.pages import assets, filters, view_model
from frontend.web.pages import routes as pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from frontend.bootstrap import Services

__all__ = ["create_app"]


class _Porta(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Take functions as they are: Flask would look at each, at each request; none is async."""
        return func


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """Make the application; what is not given is read from the environment, or built from it."""
    app = _Porta("frontend", static_folder=None, template_folder="web/pages/templates")
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT_BYTES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.wsgi_app = SecurityHeaders(app.wsgi_app)  # type: ignore[method-assign] # as Flask's documentation says
    services = services or _services(settings)
    context.attach(app, services)
    request_metrics.register(app)
    request_id.register(app)
    _let_in(app, services)
    for module in (pages, api, description, health, metrics_endpoint, assets):
        app.register_blueprint(module.blueprint)
    app.jinja_env.filters.update(filters.FILTERS | view_model.FILTERS)
    app.jinja_env.globals["asset"] = assets.url
    error_handler.register(app)
    compression.register(app)
    assets.version()  # read and compress the files now, not while somebody waits
    return app


def _let_in(app: Flask, services: Services) -> None:
    """Have `app` know who asks, how much they may start, and which proxies are believed."""
    settings = services.settings
    check_auth(settings)
    refuse_other_names(app, settings)
    authentication.attach(app, settings)
    if settings.auth == "token":
        sessions.register(app, settings)
        sign_in.register(app, services.client)
    quotas.attach(app, services.client)
    app.jinja_env.globals |= {"principal": authorization.principal, "auth": settings.auth or "none"}
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign] # as Flask's documentation says


def _services(settings: Settings | None) -> Services:
    from frontend.bootstrap import build_services

    with settings_errors_told():
        if settings is None:
            settings = Settings.from_environ(os.environ)
            bring_runner(settings)
        return build_services(settings)
