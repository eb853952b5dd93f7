"""One thing that is measured: its name, its target, and how a figure of it is had.

Guarantees:

- A figure is had at least five times; what compares two things takes both in turn, so that
  both see the same machine, warm or throttled, idle or busy.
- A target is a claim to compare with, never an assertion: machines differ, and a missed
  target is printed as such.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

__all__ = [
    "MEASURES",
    "Figure",
    "Measure",
    "Result",
    "Target",
    "at_least",
    "at_most",
    "compare",
    "measure",
    "processor_seconds",
    "seconds",
    "within",
]


@dataclass(frozen=True, slots=True)
class Target:
    """Between which bounds the median should be."""

    low: float
    high: float

    def is_met_by(self, value: float) -> bool:
        """Return whether a median of this value keeps the promise."""
        return self.low <= value <= self.high

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f">= {self.low:g}"
        return f"<= {self.high:g}" if math.isinf(self.low) else f"{self.low:g}..{self.high:g}"


def at_least(bound: float) -> Target:
    """Return a target from which on more is better."""
    return Target(bound, math.inf)


def at_most(bound: float) -> Target:
    """Return a target up to which less is better."""
    return Target(-math.inf, bound)


def within(low: float, high: float) -> Target:
    """Return a target between two bounds, as a model's error has."""
    return Target(low, high)


@dataclass(frozen=True, slots=True)
class Figure:
    """One repeat: the value that the target speaks of, and the parts that it came from."""

    value: float
    parts: Mapping[str, float] = field(default_factory=dict)


Sample: TypeAlias = "Callable[[], Figure]"
Prepare: TypeAlias = "Callable[[], AbstractContextManager[Sample]]"


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured; `prepare` is a context manager that yields what takes one figure."""

    name: str
    unit: str
    target: Target
    prepare: Prepare
    explanation: str

    def take(self, repeats: int) -> Result:
        """Take so many figures, after one that doesn't count."""
        with self.prepare() as sample:
            sample()
            return Result(self, tuple(sample() for _ in range(repeats)))


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one measure in one run."""

    measure: Measure
    figures: tuple[Figure, ...]

    @property
    def median(self) -> float:
        """The middle figure, which is compared with the target."""
        return statistics.median(figure.value for figure in self.figures)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest figure."""
        values = [figure.value for figure in self.figures]
        return min(values), max(values)

    @property
    def parts(self) -> dict[str, float]:
        """The median of each part."""
        names = self.figures[0].parts
        return {
            name: statistics.median(figure.parts[name] for figure in self.figures) for name in names
        }

    @property
    def is_good(self) -> bool:
        """Whether the median meets the target."""
        return self.measure.target.is_met_by(self.median)


MEASURES: Final[dict[str, Measure]] = {}
"""All measures by name; a module under `benchmarks.measures` adds its own when imported."""


def measure(name: str, *, unit: str, target: Target) -> Callable[[Prepare], Prepare]:
    """Register the decorated context manager as a measure; its docstring explains it."""

    def register(prepare: Prepare) -> Prepare:
        if name in MEASURES:
            raise ValueError(f"There are two measures called {name!r}.")
        explanation = " ".join((prepare.__doc__ or "").split())
        MEASURES[name] = Measure(name, unit, target, prepare, explanation)
        return prepare

    return register


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes, with the garbage of others collected before."""
    gc.collect()
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def processor_seconds(action: Callable[[], object]) -> float:
    """Return for how long an action keeps this process' cores busy."""
    gc.collect()
    begun = time.process_time()
    action()
    return time.process_time() - begun


def compare(
    ours: Callable[[], object], theirs: Callable[[], object], *, our_runs: int = 1
) -> Figure:
    """Return how many times longer theirs takes than ours (of which several runs make one)."""
    their_s = seconds(theirs)
    our_s = seconds(lambda: [ours() for _ in range(our_runs)]) / our_runs
    return Figure(their_s / our_s, {"ours_s": our_s, "theirs_s": their_s})
