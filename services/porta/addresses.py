"""What a result of a running Porta is called: an id, or the address of a page or API resource."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlunsplit

from porta.errors import ArgumentError
from sim.web_address import split_address

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Named", "is_address", "is_id", "read_address"]

_ID: Final = re.compile("[1-9][0-9]{0,15}(?:-[0-9a-f]{16})?|q-[0-9a-f]{16}")
_PLACES: Final = ("/api/v1/propagations/", "/propagate/")
_CHOICES: Final = ("seed", "member", "members")  # what else of an address is view, not result
_NUMBER: Final = re.compile("[0-9]{1,16}")
_EXAMPLE: Final = "http://127.0.0.1:8080/propagate/500"


@dataclass(frozen=True, slots=True)
class Named:
    """A result as a server knows it: its id and, beside an id that leaves them open, numbers.

    `chosen` has those of seed, member and members that the address has, as whole numbers.
    """

    id: str
    chosen: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_order(self) -> bool:
        """Whether it is an order, which comes to a result with another id."""
        return self.id.startswith("q-")

    def __str__(self) -> str:
        beside = "&".join(f"{name}={number}" for name, number in self.chosen.items())
        return f"{self.id}?{beside}" if beside else self.id


def is_id(text: str) -> bool:
    """Whether a text has the form of an id.

    >>> is_id("500"), is_id("500-0123456789abcdef"), is_id("orbit.parquet")
    (True, True, False)
    """
    return _ID.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Whether a text is meant as an address of the web."""
    return text.lower().startswith(("http://", "https://"))


def read_address(url: str) -> tuple[str, Named]:
    """Return the server's address and what an address below it names; raises ArgumentError.

    That of a page, of an API resource, or of a file of either. What it says of the view, such as a
    window of time, is left out.

    >>> read_address("http://127.0.0.1:8080/propagate/500?member=3&t0=1#here")
    ('http://127.0.0.1:8080', Named(id='500', chosen={'member': 3}))
    """
    parts = split_address(url)
    if parts is None:
        raise _no_result(url)
    for place in _PLACES:
        prefix, found, rest = parts.path.partition(place)
        name = rest.partition("/")[0]
        if found and is_id(name):
            server = urlunsplit((parts.scheme, parts.netloc, prefix, "", ""))
            return server, Named(name, _chosen(parts.query))
    raise _no_result(url)


def _no_result(url: str) -> ArgumentError:
    return ArgumentError(
        "what", f"{url[:200]!r} is no address of a result, such as {_EXAMPLE!r}: open its page."
    )


def _chosen(query: str) -> dict[str, int]:
    chosen = {name: text for name, text in parse_qsl(query) if name in _CHOICES}
    for name, text in chosen.items():
        if _NUMBER.fullmatch(text) is None:
            raise ArgumentError(
                "what", f"{name}= in an address must be a whole number, not {text[:40]!r}."
            )
    return {name: int(text) for name, text in chosen.items()}
