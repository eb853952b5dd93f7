"""The Flask application: its blueprints, and what applies to every response.

- Making it connects to nothing; the services connect when they are first used.
- Every response carries the security headers.
- `error_handler` alone turns errors into responses.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flask import Flask

from frontend.settings import Settings
from frontend.web import context, error_handler
from frontend.web.api import (
    description,
    ensemble_routes,
    event_routes,
    file_routes,
    listing_routes,
    presets,
    proof_routes,
    series_routes,
)
from frontend.web.api import routes as api
from frontend.web.auth import authentication, authorization, client, quotas, sessions, sign_in
from frontend.web.auth.bind_policy import check_auth, refuse_other_names
from frontend.web.dev_runner import settings_errors_as_usage, start_runner
from frontend.web.http import compression, forms, negotiation, request_id, request_metrics
from frontend.web.http.https_only import HttpsOnly
from frontend.web.http.limits import BODY_LIMIT_BYTES, FORM_FIELDS_LIMIT
from frontend.web.http.path_prefix import PathPrefix
from frontend.web.http.security_headers import SecurityHeaders
from frontend.web.http.trusted_proxies import TrustedProxies
from frontend.web.ops import health, metrics_endpoint
from frontend.web.pages import (
    accuracy,
    assets,
    comparison,
    filters,
    home_form,
    home_routes,
    manual,
    picture_routes,
    sharing,
    view_model,
)
from frontend.web.pages import routes as pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from frontend.bootstrap import Services

__all__ = ["create_app"]


class _Porta(Flask):
    request_class = forms.Request

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return views as they are: none is async, and Flask would check at each request."""
        return func


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """Make the application; settings and services that are not given come from the environment."""
    app = _Porta("frontend", static_folder=None, template_folder="web/pages/templates")
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT_BYTES
    app.config["MAX_FORM_PARTS"] = FORM_FIELDS_LIMIT
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.wsgi_app = SecurityHeaders(app.wsgi_app)  # type: ignore[method-assign] # as Flask documents it
    services = services or _services(settings)
    context.attach(app, services)
    request_metrics.register(app)
    request_id.register(app)
    negotiation.register(app)
    _add_access_control(app, services)
    for module in (
        home_routes,
        pages,
        comparison,
        picture_routes,
        sharing,
        api,
        listing_routes,
        ensemble_routes,
        file_routes,
        series_routes,
        proof_routes,
        event_routes,
        presets,
        description,
        health,
        metrics_endpoint,
        assets,
        manual,
    ):
        app.register_blueprint(module.blueprint)
    app.jinja_env.filters.update(
        filters.FILTERS | view_model.FILTERS | home_form.FILTERS | accuracy.FILTERS
    )
    app.jinja_env.globals |= {
        "asset": assets.link,
        "modules": assets.modules,
        "absolute": sharing.absolute,
        "shared": sharing.shared,
    }
    error_handler.register(app)
    compression.register(app)
    assets.version()  # read and compress the files now, not at the first request
    return app


def _add_access_control(app: Flask, services: Services) -> None:
    """Give `app` its authenticator, quotas and trusted proxies, as the settings say."""
    settings = services.settings
    check_auth(settings)
    refuse_other_names(app, settings)
    authentication.attach(app, settings)
    if settings.auth == "token":
        sessions.register(app, settings)
        sign_in.register(app, services.client)
    quotas.attach(app, services.client)
    client.register(app)
    app.jinja_env.globals |= {"principal": authorization.principal, "auth": settings.auth or "none"}
    if settings.https == "required":
        app.wsgi_app = HttpsOnly(app.wsgi_app)  # type: ignore[method-assign] # as Flask documents it
    # Around HttpsOnly, which redirects to the address that the client has used.
    app.wsgi_app = PathPrefix(app.wsgi_app, settings.path_prefix or "")  # type: ignore[method-assign] # as Flask documents it
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign] # as Flask documents it


def _services(settings: Settings | None) -> Services:
    from frontend.bootstrap import build_services

    with settings_errors_as_usage():
        if settings is None:
            settings = Settings.from_environ(os.environ)
            start_runner(settings)
        return build_services(settings)
