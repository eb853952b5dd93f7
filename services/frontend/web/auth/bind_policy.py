"""Which addresses and host names Porta serves while `PORTA_AUTH` is not set.

Only this machine's: the web binds to loopback, and answers to loopback's host names alone.
Otherwise another site's name could be made to point here, and a browser would take that site's
pages and Porta for one origin (DNS rebinding).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from frontend.errors import Forbidden, SettingsError
from sim.web_address import is_loopback

if TYPE_CHECKING:
    from flask import Flask

    from frontend.settings import Settings

__all__ = ["check_auth", "refuse_other_names", "refuse_strangers"]

SHOWN_CHARACTERS: Final = 100  # of a host's name, which the client may have made up


def refuse_strangers(settings: Settings, host: str) -> None:
    """Raise SettingsError for an address that others can reach, while PORTA_AUTH is not set."""
    check_auth(settings)
    if settings.auth is None and not is_loopback(host):
        raise SettingsError(
            "PORTA_AUTH",
            f"must say who may start things before Porta listens on {host}: `token` or `header` "
            "for known principals, `none` for every sender.",
        )


def check_auth(settings: Settings) -> None:
    """Raise SettingsError if the selected authentication lacks a setting that it needs."""
    if settings.auth == "token":
        if settings.tokens_file is None:
            raise SettingsError(
                "PORTA_TOKENS_FILE", "is needed with PORTA_AUTH=token; `porta token` makes lines."
            )
        if settings.session_key is None:
            raise SettingsError(
                "PORTA_SESSION_KEY", "is needed with PORTA_AUTH=token, as `openssl rand -hex 32`."
            )
        from frontend.web.auth.tokens import TokenFile

        TokenFile(settings.tokens_file)
    if settings.auth == "header" and not settings.trusted_proxies:
        raise SettingsError(
            "PORTA_TRUSTED_PROXIES",
            "is needed with PORTA_AUTH=header: the header is trusted from these addresses only.",
        )


def refuse_other_names(app: Flask, settings: Settings) -> None:
    """Make `app` answer to loopback's host names alone, while PORTA_AUTH is not set."""
    if settings.auth is None:
        from flask import request  # the command line reads this module, and needs no Flask

        app.before_request(lambda: _refuse(request.environ.get("HTTP_HOST", "localhost")))


def _refuse(host: str) -> None:
    if not _names_loopback(host):
        raise Forbidden(
            "Porta answers to localhost only, until PORTA_AUTH says who may start things. This "
            f"request's Host is {host[:SHOWN_CHARACTERS]!r}: a proxy in front of Porta needs "
            "PORTA_AUTH, and PORTA_TRUSTED_PROXIES with its address."
        )


@lru_cache(maxsize=64)
def _names_loopback(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
