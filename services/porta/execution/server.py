"""The address of a running Porta, and the token that it is asked with."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from porta.errors import ArgumentError, ArgumentTypeError
from sim.web_address import (
    TOKEN_RULE,
    TOKEN_VARIABLE,
    environment_token,
    is_here,
    is_private,
    is_token,
    split_address,
)

__all__ = ["LinkedServer", "Server"]


@dataclass(frozen=True, slots=True)
class Server:
    """A running Porta: where its first page is, and the caller's token, if it wants one.

    Without a token that of the environment variable PORTA_TOKEN is sent, if there is one: by https,
    or to this machine, never in clear text. A token that is given here is sent in any case. To a
    Porta that only the link of `porta.open` names, that of the environment is sent on this machine
    alone.

    >>> Server("http://127.0.0.1:8080/").url
    'http://127.0.0.1:8080'
    """

    url: str
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = split_address(self.url)
        if parts is None:
            raise ArgumentError(
                "on", f"{self.url!r} is no address of a Porta, such as 'http://127.0.0.1:8080'."
            )
        if parts.username is not None or parts.query or parts.fragment:
            raise ArgumentError(
                "on",
                "The address of a Porta has no user, query or fragment; a token is given as "
                "on=porta.Server(url, token=...), or in PORTA_TOKEN.",
            )
        object.__setattr__(self, "url", self.url.rstrip("/"))
        if self.token is not None:
            object.__setattr__(self, "token", _checked("token", self.token))

    @property
    def host(self) -> str:
        """The name or number of its machine."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, for certain."""
        return is_here(self.url)

    @property
    def is_private(self) -> bool:
        """Whether nobody between here and there can read what is sent."""
        return is_private(self.url)

    @property
    def bearer(self) -> str | None:
        """The token to send; None for none. Raises ArgumentError for one that can't be sent."""
        if self.token is not None or not self._takes_variable:
            return self.token
        token = environment_token(os.environ)
        return None if token is None else _checked(TOKEN_VARIABLE, token)

    @property
    def _takes_variable(self) -> bool:
        """Whether the token of the environment may be sent to it."""
        return self.is_private

    @property
    def token_advice(self) -> str:
        """What to do where it wants another token than the one that was sent."""
        has_variable = environment_token(os.environ) is not None
        if self.token is None and not self.is_private and has_variable:
            return (
                f"{TOKEN_VARIABLE} was not sent, since this address would have it in clear text: "
                "give one of https://, or on=porta.Server(url, token=...) to send it all the same."
            )
        return f"Give a token: on=porta.Server(url, token=...), or {TOKEN_VARIABLE}."


class LinkedServer(Server):
    """A running Porta that a link names, and nobody else.

    Whoever has written the link has chosen it: the token of the environment is for another Porta,
    unless this one is on this machine.
    """

    __slots__ = ()

    @property
    def _takes_variable(self) -> bool:
        return self.is_here

    @property
    def token_advice(self) -> str:
        """What to do where it wants a token."""
        if self.is_here:
            return super().token_advice
        return (
            f"{TOKEN_VARIABLE} is not sent to where a link leads: if you trust this Porta with a "
            f"token, give it by on=porta.Server({self.url!r}, token=...)."
        )


def _checked(where: str, token: object) -> str:
    """Return a token without white space around it; raises what does not show it."""
    if not isinstance(token, str):
        raise ArgumentTypeError(
            where, f"{where} must be a text, not of type {type(token).__name__}."
        )
    if not is_token(token.strip()):
        raise ArgumentError(where, f"{where} {TOKEN_RULE}, as Porta makes them; this one is not.")
    return token.strip()
