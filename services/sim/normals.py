"""Canonical normal numbers: the same bits in every language and on every machine.

No library promises a stable stream of normal numbers, so this one is ours: 52 bits of Philox, as
numpy's, go through the inverse of the normal distribution, of + - * / and the square root alone.

This is the reference, in plain Python. `sim.kernel.normals` compiles the same functions for many
members. docs/ensembles.md says how to get these numbers elsewhere.

Sources: M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution",
Applied Statistics 37 (1988), 477-484, routine PPND16. For Philox see `sim.kernel.philox`.
"""

from __future__ import annotations

import math
from typing import Final

__all__ = ["LARGEST", "log", "normals", "ppnd16", "uniform"]

LARGEST: Final = 8.25
"""No number is larger in size: 8.2095... is that of u = 2**-53."""

_STREAM: Final = 2**32
"""Added to the agent's number in the key, so that these are not the numbers of its time steps."""
_LN2: Final = 0.6931471805599453
_SQRT_HALF: Final = 0.7071067811865476
_CENTRAL: Final = 0.425  # Wichura's SPLIT1, and his CONST1, its square
_CENTRAL_SQUARED: Final = 0.180625
_FAR: Final = 5.0  # his SPLIT2
_NEAR_SHIFT: Final = 1.6  # his CONST2


def normals(seed: int, agent: int, member: int, count: int) -> list[float]:
    """Return the first numbers of a member's stream: component c of an agent's state takes z_c.

    >>> normals(seed=0, agent=1, member=5, count=2)
    [-0.3092791218771318, -0.8339046686256938]
    """
    import numpy as np

    key = np.array([seed, _STREAM + agent], dtype=np.uint64)
    counter = np.array([0, 0, 0, member], dtype=np.uint64)
    raws = np.random.Philox(key=key, counter=counter).random_raw(count).tolist()
    return [ppnd16(uniform(raw >> 12)) for raw in raws]


def uniform(bits: int) -> float:
    """Return the middle of one of 2**52 equal parts of the interval from 0 to 1: neither end."""
    return (bits + 0.5) * 2.0**-52


def log(x: float) -> float:
    """Return the natural logarithm of a positive normal number.

    It is twice the inverse hyperbolic tangent's series at (f - 1)/(f + 1), with f from sqrt(1/2) to
    sqrt(2) (NIST Digital Library of Mathematical Functions, 4.6.4): 13 terms.
    """
    f, e = math.frexp(x)
    if f < _SQRT_HALF:
        f, e = 2.0 * f, e - 1
    s = (f - 1.0) / (f + 1.0)
    q = s * s
    p = 1.0 / 25.0
    for k in range(23, 0, -2):
        p = p * q + 1.0 / k
    return e * _LN2 + 2.0 * s * p


def ppnd16(u: float) -> float:
    """Return the normal deviate below which a part u of all deviates is; 0 < u < 1.

    About 16 digits are right.
    """
    q = u - 0.5
    if abs(q) <= _CENTRAL:
        r = _CENTRAL_SQUARED - q * q
        return _central(q, r)
    r = math.sqrt(-log(u if q < 0.0 else 1.0 - u))
    size = _near(r - _NEAR_SHIFT) if r <= _FAR else _far(r - _FAR)
    return -size if q < 0.0 else size


# The polynomials of AS 241, by Horner's rule, his coefficients A and B, C and D, E and F. They are
# written out, which compiles to no loop.


def _central(q: float, r: float) -> float:
    above = 2.5090809287301226727e3
    above = above * r + 3.3430575583588128105e4
    above = above * r + 6.7265770927008700853e4
    above = above * r + 4.5921953931549871457e4
    above = above * r + 1.3731693765509461125e4
    above = above * r + 1.9715909503065514427e3
    above = above * r + 1.3314166789178437745e2
    above = above * r + 3.3871328727963666080e0
    below = 5.2264952788528545610e3
    below = below * r + 2.8729085735721942674e4
    below = below * r + 3.9307895800092710610e4
    below = below * r + 2.1213794301586595867e4
    below = below * r + 5.3941960214247511077e3
    below = below * r + 6.8718700749205790830e2
    below = below * r + 4.2313330701600911252e1
    below = below * r + 1.0
    return q * above / below  # from left to right, as Wichura's FORTRAN does


def _near(r: float) -> float:
    above = 7.74545014278341407640e-4
    above = above * r + 2.27238449892691845833e-2
    above = above * r + 2.41780725177450611770e-1
    above = above * r + 1.27045825245236838258e0
    above = above * r + 3.64784832476320460504e0
    above = above * r + 5.76949722146069140550e0
    above = above * r + 4.63033784615654529590e0
    above = above * r + 1.42343711074968357734e0
    below = 1.05075007164441684324e-9
    below = below * r + 5.47593808499534494600e-4
    below = below * r + 1.51986665636164571966e-2
    below = below * r + 1.48103976427480074590e-1
    below = below * r + 6.89767334985100004550e-1
    below = below * r + 1.67638483018380384940e0
    below = below * r + 2.05319162663775882187e0
    below = below * r + 1.0
    return above / below


def _far(r: float) -> float:
    above = 2.01033439929228813265e-7
    above = above * r + 2.71155556874348757815e-5
    above = above * r + 1.24266094738807843860e-3
    above = above * r + 2.65321895265761230930e-2
    above = above * r + 2.96560571828504891230e-1
    above = above * r + 1.78482653991729133580e0
    above = above * r + 5.46378491116411436990e0
    above = above * r + 6.65790464350110377720e0
    below = 2.04426310338993978564e-15
    below = below * r + 1.42151175831644588870e-7
    below = below * r + 1.84631831751005468180e-5
    below = below * r + 7.86869131145613259100e-4
    below = below * r + 1.48753612908506148525e-2
    below = below * r + 1.36929880922735805310e-1
    below = below * r + 5.99832206555887937690e-1
    below = below * r + 1.0
    return above / below
