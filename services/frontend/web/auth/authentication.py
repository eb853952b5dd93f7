"""Who sends a request, by the way that `PORTA_AUTH` says.

- `none`: everybody is `local`.
- `token`: whoever has a token of the file, in the Authorization header or, with a browser, in
  a signed cookie that `signin.py` sets; taking a token out of the file ends its sessions too.
- `header`: whom a trusted proxy names; the same header from anybody else is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from flask import session

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
    "TOKEN_HASH",
    "UNLIMITED",
    "Authenticator",
    "Principal",
    "TokenAuthenticator",
    "authenticator_of",
]

TOKEN_HASH: Final = "token"  # noqa: S105 - where the session keeps which token it began with
CHALLENGE: Final = 'Bearer realm="Porta"'  # RFC 6750, section 3
UNLIMITED: Final = "none"
NAMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+:|=-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, what they may do, and how much of it (a rate, or `none`)."""

    name: str
    may_start: bool = True
    starts: str = UNLIMITED
    work: str = UNLIMITED
    by_cookie: bool = False

    @property
    def is_limited(self) -> bool:
        """Whether what they start is counted."""
        return (self.starts, self.work) != (UNLIMITED, UNLIMITED)


ANONYMOUS: Final = Principal(name="anonymous", may_start=False)


class Authenticator(Protocol):
    """A way to tell who sends a request."""

    def principal(self, request: Request) -> Principal:
        """Tell who sent it; ANONYMOUS if nobody says."""

    def refusal(self, request: Request) -> Unauthenticated | Forbidden:
        """Say to somebody who may not start anything how that would be."""


class LocalAuthenticator:
    """Everybody who reaches Porta may do everything."""

    def principal(self, request: Request) -> Principal:  # noqa: ARG002 - all are the same
        """Everybody is local."""
        return Principal(name="local")

    def refusal(self, request: Request) -> Forbidden:  # noqa: ARG002 - as above
        """Never needed."""
        return Forbidden("You may look at propagations here, but not start or stop them.")


class TokenAuthenticator:
    """Whoever has a token."""

    def __init__(self, settings: Settings) -> None:
        self.tokens = TokenFile(settings.tokens_file or "")
        self._settings = settings

    def principal(self, request: Request) -> Principal:
        """Read the Authorization header, else the session."""
        if (given := _bearer(request)) is not None:
            return self._bearer_of(self.tokens.find(given))
        sha256 = session.get(TOKEN_HASH)
        known = self.tokens.named(sha256) if isinstance(sha256, str) else None
        return self._bearer_of(known, by_cookie=True)

    def refusal(self, request: Request) -> Unauthenticated:
        """Say that a token is needed, or that it is none."""
        if _bearer(request) is not None:
            return Unauthenticated("This token is not known here.", invalid=True)
        return Unauthenticated(
            "Starting, cancelling and deleting need a token: sign in, or send it."
        )

    def _bearer_of(self, token: Token | None, *, by_cookie: bool = False) -> Principal:
        if token is None:
            return ANONYMOUS
        return Principal(
            name=token.name,
            starts=token.starts or self._settings.quota_starts,
            work=token.work or self._settings.quota_work,
            by_cookie=by_cookie,
        )


class HeaderAuthenticator:
    """Whom a trusted proxy names."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def principal(self, request: Request) -> Principal:
        """Read the header, if it is to be believed."""
        name = request.headers.get(self._settings.auth_header, "")
        if not request.environ.get(FROM_PROXY) or NAMED.fullmatch(name) is None:
            return ANONYMOUS
        return Principal(
            name=name, starts=self._settings.quota_starts, work=self._settings.quota_work
        )

    def refusal(self, request: Request) -> Forbidden:
        """Say what is missing."""
        name = self._settings.auth_header
        if request.headers.get(name) is None:
            return Forbidden("Starting, cancelling and deleting need somebody who is signed in.")
        if not request.environ.get(FROM_PROXY):
            return Forbidden(f"{name} is not believed from this address; sign in at the proxy.")
        return Forbidden(f"{name} holds no name that can be used here.")


def authenticator_of(settings: Settings) -> Authenticator:
    """Return the way that the settings say; raises SettingsError."""
    match settings.auth:
        case "token":
            return TokenAuthenticator(settings)
        case "header":
            return HeaderAuthenticator(settings)
        case _:
            return LocalAuthenticator()


def _bearer(request: Request) -> str | None:
    """Return the token that a request carries (RFC 6750, section 2.1)."""
    given = request.authorization
    if given is None or given.type != "bearer":
        return None
    return given.token or ""
