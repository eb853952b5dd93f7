"""Claims about the interval and the work of nbody, against the rule in high precision."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.models.nbody.cost import interval_of, work_per_step
from sim.models.nbody.rules import INTEGRATORS

COUNTS = st.integers(1, 1_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
FORCES = {"leapfrog": 1, "kahan-li-8": 17, "gauss-radau-15": 192}


def power(number: Decimal, rounding: str) -> int:
    """2**floor(log2(number)), or with ceil; exact where the number is a power of two."""
    with localcontext() as context:
        context.prec = 60
        log2 = (number.ln() / Decimal(2).ln()).quantize(Decimal("1e-50"))
        return int(2 ** max(0, int(log2.to_integral_value(rounding))))


@given(COUNTS, st.sampled_from(INTEGRATORS))
@example((8, 1), "leapfrog")
@example((1_000, 1_000), "leapfrog")
@example((1_000, 1_000), "gauss-radau-15")
@example((512, 1), "kahan-li-8")
def test_the_interval_is_the_rules(counts: tuple[int, int], integrator: str) -> None:
    agents, massive = counts
    forces, pairs = FORCES[integrator], Decimal(agents * massive)
    step = (
        Decimal(max(192, 3 * agents * massive, 96 * agents))
        if integrator == "gauss-radau-15"
        else forces * max(Decimal(1), pairs / 8)
    )
    share = min(Decimal(agents) / 2, Decimal(2**16) / (forces * max(1, massive)))
    least = power(max(Decimal(16), share), ROUND_CEILING)
    most = power(min(Decimal(2**16), Decimal(2**19) / agents), ROUND_FLOOR)
    interval = interval_of(agents, massive, integrator)
    assert interval == min(most, max(least, power(Decimal(2**20) / step, ROUND_FLOOR)))
    assert interval & (interval - 1) == 0
    assert 16 <= interval <= 2**16


@pytest.mark.parametrize(
    ("agents", "massive", "integrator", "interval"),
    [
        (1, 0, "leapfrog", 65_536),
        (2, 2, "kahan-li-8", 32_768),
        (3, 3, "kahan-li-8", 32_768),
        (202, 2, "leapfrog", 2_048),
        (1_000, 0, "leapfrog", 512),
        (1_000, 1_000, "leapfrog", 128),
        (1_000, 1_000, "kahan-li-8", 16),
        (1_000, 1_000, "gauss-radau-15", 16),
    ],
)
def test_intervals_as_they_come_out(
    agents: int, massive: int, integrator: str, interval: int
) -> None:
    assert interval_of(agents, massive, integrator) == interval


def test_a_scenario_has_at_least_one_agent() -> None:
    with pytest.raises(ValueError, match="at least one agent"):
        interval_of(0, 0, "leapfrog")


@pytest.mark.parametrize(
    ("agents", "massive", "integrator", "work"),
    [
        (1, 0, "leapfrog", 1.0),
        (3, 1, "leapfrog", 1.5),
        (3, 3, "leapfrog", 4.5),
        (2, 1, "kahan-li-8", 17.0),
        (1, 1, "gauss-radau-15", 192.0),
        (2, 2, "gauss-radau-15", 192.0),
        (1_000, 4, "gauss-radau-15", 96_000.0),
        (1_000, 1_000, "gauss-radau-15", 12_000_000.0),
    ],
)
def test_the_work_of_a_step(agents: int, massive: int, integrator: str, work: float) -> None:
    assert work_per_step(agents, massive, integrator) == work
