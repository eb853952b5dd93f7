"""Sessions in signed cookies, and protection of forms against cross-site requests.

- Scripts can't read the cookie (HttpOnly), and other sites' pages can't use it (SameSite=Strict).
  Over https it is never sent unencrypted (Secure), and no other host of the domain can set it
  (`__Host-`). Under a path prefix it is sent to that path only, as `__Secure-`.
- Where a cookie identifies the principal, a form must also carry the token of its page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect

from frontend.errors import Forbidden
from frontend.web.auth.proxy_hint import proxy_hint

if TYPE_CHECKING:
    from frontend.settings import Settings

__all__ = ["protect_form", "register"]

COOKIE: Final = "porta"
LIFETIME: Final = timedelta(hours=12)  # a working day: docs/security.md

_csrf = CSRFProtect()


class _Sessions(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        return request.is_secure

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002 - as above
        if not request.is_secure:
            return COOKIE
        # A path of its own and the prefix `__Host-`, which demands the path /, exclude each other.
        return f"__Secure-{COOKIE}" if request.script_root else f"__Host-{COOKIE}"

    def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002 - as above
        return request.script_root or "/"


def register(app: Flask, settings: Settings) -> None:
    """Give `app` sessions that are signed with the key of the settings."""
    app.secret_key = settings.session_key
    app.session_interface = _Sessions()
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=LIFETIME,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # `protect_form` checks where a cookie is used
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    _csrf.init_app(app)


def protect_form() -> None:
    """Accept a form that carries the token of its page, or raise Forbidden."""
    try:
        _csrf.protect()
    except CSRFError:
        raise Forbidden(
            f"This form did not come from a page of ours; reload it and try again.{proxy_hint()}"
        ) from None
