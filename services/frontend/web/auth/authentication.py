"""Which principal sends a request, determined in the way that `PORTA_AUTH` selects.

- `none`: every sender is `local`.
- `token`: the owner of a token in the file. Programs send it in the Authorization header; browsers
  send a signed cookie that `sign_in` sets. Removing a token from the file also ends its sessions.
- `header`: the name that a trusted proxy sends. The same header from another address is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from flask import Flask, current_app, session

from frontend.errors import Forbidden, Unauthenticated
from frontend.web.auth.tokens import TokenFile
from frontend.web.http.trusted_proxies import FROM_PROXY

if TYPE_CHECKING:
    from flask import Request

    from frontend.settings import Settings
    from frontend.web.auth.tokens import Token

__all__ = [
    "ANONYMOUS",
    "CHALLENGE",
    "LOCAL",
    "TOKEN_HASH",
    "UNLIMITED",
    "Authenticator",
    "Principal",
    "TokenAuthenticator",
    "attach",
    "authenticator",
    "authenticator_of",
    "token_authenticator",
]

TOKEN_HASH: Final = "token"  # noqa: S105 - the session's key for the hash of its token
CHALLENGE: Final = 'Bearer realm="Porta"'  # RFC 6750, section 3
UNLIMITED: Final = "none"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+:|=-]{0,127}")  # also user@host and auth0|123
EXTENSION: Final = "porta.authenticator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A sender of requests: what it may do, and at which rates (`none` is unlimited)."""

    name: str
    may_start: bool = True
    starts: str = UNLIMITED
    work: str = UNLIMITED
    by_cookie: bool = False

    @property
    def is_limited(self) -> bool:
        """Whether a quota applies to what this principal starts."""
        return (self.starts, self.work) != (UNLIMITED, UNLIMITED)


ANONYMOUS: Final = Principal(name="anonymous", may_start=False)
LOCAL: Final = Principal(name="local")


class Authenticator(Protocol):
    """A way to identify the principal who sends a request."""

    def principal(self, request: Request) -> Principal:
        """Return the principal; ANONYMOUS if the request identifies none."""

    def refusal(self, request: Request) -> Unauthenticated | Forbidden:
        """Return the error for a sender who may not start anything: what is missing."""


class LocalAuthenticator:
    """Takes every sender for the same local principal, who may do everything."""

    def principal(self, request: Request) -> Principal:  # noqa: ARG002 - all are the same
        """Return the local principal."""
        return LOCAL

    def refusal(self, request: Request) -> Forbidden:  # noqa: ARG002 - as above
        """Return an error that no request meets: the local principal may start."""
        return Forbidden("You may look at propagations here, but not start or stop them.")


class TokenAuthenticator:
    """Identifies the owner of a bearer token, sent in a header or stood for by a session."""

    def __init__(self, settings: Settings) -> None:
        self.tokens = TokenFile(settings.tokens_file or "")
        self._settings = settings

    def principal(self, request: Request) -> Principal:
        """Read the Authorization header or, without one, the session."""
        if (given := _bearer(request)) is not None:
            return self._owner_of(self.tokens.find(given))
        sha256 = session.get(TOKEN_HASH)
        token = self.tokens.named(sha256) if isinstance(sha256, str) else None
        return self._owner_of(token, by_cookie=True)

    def refusal(self, request: Request) -> Unauthenticated:
        """Return that a token is needed, or that the one sent is unknown."""
        if _bearer(request) is not None:
            return Unauthenticated("This token is not known here.", invalid=True)
        return Unauthenticated(
            "Starting, cancelling and deleting need a token: sign in, or send it."
        )

    def _owner_of(self, token: Token | None, *, by_cookie: bool = False) -> Principal:
        if token is None:
            return ANONYMOUS
        return Principal(
            name=token.name,
            starts=token.starts or self._settings.quota_starts,
            work=token.work or self._settings.quota_work,
            by_cookie=by_cookie,
        )


class HeaderAuthenticator:
    """Identifies the principal whom a trusted proxy names in a header."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def principal(self, request: Request) -> Principal:
        """Read the header, if a trusted proxy sent it."""
        name = request.headers.get(self._settings.auth_header, "")
        if not request.environ.get(FROM_PROXY) or NAME.fullmatch(name) is None:
            return ANONYMOUS
        return Principal(
            name=name, starts=self._settings.quota_starts, work=self._settings.quota_work
        )

    def refusal(self, request: Request) -> Forbidden:
        """Return what is missing."""
        name = self._settings.auth_header
        if request.headers.get(name) is None:
            return Forbidden("Starting, cancelling and deleting need a signed-in user.")
        if not request.environ.get(FROM_PROXY):
            return Forbidden(f"{name} is not believed from this address; sign in at the proxy.")
        return Forbidden(f"{name} does not hold a valid name.")


def attach(app: Flask, settings: Settings) -> None:
    """Give `app` the authenticator that the settings select; raises SettingsError."""
    app.extensions[EXTENSION] = authenticator_of(settings)


def authenticator() -> Authenticator:
    """Return the authenticator of the application that handles this request."""
    attached: Authenticator = current_app.extensions[EXTENSION]
    return attached


def token_authenticator() -> TokenAuthenticator:
    """Return the same where the application was made with PORTA_AUTH=token."""
    attached: TokenAuthenticator = current_app.extensions[EXTENSION]
    return attached


def authenticator_of(settings: Settings) -> Authenticator:
    """Return the authenticator that the settings select; raises SettingsError."""
    match settings.auth:
        case "token":
            return TokenAuthenticator(settings)
        case "header":
            return HeaderAuthenticator(settings)
        case _:
            return LocalAuthenticator()


def _bearer(request: Request) -> str | None:
    """Return the token in the Authorization header (RFC 6750, section 2.1), None without one."""
    given = request.authorization
    if given is None or given.type != "bearer":
        return None
    return given.token or ""
