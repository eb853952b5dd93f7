"""What a model's kernel brings: functions for the loops that all models share.

Compiled code calls these names; which function that is depends on the type of the system
(`sim.jit.implements`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.kernel.layout import Buffers, Floats, Integers, System

__all__ = ["advance", "close_buffers", "open_buffers", "partial"]


def open_buffers(
    system: System, steps: Integers, ring: Floats, carry: Floats, chunk: int
) -> Buffers:
    """Return buffers that continue from ring and carry, with room for `chunk` iterations."""
    raise NotImplementedError


def advance(
    system: System, buffers: Buffers, steps: Integers, first: int, count: int
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`; append their rows, count the steps.

    Returns the good iterations, the outcome, and the one or two agents that it concerns.
    """
    raise NotImplementedError


def close_buffers(system: System, buffers: Buffers, ring: Floats, carry: Floats) -> None:
    """Write the newest records to the ring, and what else the model goes on from to the carry."""
    raise NotImplementedError


def partial(system: System, ring: Floats, carry: Floats, h: float) -> System:
    """Return a system whose iteration 0 goes on from ring and carry by a step of length h.

    It starts at time 0; ring and carry become its own. Only models whose agents step together have
    it: of the others, a range of a record holds each time.
    """
    raise NotImplementedError
