"""What a request handler has to know first: who asks, and what they may do.

`identity.py` tells who asks. Whatever the answer there, a request that another site made a
browser send never starts or changes anything: browsers say so in Sec-Fetch-Site or Origin, and
where a cookie says who asks, a form carries a token of its page besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flask import current_app, g, request

from frontend.errors import Forbidden
from frontend.web.auth.sessions import protect_form

if TYPE_CHECKING:
    from frontend.web.auth.authentication import Authenticator, Principal, TokenAuthenticator
    from frontend.web.auth.quotas import Quotas

__all__ = [
    "AUTHENTICATOR",
    "QUOTAS",
    "may_start",
    "principal",
    "quotas",
    "require_start",
    "starts_by_looking",
    "token_authenticator",
]

AUTHENTICATOR: Final = "porta.identity"
QUOTAS: Final = "porta.quotas"


def quotas() -> Quotas:
    """Return the quotas of the application that handles this request."""
    found: Quotas = current_app.extensions[QUOTAS]
    return found


def token_authenticator() -> TokenAuthenticator:
    """Return who has tokens; only where the application was made with PORTA_AUTH=token."""
    found: TokenAuthenticator = current_app.extensions[AUTHENTICATOR]
    return found


def principal() -> Principal:
    """Tell who sent this request."""
    if "principal" not in g:
        g.principal = _authenticator().principal(request)
    found: Principal = g.principal
    return found


def may_start() -> bool:
    """Whether whoever sent this request may start, cancel and delete things."""
    return principal().may_start


def starts_by_looking() -> bool:
    """Whether this request, a look at a page, starts what it shows.

    A page that is fetched ahead of a click, or only asked for its headers, has no reader yet; nor
    has one that a sibling subdomain's page asks for as an image. A link there may be followed.
    """
    ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    looked_at = request.method != "HEAD" and not ahead
    followed = request.headers.get("Sec-Fetch-Dest") == "document"
    nearby = ("same-site",) if followed else ()
    return looked_at and not _from_elsewhere(*nearby) and may_start()


def require_start() -> None:
    """Let a request that changes something pass; raises Forbidden, Unauthenticated."""
    if _from_elsewhere():
        raise Forbidden("Another site's page can't start, stop or delete anything here.")
    if not may_start():
        raise _authenticator().refusal(request)
    if principal().by_cookie:
        protect_form()


def _authenticator() -> Authenticator:
    found: Authenticator = current_app.extensions[AUTHENTICATOR]
    return found


def _from_elsewhere(*trusted: str) -> bool:
    """Whether a page of another origin made the browser send this request, from no trusted site.

    Browsers tell with Sec-Fetch-Site, which pages can't forge; but only on https and loopback.
    Whatever it says but our own pages ("same-origin") and the user ("none") is elsewhere.
    Without it Origin says where a form that changes something comes from.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none", *trusted}
    origin = request.headers.get("Origin")
    changes = request.method not in {"GET", "HEAD"}
    return changes and origin is not None and urlsplit(origin).netloc != request.host
