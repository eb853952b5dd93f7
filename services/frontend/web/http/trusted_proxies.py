"""Trusted proxies: `X-Forwarded-*` headers count from them, and from no other address."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["FROM_PROXY", "TrustedProxies"]

FROM_PROXY: Final = "porta.from_proxy"  # in the WSGI environment, where no header can put it


class TrustedProxies:
    """A WSGI application that takes address, scheme, host and prefix from given proxies."""

    def __init__(self, app: WSGIApplication, networks: Sequence[str]) -> None:
        self._app = app
        self._behind = ProxyFix(app, x_for=1, x_proto=1, x_host=1, x_prefix=1)
        self._networks = [ipaddress.ip_network(network) for network in networks]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, as a trusted proxy describes it if it comes from one."""
        trusted = environ[FROM_PROXY] = self._trusts(environ.get("REMOTE_ADDR", ""))
        return (self._behind if trusted else self._app)(environ, start_response)

    def _trusts(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:  # a unix socket has none
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)
