"""Cookies: sessions as strict as the connection allows, and forms that only our pages can send.

- The cookie is signed. Scripts can't read it and other sites' pages can't use it
  (SameSite=Strict); over https it is never sent without encryption, nor set by another host of
  the domain (`__Host-`).
- Where a cookie says who asks, a form carries a token of its own page besides.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect

from frontend.errors import Forbidden

if TYPE_CHECKING:
    from frontend.settings import Settings

__all__ = ["protect_form", "register"]

COOKIE: Final = "porta"
LIFETIME: Final = timedelta(hours=12)

_csrf = CSRFProtect()


class _Sessions(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        return request.is_secure

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002 - as above
        return f"__Host-{COOKIE}" if request.is_secure else COOKIE


def register(app: Flask, settings: Settings) -> None:
    """Let `app` have sessions, signed with the key of the settings."""
    app.secret_key = settings.session_key
    app.session_interface = _Sessions()
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=LIFETIME,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # but where a cookie says who asks: `protect_form`
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    _csrf.init_app(app)


def protect_form() -> None:
    """Let a request pass that carries the token of a page of ours; raises Forbidden."""
    try:
        _csrf.protect()
    except CSRFError:
        raise Forbidden("This did not come from a page of ours; reload it and try again.") from None
