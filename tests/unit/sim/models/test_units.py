from __future__ import annotations

import pytest

from sim.models.units import Units


@pytest.mark.parametrize(
    ("units", "powers", "text"),
    [
        (Units("km", "s"), (1, 0), "km"),
        (Units("km", "s"), (0, 1), "s"),
        (Units("au", "yr"), (1, -1), "au/yr"),
        (Units("km", "s"), (5, -4), "km^5/s^4"),
        (Units("1", "s"), (2, -2), "1/s^2"),
        (Units("km", "1"), (2, -2), "km^2"),
        (Units("km", "s"), (0, 0), ""),
        (Units(), (5, -4), ""),
    ],
)
def test_a_unit_is_a_product_of_powers(units: Units, powers: tuple[int, int], text: str) -> None:
    assert units.of(*powers) == text
