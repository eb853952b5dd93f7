"""Bearer tokens: who has one, as a file of names and hashes.

- A line is `<name> sha256:<hash>`, then perhaps `starts=<rate>` and `work=<rate>`; `#` begins a
  comment. The tokens themselves are nowhere: they are random, 256 bits, so a plain hash hides
  them, and a slow one would only make each request slow.
- All hashes are compared, each in constant time: how long it takes tells nothing.
- The file is looked at each time, and read again when it has changed. What can't be read then
  lets nobody in, until it can; a line that makes no sense is logged by its number.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from frontend.errors import SettingsError
from frontend.observability import logs
from frontend.settings import parsers

__all__ = ["Token", "TokenFile", "append", "new_token", "token_line"]

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
PREFIX: Final = "porta_"  # so that people, and scanners for lost secrets, see what it is
HASH: Final = re.compile("sha256:([0-9a-f]{64})")
QUOTAS: Final = ("starts", "work")
LONGEST: Final = 256  # characters of a token that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One line of the file; a rate is None where the settings' own counts."""

    name: str
    sha256: str
    starts: str | None = None
    work: str | None = None


def new_token() -> str:
    """Make a token."""
    return PREFIX + secrets.token_urlsafe(32)


def token_line(name: str, token: str, *, starts: str | None = None, work: str | None = None) -> str:
    """Return the line that lets the bearer of a token in; raises ValueError with a sentence."""
    if NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} must be a name of letters, digits, and . _ @ + - within.")
    rates = {"starts": starts, "work": work}
    given = [f"{key}={parsers.rate(value)}" for key, value in rates.items() if value is not None]
    return " ".join([name, f"sha256:{_sha256(token)}", *given])


def append(path: Path, line: str) -> None:
    """Add a line to a file, which only its owner can read if it is new; raises SettingsError."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            text = file.read()
            file.write(f"{line}\n" if text.endswith("\n") or not text else f"\n{line}\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("PORTA_TOKENS_FILE", f"{path} can't be written: {error}.") from None


class TokenFile:
    """The tokens that are good at the moment; safe to use from many threads."""

    def __init__(self, path: str) -> None:
        """Read the file; raises SettingsError where it can't be used as it is."""
        self._path = Path(path)
        self._lock = threading.Lock()
        self._state = self._stat()
        self._tokens = self._read()

    def find(self, token: str) -> Token | None:
        """Tell whose a token is; None if nobody's."""
        return self.named(_sha256(token)) if len(token) <= LONGEST else None

    def named(self, sha256: str) -> Token | None:
        """Tell whose hash this is, by comparing all of them."""
        found = [one for one in self._current() if hmac.compare_digest(one.sha256, sha256)]
        return found[0] if found else None

    def _current(self) -> tuple[Token, ...]:
        with self._lock:
            state = self._stat()
            if state != self._state:
                self._state = state
                self._tokens = self._reread()
            return self._tokens

    def _reread(self) -> tuple[Token, ...]:
        try:
            tokens = self._read()
        except SettingsError as error:
            logs.logger(__name__).error("nobody is let in by a token", reason=error.detail)
            return ()
        logs.logger(__name__).info("tokens read", names=[one.name for one in tokens])
        return tokens

    def _stat(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)

    def _read(self) -> tuple[Token, ...]:
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(
                "PORTA_TOKENS_FILE", f"{self._path} can't be read; `porta token` makes its lines."
            ) from None
        tokens = []
        for number, line in enumerate(lines, start=1):
            words = line.partition("#")[0].split()
            if words:
                tokens.append(self._token(number, words))
        if len({one.name for one in tokens}) < len(tokens):
            raise SettingsError("PORTA_TOKENS_FILE", f"{self._path} has a name twice.")
        return tuple(tokens)

    def _token(self, number: int, words: list[str]) -> Token:
        """Read a line; its error names the line and repeats nothing of it."""
        try:
            name, hashed, *rest = words
            rates = dict(word.split("=", 1) for word in rest)
            sha256 = HASH.fullmatch(hashed)
            if NAME.fullmatch(name) and sha256 and rates.keys() <= set(QUOTAS):
                checked = {key: parsers.rate(value) for key, value in rates.items()}
                return Token(name=name, sha256=sha256[1], **checked)
        except ValueError:
            pass
        raise SettingsError(
            "PORTA_TOKENS_FILE",
            f"line {number} of {self._path} is not `name sha256:hash [starts=rate] [work=rate]`.",
        )


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
