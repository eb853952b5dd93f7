"""A hint for whoever runs the proxy: many a 403 comes from a Host header that it has rewritten."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import request

__all__ = ["proxy_hint"]

SHOWN_CHARACTERS: Final = 100  # of a host's name, which the client may have made up


def proxy_hint() -> str:
    """Return a sentence if the page that sent this request is of another host than `Host`.

    None if the browser itself says that another site sent it: no proxy is the reason then.
    """
    sender = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        page = urlsplit(sender).netloc
    except ValueError:
        return ""
    is_of_other_site = request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
    if is_of_other_site or page in {"", request.host}:
        return ""
    return (
        f" The page is from {page[:SHOWN_CHARACTERS]!r}, but the request's Host is "
        f"{request.host[:SHOWN_CHARACTERS]!r}. If a proxy in front of Porta changes it, let the "
        "proxy pass Host on, or send X-Forwarded-Host and be one of PORTA_TRUSTED_PROXIES."
    )
