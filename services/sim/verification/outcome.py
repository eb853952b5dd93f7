"""What a verification has found out: how much it looked at, and where the first differences are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = [
    "MOST_DIFFERENCES",
    "WITHOUT_SEAL",
    "WRITTEN_ELSEWHERE",
    "Difference",
    "Verification",
]

MOST_DIFFERENCES: Final = 10
"""After so many, a verification looks no further."""
WITHOUT_SEAL: Final = (
    "{} has no seal, as an earlier Porta wrote it: whether the version that it names was changed, "
    "can't be said."
)
WRITTEN_ELSEWHERE: Final = (
    "Every value{} is the same; the bytes around them are not, as another version of Porta or of "
    "pyarrow, or another program, has written the file."
)
_SHOWN: Final = 80  # characters of a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is not as it is recomputed: where it is, and both values as text."""

    where: str
    stored: str
    recomputed: str

    def __str__(self) -> str:
        return f"{self.where}: {_shown(self.stored)} stored, {_shown(self.recomputed)} recomputed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The outcome: `what` was verified, of which propagation (`id`), and which `share` of it.

    `is_all` if nothing was left out. `notes` are sentences on what it can't tell.

    >>> share = "a sample: 12 of 3,840 intervals (seed 7)"
    >>> print(Verification(what="orbit.parquet", id="500", share=share, is_all=False))
    orbit.parquet is what 500 gives, by a sample: 12 of 3,840 intervals (seed 7).
    """

    what: str
    id: str
    share: str
    is_all: bool
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything that was looked at is as it is recomputed."""
        return not self.differences

    def __str__(self) -> str:
        if not self.ok:
            return f"{self.what} is not what {self.id} gives: {self.differences[0]}"
        return f"{self.what} is what {self.id} gives, by {self.share}."


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
