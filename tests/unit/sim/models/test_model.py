from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sim.kernel.layout import HISTORY
from sim.models.table import MODELS

if TYPE_CHECKING:
    from sim.models.model import Model


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_columns_are_those_of_the_states_in_their_order(model: Model) -> None:
    plane = ("t0", "t1", "timeStep", "x", "y", "vx", "vy")
    space = ("t0", "t1", "timeStep", "x", "y", "z", "vx", "vy", "vz")
    assert model.columns == {2: plane, 3: space}[model.dimensions]
    numbers = range(len(model.state_columns) + 1)
    written = model.state(*map(float, numbers)).to_json()
    assert written == dict(zip(("time", *model.state_columns), map(float, numbers), strict=True))
    assert 1 <= model.depth < HISTORY
