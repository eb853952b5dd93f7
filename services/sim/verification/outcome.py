"""What a verification has found out: how much it looked at, and where the first differences are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["MOST_DIFFERENCES", "Difference", "Verification", "of_share"]

MOST_DIFFERENCES: Final = 10
"""After so many, a verification looks no further."""
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

    >>> share = of_share(12, 3_840, "interval")
    >>> print(Verification(what="orbit.parquet", id="500", share=share, is_all=False))
    orbit.parquet is what 500 gives, by a sample: 12 of 3,840 intervals.
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


def of_share(looked_at: int, there_are: int, unit: str) -> str:
    """Return in words which share was recomputed.

    >>> of_share(1_000_000, 1_000_000, "record"), of_share(1, 1, "record")
    ('all 1,000,000 records', 'all 1 record')
    """
    units = f"{unit}{'s' * (there_are != 1)}"
    if looked_at == there_are:
        return f"all {there_are:,} {units}"
    return f"a sample: {looked_at:,} of {there_are:,} {units}"


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
