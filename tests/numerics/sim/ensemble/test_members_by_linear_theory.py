"""The spread of an ensemble after an orbit against linear theory, by scipy's variational equations.

A small covariance C at the start is Phi C Phi^T at the end, where Phi is the derivative of the end
by the start. Phi comes from integrating Kepler's problem together with its variational equations.
Numbers of members bound what a sample of them can tell: the deviations of mean and covariance from
the theory are held to their own distributions.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import chi2

from sim.ensemble.computed import compute
from sim.scenario import PropagationRequest
from tests.unit.sim.ensemble.ensembles import SUN, bodies, dispersed

if TYPE_CHECKING:
    from sim.kernel import Floats

MEMBERS: Final = 100_000
STEPS: Final = 60  # of an orbit
START: Final = np.array([1.0, 0.0, 0.1, 0.05, 0.9, 0.2])
SIGMA: Final = 1e-6  # small: what is quadratic in it is far below the sampling error
PERIOD: Final = 2 * math.pi * (2 / math.dist(START[:3], (0, 0, 0)) - START[3:] @ START[3:]) ** -1.5
SPREADS: Final = np.array([1.0, 2.0, 0.5, 0.7, 0.4, 1.1]) * SIGMA


def covariance() -> Floats:
    """A covariance in which every component is correlated with every other."""
    factor = np.tril(np.random.default_rng(4).normal(size=(6, 6))) + 2.0 * np.eye(6)
    factor /= np.sqrt((factor**2).sum(axis=1))[:, np.newaxis]
    found: Floats = factor @ factor.T * np.outer(SPREADS, SPREADS)
    found = (found + found.T) / 2
    assert (np.abs(found) > 1e-3 * SIGMA**2).all()
    return found


def rotation() -> Floats:
    """From radial, transverse and normal components to inertial ones: float64[6, 6]."""
    r, v = START[:3], START[3:]
    radial, normal = r / np.linalg.norm(r), np.cross(r, v) / np.linalg.norm(np.cross(r, v))
    axes = np.column_stack([radial, np.cross(normal, radial), normal])
    return np.kron(np.eye(2), axes)


def by_variational_equations(time: float) -> tuple[Floats, Floats]:
    """The state after a time, and its derivative by the state at the start."""

    def slope(_: float, y: Floats) -> Floats:
        r, v, phi = y[:3], y[3:6], y[6:].reshape(6, 6)
        d = math.sqrt(r @ r)
        gradient = 3 * np.outer(r, r) / d**5 - np.eye(3) / d**3
        return np.concatenate([v, -r / d**3, phi[3:].ravel(), (gradient @ phi[:3]).ravel()])

    start = np.concatenate([START, np.eye(6).ravel()])
    end = solve_ivp(slope, (0, time), start, method="DOP853", rtol=1e-13, atol=1e-15).y[:, -1]
    return end[:6], end[6:].reshape(6, 6)


@cache
def states_at_end(frame: str) -> Floats:
    """The dispersed agent's states of all members after an orbit: float64[members, 6]."""
    planet = ("Planet", 0.0, *START.tolist(), "Sun")
    scenario = bodies(SUN, planet, dt=PERIOD / STEPS, integrator="kahan-li-8")
    spread = [{"agent": "Planet", "covariance": covariance().tolist(), "frame": frame}]
    table = compute(PropagationRequest(STEPS, dispersed(scenario, spread), MEMBERS)).table()
    states = np.column_stack([table.column(name) for name in ("x", "y", "z", "vx", "vy", "vz")])
    return states[1::2]  # without the Sun, which rests


@pytest.mark.parametrize("frame", ["inertial", "rtn"])
def test_the_spread_after_an_orbit_is_that_of_the_state_transition_matrix(frame: str) -> None:
    given = covariance()
    states = states_at_end(frame)
    end, phi = by_variational_equations(STEPS * (PERIOD / STEPS))
    turned = rotation() @ given @ rotation().T if frame == "rtn" else given
    expected = phi @ turned @ phi.T
    assert expected.max() > 10 * turned.max()  # an orbit stretches it

    # Where the theory holds, these are independent normal numbers: of mean 0 and variance 1.
    normal = np.linalg.solve(np.linalg.cholesky(expected), (states - end).T)
    mean, sample = normal.mean(axis=1), np.cov(normal)
    of_mean = chi2.sf(MEMBERS * (mean @ mean), 6)
    # Of a sample covariance the variance is 1/N off the diagonal and 2/N on it.
    of_covariance = chi2.sf(MEMBERS / 2 * ((sample - np.eye(6)) ** 2).sum(), 21)
    assert min(of_mean, of_covariance) > 1e-3


def test_a_covariance_in_the_other_frame_is_told_apart() -> None:
    """The judge is sharp: it refuses the spread of the same covariance read in another frame."""
    given = covariance()
    states = states_at_end("inertial")
    end, phi = by_variational_equations(STEPS * (PERIOD / STEPS))
    for factor in (rotation(), 1.01 * np.eye(6)):
        other = phi @ factor @ given @ factor.T @ phi.T
        normal = np.linalg.solve(np.linalg.cholesky(other), (states - end).T)
        assert MEMBERS / 2 * ((np.cov(normal) - np.eye(6)) ** 2).sum() > chi2.isf(1e-6, 21)
