"""The compiled elements against the plain ones, which are the same source, bit for bit."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kernel.elements import elements_of_states
from sim.orbit import elements_of

if TYPE_CHECKING:
    from sim.kernel import Floats

NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, -0.0, 1.0, -1.0])
NEAR = st.floats(-10.0, 10.0)
MU = st.floats(1e-3, 1e3) | NUMBERS
NAMES = (
    *("semi_major_axis", "eccentricity", "inclination", "node"),
    *("argument_of_periapsis", "true_anomaly"),
)


def plain(state: list[float], mu: float) -> list[float]:
    half = len(state) // 2
    found = elements_of(state[:half], state[half:], mu).to_json()
    return [math.nan if found[name] is None else float(found[name] or 0.0) for name in NAMES]


def compiled(states: Floats, mu: float) -> Floats:
    elements = np.zeros((6, states.shape[1]))
    elements_of_states(states, mu, elements)
    return elements


@pytest.mark.parametrize("size", [4, 6], ids=["plane", "space"])
@given(data=st.data())
def test_compiled_elements_have_the_bits_of_the_plain_ones(size: int, data: st.DataObject) -> None:
    states = data.draw(
        st.lists(st.lists(NEAR | NUMBERS, min_size=size, max_size=size), min_size=1, max_size=9)
    )
    mu = data.draw(MU)
    found = compiled(np.ascontiguousarray(np.array(states).T), mu)
    wanted = np.array([plain(state, mu) for state in states]).T
    assert found.tobytes() == np.ascontiguousarray(wanted).tobytes()


def test_signs_of_angles_and_rounding_agree_on_many_orbits() -> None:
    rng = np.random.default_rng(2)
    states = rng.normal(size=(6, 5000)) * np.exp2(rng.integers(-3, 4, (6, 5000)))
    found = compiled(states, 1.25)
    wanted = [plain(state, 1.25) for state in states.T.tolist()]
    assert found.T.tobytes() == np.array(wanted).tobytes()


def test_a_million_orbits_take_a_few_seconds() -> None:
    states = np.random.default_rng(3).normal(size=(6, 100_000))
    compiled(states[:, :9].copy(), 1.0)
    started = time.thread_time()
    compiled(states, 1.0)
    assert time.thread_time() - started < 0.5
