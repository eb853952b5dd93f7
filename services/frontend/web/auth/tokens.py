"""Bearer tokens: a file of their owners' names and their hashes.

- A line is `<name> sha256:<hash>`, optionally followed by `starts=<rate>` and `work=<rate>`; `#`
  begins a comment. Tokens are not stored. They are 256 random bits, so a plain hash hides them; a
  slow hash would only slow down each request.
- All hashes are compared, each in constant time, so timing reveals nothing.
- Each lookup checks whether the file has changed, and reads it again if so. While it can't be read
  no token is valid. An invalid line is logged by its number.
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
PREFIX: Final = "porta_"  # people and secret scanners recognise it
HASH: Final = re.compile("sha256:([0-9a-f]{64})")
QUOTAS: Final = ("starts", "work")
LONGEST: Final = 256  # characters: longer texts are not hashed; ours have 49


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One line of the file; a rate of None leaves it to the settings."""

    name: str
    sha256: str
    starts: str | None = None
    work: str | None = None


def new_token() -> str:
    """Return a new random token."""
    return PREFIX + secrets.token_urlsafe(32)


def token_line(name: str, token: str, *, starts: str | None = None, work: str | None = None) -> str:
    """Return the line of the file for a token; raises ValueError with a sentence."""
    if NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} must be a name of letters, digits, and . _ @ + - within.")
    rates = {"starts": starts, "work": work}
    limits = [f"{key}={parsers.rate(value)}" for key, value in rates.items() if value is not None]
    return " ".join([name, f"sha256:{_sha256(token)}", *limits])


def append(path: Path, line: str) -> None:
    """Append a line to a file, and make a new file private to its owner; raises SettingsError."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            text = file.read()
            file.write(f"{line}\n" if text.endswith("\n") or not text else f"\n{line}\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("PORTA_TOKENS_FILE", f"{path} can't be written: {error}.") from None


class TokenFile:
    """The tokens that are valid now; safe to use from many threads."""

    def __init__(self, path: str) -> None:
        """Read the file; raises SettingsError if it is not valid."""
        self._path = Path(path)
        self._lock = threading.Lock()
        self._state = self._stat()
        self._tokens = self._read()

    def find(self, token: str) -> Token | None:
        """Return the line of a token; None if there is none."""
        return self.named(_sha256(token)) if len(token) <= LONGEST else None

    def named(self, sha256: str) -> Token | None:
        """Return the line with a hash, by comparing it with all of them; None if there is none."""
        matches = [token for token in self._current() if hmac.compare_digest(token.sha256, sha256)]
        return matches[0] if matches else None

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
            logs.logger(__name__).error("no token is valid", reason=error.detail)
            return ()
        logs.logger(__name__).info("tokens read", names=[token.name for token in tokens])
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
        if len({token.name for token in tokens}) < len(tokens):
            raise SettingsError("PORTA_TOKENS_FILE", f"{self._path} has a name twice.")
        return tuple(tokens)

    def _token(self, number: int, words: list[str]) -> Token:
        """Read a line; the error has its number and not its text, which may be secret."""
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
