"""What a request handler has to know first: the services, who asks, and what they may do.

Today everybody who reaches Porta is `local` and may start things (`PORTA_AUTH=none`); tokens and
headers come in at `principal`. Whatever the answer there, a request that another site made a
browser send never starts or changes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flask import current_app, request

from frontend.errors import Forbidden

if TYPE_CHECKING:
    from frontend.services import Services

__all__ = ["EXTENSION", "Principal", "may_start", "principal", "require_start", "services"]

EXTENSION: Final = "porta"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    name: str
    may_start: bool


def services() -> Services:
    """Return the services of the application that handles this request."""
    found: Services = current_app.extensions[EXTENSION]
    return found


def principal() -> Principal:
    """Tell who sent this request."""
    return Principal("local", may_start=True)


def may_start() -> bool:
    """Whether this request, a look at a page, may start what it shows.

    A page that is fetched ahead of a click, or only asked for its headers, has no reader yet.
    """
    ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    looked_at = request.method != "HEAD" and not ahead
    return looked_at and not _from_elsewhere("cross-site") and principal().may_start


def require_start() -> None:
    """Let a request that changes something pass; raises Forbidden."""
    if _from_elsewhere("cross-site", "same-site"):
        raise Forbidden("Another site's page can't start, stop or delete anything here.")
    if not principal().may_start:
        raise Forbidden("You may look at propagations here, but not start or stop them.")


def _from_elsewhere(*sites: str) -> bool:
    """Whether a page of another origin made the browser send this request.

    Browsers tell with Sec-Fetch-Site, which pages can't forge; but only on https and loopback.
    Elsewhere Origin says where a form that changes something comes from.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in sites
    origin = request.headers.get("Origin")
    changes = request.method not in {"GET", "HEAD"}
    return changes and origin is not None and urlsplit(origin).netloc != request.host
