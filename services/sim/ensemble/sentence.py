"""An ensemble in a sentence: how many members have escaped by when, and how close they came.

Figures are those of the summary, to three digits. The median of the closest approaches is known
within its bin, so both edges of that are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sim.ensemble.binning import bin_end

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Told", "sentence_of"]

_DIGITS: Final = 3
_PLAIN: Final = (1e-3, 1e6)  # figures between them have no power of ten
_ENDS: Final = {
    "collision": "in a collision",
    "divergence": "by divergence",
    "standstill": "at a standstill",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the sentence tells of one agent.

    `members` are those that it is about, of `of_members`. `escaped` counts those with an energy
    that stays above 0, `median_escape` is the iteration by which half of all have, if they have,
    and `closest` the median of the least distances, in `unit`. `ends` counts what members ended by.
    """

    agent: str
    primary: str
    attracts: bool
    steps: int
    members: int
    of_members: int
    escaped: int
    median_escape: int | None
    closest: float | None
    ends: Mapping[str, int]
    unit: str = ""


def sentence_of(told: Told) -> str:
    """Return the sentence, or sentences.

    >>> told = Told(
    ...     agent="Satellite", primary="Planet", attracts=True, steps=150_000, members=10_000,
    ...     of_members=10_000, escaped=8_300, median_escape=74_752, closest=0.42, ends={},
    ... )
    >>> sentence_of(told)
    'Of 10,000 members, 50 % have escaped by step 74,800, and 83 % by step 150,000; \
the median closest approach is 0.42 to 0.422.'
    """
    so_far = " so far" if told.members < told.of_members else ""
    parts = [f"Of {told.members:,} members{so_far}, {_escapes(told)}"]
    ended = {name: told.ends.get(name, 0) for name in _ENDS if told.ends.get(name, 0)}
    if ended:
        parts.append(_ended(told.members, ended))
    if told.closest is not None:
        parts.append(f"the median closest approach is {_range(told.closest)} {told.unit}".strip())
    return "; ".join(parts) + "."


def _escapes(told: Told) -> str:
    by_the_end = f"by step {told.steps:,}"
    if not told.attracts:
        return f"none is ever bound, since {told.primary} does not attract {told.agent}"
    if told.escaped == 0:
        return f"none has escaped {by_the_end}"
    if told.median_escape is None:
        return f"{_share(told.escaped, told.members)} escaped {by_the_end}"
    half = _half(told.median_escape, told.steps)
    if told.escaped == told.members:
        return f"{half}, and all have escaped {by_the_end}"
    percent = _percent(told.escaped, told.members)
    if percent == "50 %" and told.median_escape:
        return half
    again = "" if told.median_escape else " have escaped"
    return f"{half}, and {percent}{again} {by_the_end}"


def _half(median_escape: int, steps: int) -> str:
    if median_escape == 0:
        return "at least 50 % are unbound from the start"
    return f"50 % have escaped by step {_step(median_escape, steps)}"


def _share(some: int, members: int) -> str:
    """Return how many have done something, as the start of "... escaped": few are counted."""
    if some == 1:
        return "one has"
    if 100 * some < members:
        return f"{some:,} have"
    return f"{_percent(some, members)} have"


def _percent(some: int, members: int) -> str:
    """Return a share to a tenth of a per cent; all but a few are not 100 %."""
    tenths = round(1000 * some / members)
    tenths = min(tenths, 999) if some < members else tenths
    return f"{max(tenths, 1) / 10:g} %"


def _ended(members: int, ended: Mapping[str, int]) -> str:
    """Return what members have ended by."""
    total = sum(ended.values())
    who = "all" if total == members else ("one" if total == 1 else f"{total:,}")
    verb = "has" if total == 1 and members > 1 else "have"
    if len(ended) == 1:
        return f"{who} {verb} ended early, {_ENDS[next(iter(ended))]}"
    how = [f"{count:,} {_ENDS[name]}" for name, count in ended.items()]
    return f"{who} {verb} ended early, {', '.join(how[:-1])} and {how[-1]}"


def _step(iteration: int, steps: int) -> str:
    """Return an iteration to three digits, but not beyond the end."""
    unit = 10 ** max(0, len(str(iteration)) - _DIGITS)
    return f"{min(steps, (iteration + unit // 2) // unit * unit):,}"


def _range(least: float) -> str:
    """Return the bin that begins at `least`; a bin of 0 is 0."""
    low, high = _figure(least), _figure(bin_end(least))
    return low if least == 0.0 or low == high else f"{low} to {high}"


def _figure(value: float) -> str:
    """Return a value to three digits: plain where that is short, else with a power of ten."""
    rounded = float(f"{value:.{_DIGITS}g}")
    if rounded == 0.0:
        return "0"
    if _PLAIN[0] <= rounded < _PLAIN[1]:
        return f"{rounded:,.0f}" if rounded >= 10**_DIGITS else f"{rounded:.{_DIGITS}g}"
    digits, power = f"{rounded:.{_DIGITS - 1}e}".split("e")
    return f"{float(digits):g}e{int(power)}"
