"""Whether the sender of a request may start or change something.

- `authentication` identifies the principal; this module asks it once for each request.
- Whoever the principal is, a request that another site's page made a browser send starts and
  changes nothing. Browsers reveal it in Sec-Fetch-Site or Origin. Where a cookie identifies the
  principal, a form must also carry the token of its page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import g, request

from frontend.errors import Forbidden
from frontend.web.auth.authentication import authenticator
from frontend.web.auth.proxy_hint import proxy_hint
from frontend.web.auth.sessions import protect_form

if TYPE_CHECKING:
    from frontend.web.auth.authentication import Principal

__all__ = ["may_start", "principal", "require_start", "starts_by_looking"]


def principal() -> Principal:
    """Return the principal who sent this request."""
    if "principal" not in g:
        g.principal = authenticator().principal(request)
    identified: Principal = g.principal
    return identified


def may_start() -> bool:
    """Whether the sender of this request may start, cancel and delete propagations."""
    return principal().may_start


def starts_by_looking() -> bool:
    """Whether this request for a page may start the run that the page shows.

    A page that is prefetched, or asked for its headers only, has no reader yet. Nor has one that
    a sibling subdomain's page embeds, for example as an image; but a link there may be followed.
    """
    is_prefetch = "prefetch" in request.headers.get("Sec-Purpose", "")
    has_reader = request.method != "HEAD" and not is_prefetch
    is_navigation = request.headers.get("Sec-Fetch-Dest") == "document"
    trusted = ("same-site",) if is_navigation else ()
    return has_reader and not _is_cross_site(*trusted) and may_start()


def require_start() -> None:
    """Accept a request that changes something, or raise Forbidden or Unauthenticated."""
    if _is_cross_site():
        raise Forbidden(
            f"Another site's page can't start, stop or delete anything here.{proxy_hint()}"
        )
    if not may_start():
        raise authenticator().refusal(request)
    if principal().by_cookie:
        protect_form()


def _is_cross_site(*trusted: str) -> bool:
    """Whether a page of another origin, and of no trusted site, made the browser send this request.

    Browsers say so in Sec-Fetch-Site (W3C Fetch Metadata), which pages can't forge; but only over
    https and on loopback. Any value but "same-origin" (our own pages), "none" (the user) and those
    in `trusted` is another site. Without the header, Origin says where a form that changes
    something comes from.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none", *trusted}
    origin = request.headers.get("Origin")
    changes = request.method not in {"GET", "HEAD"}
    return changes and origin is not None and urlsplit(origin).netloc != request.host
