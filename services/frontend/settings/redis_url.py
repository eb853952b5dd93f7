"""The URL of Redis, checked as a whole at start: redis-py itself ignores what it can't read.

A database that is no number would be database 0, and a password with a slash in it another host.
No error repeats a value, since it may be, or contain, the password.
"""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

__all__ = ["redis_url"]

SCHEMES: Final = ("redis", "rediss", "unix")
DATABASE: Final = re.compile("[0-9]{1,9}")
HOST: Final = re.compile(r"[\w.-]+|[0-9a-f:.]+(?:%[\w.-]+)?")  # or an address, with its zone
NAME: Final = re.compile("[a-z_]{1,40}")
ENCODED: Final = (
    "write / ? # [ ] @ and % in a user name or password as %2F %3F %23 %5B %5D %40 %25."
)
OPTIONS: Final[dict[str, Callable[[str], bool]]] = {
    "db": lambda value: DATABASE.fullmatch(value) is not None,
    "protocol": lambda value: value in {"2", "3"},  # RESP2, RESP3
    "ssl_certfile": bool,  # for a Redis that asks clients for a certificate
    "ssl_keyfile": bool,
}


def redis_url(value: str) -> str:
    """Read a URL for redis-py: redis://, rediss:// or unix://."""
    if value.partition("://")[0] not in SCHEMES or value.endswith("://"):
        raise ValueError("must be a URL that begins with redis://, rediss:// or unix://.")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError(f"the host or the port can't be read; {ENCODED}") from None
    if parts.fragment or "@" in parts.query or (parts.scheme != "unix" and "@" in parts.path):
        raise ValueError(f"there is more after the host than a database and options; {ENCODED}")
    options = _options(parts.query)
    _check_certificate(parts.scheme, options.get("ssl_certfile"), options.get("ssl_keyfile"))
    if parts.scheme == "unix":
        _check_socket(parts)
    else:
        _check_server(parts, port, options)
    return value


def _options(query: str) -> dict[str, str]:
    """Return the options; raises ValueError for one that Porta does not take."""
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        named = f"the option {name}" if NAME.fullmatch(name) else "an option"
        if name not in OPTIONS:
            raise ValueError(
                f"{named} is not one that Porta takes: {', '.join(OPTIONS)}. "
                "Timeouts, retries and decoding are Porta's own."
            )
        if name in options or not OPTIONS[name](value):
            raise ValueError(f"{named} is given twice, or has a value that is not allowed.")
        options[name] = value
    return options


def _check_certificate(scheme: str, certificate: str | None, key: str | None) -> None:
    """Load what Porta shows to Redis; without `key`, the key is in the certificate's file."""
    if certificate is None and key is None:
        return
    if scheme != "rediss":
        raise ValueError("ssl_certfile and ssl_keyfile need rediss://: only TLS has certificates.")
    if certificate is None:
        raise ValueError("ssl_keyfile needs ssl_certfile, the file of the certificate.")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_cert_chain(certificate, key, password="")  # encrypted, no one could decrypt it
    except (OSError, ValueError):  # SSLError is an OSError; ValueError: a null byte in a path
        raise ValueError(
            "ssl_certfile and ssl_keyfile must name PEM files that Porta can read: "
            "a certificate, and its key without a password."
        ) from None


def _check_socket(parts: SplitResult) -> None:
    if not parts.path.strip("/") or (parts.netloc and not parts.netloc.endswith("@")):
        raise ValueError("unix:// must be followed by the absolute path of a socket, as unix:///a.")


def _check_server(parts: SplitResult, port: int | None, options: dict[str, str]) -> None:
    if not HOST.fullmatch(parts.hostname or "") or port == 0:
        raise ValueError("must name a host, as redis://host:6379/0.")
    database = parts.path.removeprefix("/")
    if database and DATABASE.fullmatch(database) is None:
        raise ValueError("what follows the host must be the number of a database, as /0.")
    if database and "db" in options:
        raise ValueError("names a database twice, after the host and as db; remove one of them.")
