"""Signing in with a browser: a form that takes a token, and a session that stands for it.

- The session holds the hash of the token, never the token. It ends when the token is removed from
  the file, when the session key changes, or after 12 hours. Signing out deletes the cookie.
- One address has few attempts (`ATTEMPTS`), so guessing a token is slow.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, redirect, render_template, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from frontend.web.auth import audit_log
from frontend.web.auth.authentication import CHALLENGE, TOKEN_HASH, token_authenticator
from frontend.web.auth.quotas import STORAGE, storage_options
from frontend.web.auth.sessions import protect_form
from frontend.web.http.path_prefix import at

if TYPE_CHECKING:
    from flask import Flask
    from redis import Redis
    from werkzeug.wrappers import Response as AnyResponse

__all__ = ["ATTEMPTS", "blueprint", "register"]

ATTEMPTS: Final = "10/minute"
LONGEST_NEXT: Final = 256  # characters of the path to return to; ours have less than 100

blueprint = Blueprint("signin", __name__)


def register(app: Flask, redis: Redis) -> None:
    """Give `app` the sign-in form, and limit the attempts."""
    limiter = Limiter(
        get_remote_address,
        storage_uri=STORAGE,
        storage_options=storage_options(redis),
        strategy="fixed-window",
        swallow_errors=True,  # a token is good while Redis is unavailable, too
    )
    limiter.limit(ATTEMPTS, methods=["POST"])(blueprint)
    app.register_blueprint(blueprint)
    limiter.init_app(app)


@blueprint.get("/sign-in")
def form() -> Response:
    """Show the form."""
    return _form(request.args.get("next", "/"))


@blueprint.post("/sign-in")
def sign_in() -> AnyResponse:
    """Check the token, begin a session, and return to the page that asked for it."""
    protect_form()
    next_path = request.form.get("next", "/")
    token = token_authenticator().tokens.find(request.form.get("token", "").strip())
    if token is None:
        audit_log.record("sign in", "refused")
        return _form(next_path, problem="This token is not known here.")
    session.clear()
    session.permanent = True
    session[TOKEN_HASH] = token.sha256
    audit_log.record("sign in", "done", who=token.name)
    return redirect(at(_local(next_path)), HTTPStatus.SEE_OTHER)


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """End the session."""
    protect_form()
    audit_log.record("sign out", "done")
    session.clear()
    return redirect(at("/"), HTTPStatus.SEE_OTHER)


def _form(next_path: str, problem: str | None = None) -> Response:
    page = render_template("sign-in.html", wanted=_local(next_path), problem=problem)
    response = Response(page, content_type="text/html; charset=utf-8")
    if problem:
        response.status_code = HTTPStatus.UNAUTHORIZED
        response.headers["WWW-Authenticate"] = CHALLENGE
    response.headers["Cache-Control"] = "no-store"
    return response


def _local(path: str) -> str:
    """Return the path if it is one of this site's, or the root: no redirect leads elsewhere."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_local and path.isprintable() and len(path) <= LONGEST_NEXT else "/"
