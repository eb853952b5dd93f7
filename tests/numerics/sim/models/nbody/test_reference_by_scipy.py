"""The methods against another one, Dormand and Prince's of order 8, on an orbit of three bodies."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tests.unit.sim.models.nbody.passes import Pass, points

# The figure eight: C. Simó; A. Chenciner, R. Montgomery, Annals of Mathematics 152 (2000), 881.
X, Y = 0.97000436, -0.24308753
VX, VY = -0.93240737, -0.86473146
EIGHT = (
    (1.0, X, Y, 0, -VX / 2, -VY / 2, 0),
    (1.0, -X, -Y, 0, -VX / 2, -VY / 2, 0),
    (1.0, 0, 0, 0, VX, VY, 0),
)
PERIOD = 6.32591398


def slope(_: float, state: np.ndarray) -> np.ndarray:
    x, v = state.reshape(2, 3, 3)
    a = np.zeros_like(x)
    for i in range(3):
        for j in range(3):
            if i != j:
                d = x[j] - x[i]
                a[i] += d / np.dot(d, d) ** 1.5
    return np.concatenate([v, a]).ravel()


def judged(time: float) -> np.ndarray:
    numbers = np.array(EIGHT)[:, 1:]
    begin = np.concatenate([numbers[:, :3], numbers[:, 3:]]).ravel()
    solution = solve_ivp(slope, (0.0, time), begin, "DOP853", rtol=1e-13, atol=1e-14)
    positions: np.ndarray = solution.y[:9, -1].reshape(3, 3)
    return positions


@pytest.mark.parametrize(
    ("integrator", "steps", "most"),
    [("leapfrog", 100_000, 1e-7), ("kahan-li-8", 400, 1e-9), ("gauss-radau-15", 100, 1e-11)],
)
def test_the_figure_eight_is_dop853s(integrator: str, steps: int, most: float) -> None:
    going = Pass.start(points(*EIGHT, integrator=integrator, dt=PERIOD / steps))
    ours = going.go(steps)
    assert np.abs(ours - judged(going.time)).max() < most
