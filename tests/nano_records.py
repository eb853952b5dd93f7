"""The records of `nano`: their columns of numbers, and their schema."""

from __future__ import annotations

from typing import Final

from sim.records import schema_of
from sim.scenario import NANO

NUMBERS: Final = NANO.model.columns
SCHEMA: Final = schema_of(NANO.model)
