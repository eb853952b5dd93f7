"""Signing in with a browser: a form that takes a token, and a session that stands for it.

- The session holds the hash of the token, never the token. It ends with the token's line in
  the file, with another session key, or after half a day; signing out makes the browser forget.
- Guessing is slow: so many attempts a minute from one address (`quotas.py`).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, redirect, render_template, request, session

from frontend import audit
from frontend.access import token_identity
from frontend.identity import TOKEN_HASH
from frontend.problems import CHALLENGE
from frontend.sessions import protect_form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

__all__ = ["blueprint"]

LONGEST_NEXT: Final = 256

blueprint = Blueprint("signin", __name__)


@blueprint.get("/sign-in")
def form() -> Response:
    """Show the form."""
    return _form(request.args.get("next", "/"))


@blueprint.post("/sign-in")
def sign_in() -> AnyResponse:
    """Take a token; go where somebody wanted to go."""
    protect_form()
    wanted = request.form.get("next", "/")
    token = token_identity().tokens.find(request.form.get("token", "").strip())
    if token is None:
        audit.record("sign in", "refused")
        return _form(wanted, problem="This token is not known here.")
    session.clear()
    session.permanent = True
    session[TOKEN_HASH] = token.sha256
    audit.record("sign in", "done", who=token.name)
    return redirect(_local(wanted), HTTPStatus.SEE_OTHER)


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """Forget who it was."""
    protect_form()
    audit.record("sign out", "done")
    session.clear()
    return redirect("/", HTTPStatus.SEE_OTHER)


def _form(wanted: str, problem: str | None = None) -> Response:
    page = render_template("sign-in.html", wanted=_local(wanted), problem=problem)
    response = Response(page, content_type="text/html; charset=utf-8")
    if problem:
        response.status_code = HTTPStatus.UNAUTHORIZED
        response.headers["WWW-Authenticate"] = CHALLENGE
    response.headers["Cache-Control"] = "no-store"
    return response


def _local(path: str) -> str:
    """Return a path of this site's, whatever was asked for: nobody is sent elsewhere."""
    local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if local and path.isprintable() and len(path) <= LONGEST_NEXT else "/"
