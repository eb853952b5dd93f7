"""Addresses of the web: where a running Porta is, whether that is here, and which token it may get.

What the Python face and the command line share, which may not import each other.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

__all__ = [
    "TOKEN_RULE",
    "TOKEN_VARIABLE",
    "environment_token",
    "is_here",
    "is_loopback",
    "is_private",
    "is_token",
    "split_address",
]

TOKEN_VARIABLE: Final = "PORTA_TOKEN"  # noqa: S105 - the name of an environment variable
TOKEN_RULE: Final = "must be of printable ASCII characters without spaces"  # noqa: S105 - of words
_TOKEN: Final = re.compile("[!-~]+")  # https://www.rfc-editor.org/rfc/rfc9110#name-field-values


def split_address(url: str) -> SplitResult | None:
    """Return the parts of an address of the web; None for what is none.

    >>> split_address("http://127.0.0.1:8080/").port, split_address("http://["), split_address("a")
    (8080, None, None)
    """
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0  # raises ValueError, as the other does
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname and has_port else None


def is_here(url: str) -> bool:
    """Whether an address is on this machine, for certain.

    >>> is_here("http://localhost:8080"), is_here("http://[::1]"), is_here("http://porta.example")
    (True, True, False)
    """
    return is_loopback(urlsplit(url).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host's name or number is of this machine, for certain."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(url: str) -> bool:
    """Whether nobody between here and there can read what is sent.

    >>> is_private("http://127.0.0.1"), is_private("https://a.example"), is_private("http://a.example")
    (True, True, False)
    """
    return is_here(url) or urlsplit(url).scheme == "https"


def environment_token(environ: Mapping[str, str]) -> str | None:
    """Return the token of the environment, without white space around it; None where it is empty.

    >>> environment_token({"PORTA_TOKEN": " abc "}), environment_token({"PORTA_TOKEN": ""})
    ('abc', None)
    """
    return environ.get(TOKEN_VARIABLE, "").strip() or None


def is_token(text: str) -> bool:
    """Whether a text can be sent as a token: TOKEN_RULE.

    >>> is_token("abc"), is_token("a b"), is_token("")
    (True, False, False)
    """
    return _TOKEN.fullmatch(text) is not None
