"""Parsers for the texts of settings.

Each returns the value, or raises a ValueError that says what is allowed, as the end of a sentence
that begins with the variable's name.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
import string
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "PATH_PREFIX",
    "certificates",
    "choice",
    "dashboard_template",
    "duration",
    "header_name",
    "host",
    "http_url",
    "networks",
    "path_prefix",
    "proxy_address",
    "rate",
    "scheduler",
    "secret",
    "size",
    "text",
    "whole_number",
]

UNIT_S: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
UNIT_BYTES: Final = {
    "": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
}
LONGEST_S: Final = 10 * 365 * 86_400  # ten years: more is a typing error
DIGITS_AND_UNIT: Final = re.compile(r"([0-9]{1,15}) ?([A-Za-z]*)")
RATE: Final = re.compile("[1-9][0-9]{0,17}/(?:minute|hour|day)")
# No other host can be written like this (`//host`), no dot segments, and no end of an attribute.
PATH_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}){1,8}")
SECRET_CHARACTERS: Final = 32  # 128 bits in hexadecimal digits
HOST_AND_PORT: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")


def text(value: str) -> str:
    """Read any text."""
    return value


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `low` to `high`, in plain digits."""

    def read(value: str) -> int:
        if re.fullmatch("[0-9]{1,16}", value) is None or not low <= int(value) <= high:
            raise ValueError(f"{value!r} must be a whole number from {low} to {high}.")
        return int(value)

    return read


def path_prefix(value: str) -> str:
    """Read a path such as `/porta`, in letters that no link has to encode."""
    prefix = value.rstrip("/")
    if prefix and PATH_PREFIX.fullmatch(prefix) is None:
        raise ValueError(f"{value!r} must be a path such as /porta, of ASCII letters and digits.")
    return prefix


def choice(*words: str) -> Callable[[str], str]:
    """Return a parser of the given words."""

    def read(value: str) -> str:
        if value not in words:
            raise ValueError(f"{value!r} must be one of {', '.join(words)}.")
        return value

    return read


def secret(value: str) -> str:
    """Read a secret of at least 32 characters; the error does not repeat it."""
    if len(value) < SECRET_CHARACTERS:
        raise ValueError(f"must have at least {SECRET_CHARACTERS} random characters.")
    return value


def certificates(value: str) -> str:
    """Read the path of a file of PEM certificates, and check that they can be loaded."""
    try:
        ssl.create_default_context(cafile=value)
    except (OSError, ssl.SSLError):
        raise ValueError(f"{value!r} must be a file of PEM certificates.") from None
    return value


def header_name(value: str) -> str:
    """Read the name of an HTTP header, without underscores: many servers drop such headers."""
    if re.fullmatch("[A-Za-z][A-Za-z0-9-]{0,63}", value) is None:
        raise ValueError(f"{value!r} must be the name of a header, as X-Forwarded-User.")
    return value


def networks(value: str) -> tuple[str, ...]:
    """Read addresses and networks, separated by commas."""
    words = [word.strip() for word in value.split(",")]
    try:
        return tuple(str(ipaddress.ip_network(word)) for word in words if word)
    except ValueError:
        raise ValueError(f"{value!r} must be addresses or networks, as 10.0.0.0/8,::1.") from None


def rate(value: str) -> str:
    """Read a number per minute, hour or day, as 60/hour; `none` is no limit."""
    if value != "none" and RATE.fullmatch(value) is None:
        raise ValueError(
            f"{value!r} must be a number per minute, hour or day, as 60/hour, or none."
        )
    return value


def duration(value: str) -> int:
    """Read a duration in seconds, or as a number with s, m, h or d; return seconds."""
    match = DIGITS_AND_UNIT.fullmatch(value)
    if match is None or match[2] not in UNIT_S:
        raise ValueError(f"{value!r} must be seconds, or a number with s, m, h or d, as 90s.")
    seconds = int(match[1]) * UNIT_S[match[2]]
    if not 1 <= seconds <= LONGEST_S:
        raise ValueError(f"{value!r} must be between a second and ten years.")
    return seconds


def size(value: str) -> int:
    """Read a size in bytes, or as a number with KiB, MiB, GiB, kB, MB or GB; return bytes."""
    match = DIGITS_AND_UNIT.fullmatch(value)
    if match is None or match[2].upper() not in UNIT_BYTES:
        raise ValueError(f"{value!r} must be bytes, or a number with KiB, MiB or GiB, as 256MiB.")
    return int(match[1]) * UNIT_BYTES[match[2].upper()]


def host(value: str) -> str:
    """Read `host` or `host:port`."""
    if not _is_host_and_port(value):
        raise ValueError(f"{value!r} must be a host or host:port.")
    return value


def http_url(value: str) -> str:
    """Read an http:// or https:// URL; the slash at its end is removed."""
    if not _has_scheme_and_host(value, "http", "https"):
        raise ValueError(f"{value!r} must be a URL that begins with http:// or https://.")
    return value.rstrip("/")


def proxy_address(value: str) -> str:
    """Read the address of a Gateway's proxy."""
    if not _has_scheme_and_host(value, "tls", "gateway", "http", "https"):
        raise ValueError(f"{value!r} must be an address such as tls://host:port.")
    return value.rstrip("/")


def scheduler(value: str) -> str:
    """Read the address of a Dask scheduler; a plain host:port becomes tcp://host:port."""
    address = value if "://" in value else f"tcp://{value}"
    scheme, _, rest = address.partition("://")
    if scheme not in {"tcp", "tls"} or not _is_host_and_port(rest) or rest.rfind(":") < 0:
        raise ValueError(f"{value!r} must be host:port, tcp://host:port or tls://host:port.")
    return address


def dashboard_template(value: str) -> str:
    """Read a URL that contains {cluster} in place of the cluster's name."""
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(value) if name is not None}
    except ValueError:
        names = {""}
    if names != {"cluster"} or not _has_scheme_and_host(value, "http", "https"):
        raise ValueError(f"{value!r} must be an http URL with {{cluster}} where the name goes.")
    return value


def _is_host_and_port(value: str) -> bool:
    match = HOST_AND_PORT.fullmatch(value)
    return match is not None and (match[2] is None or 1 <= int(match[2]) <= 65_535)  # noqa: PLR2004 - the largest TCP port


def _has_scheme_and_host(value: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
