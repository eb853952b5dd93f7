"""The Flask application: puts the blueprints together, and what holds for every answer.

- Nothing is connected to when it is made; the services connect when they are first used.
- Every answer carries the headers that keep a browser from running what isn't ours.
- Every error is answered by `problems.py`, and by nothing else.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, request

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
from frontend.exposure import check_auth
from frontend.identity import identity_of
from frontend.proxies import TrustedProxies
from frontend.settings import Settings

if TYPE_CHECKING:
    from frontend.services import Services

__all__ = ["create_app"]

BODY_LIMIT_BYTES: Final = 1_000_000  # a scenario of 1,000 agents takes about 250,000

# plotly.js makes style elements and fills them through the CSSOM, which CSP lets pass; the elements
# themselves are allowed by what they contain: nothing, and the map styles that it always adds.
# https://github.com/plotly/plotly.js/issues/2355
_PLOTLY_STYLES: Final = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
)
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' {' '.join(_PLOTLY_STYLES)}",
        "img-src 'self' data: blob:",  # plotly.js saves a figure as an image by way of these
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """Make the application; what is not given is read from the environment, or built from it."""
    app = Flask("frontend", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT_BYTES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
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
    app.after_request(_harden)
    assets.version()  # read and compress the files now, not while somebody waits
    return app


def _let_in(app: Flask, services: Services) -> None:
    """Have `app` know who asks, how much they may start, and which proxies are believed."""
    settings = services.settings
    check_auth(settings)
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


def _harden(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
