"""Which client a request counts against when expensive reads are shared (docs/adr/0053).

It is the principal, if the request has credentials. Otherwise it is the address, of IPv6 its
network of 64 bits: one machine has 2**64 addresses there.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from flask import has_request_context, request

from frontend.admission import CURRENT_CLIENT
from frontend.web.auth.authentication import ANONYMOUS, LOCAL
from frontend.web.auth.authorization import principal

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["client_of", "register"]

NETWORK_BITS: Final = 64  # RFC 4291, section 2.5.4: the rest is the interface's own


def register(app: Flask) -> None:
    """Make each request of `app` count against its client."""
    app.before_request(_set)


def client_of(principal_name: str | None, address: str | None) -> str:
    """Return the client: a principal with credentials, else an address.

    >>> client_of("ada", "192.0.2.1"), client_of(None, "192.0.2.1")
    ('principal ada', '192.0.2.1')
    >>> client_of(None, "2001:db8::1") == client_of(None, "2001:db8::2")
    True
    """
    if principal_name is not None:
        return f"principal {principal_name}"
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:  # a unix socket has none
        return "local"
    if parsed.version == 4:  # noqa: PLR2004 - the version
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((parsed, NETWORK_BITS), strict=False))


def _set() -> None:
    CURRENT_CLIENT.set(_client)


def _client() -> str:
    """Return the client of this request; asked only where something has to be admitted."""
    if not has_request_context():  # an event stream, which outlasts its request
        return "streams"
    who = principal()
    return client_of(None if who in {ANONYMOUS, LOCAL} else who.name, request.remote_addr)
