"""What a processor computes: digests of passes and of ensembles' blocks, and its instructions.

`tests/integration/test_processors.py` runs it with the environment of one processor or another.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from sim.engine import initial_checkpoint, pass_over
from sim.ensemble.block import compute_block
from sim.ensemble.members import members_digest
from sim.ensemble.nominal import nominal_of
from sim.kernel import integrate, population
from sim.scenario import NANO, Trajectory
from tests.crowded import crowded
from tests.unit.sim.ensemble.ensembles import REQUESTS
from tests.unit.sim.models.nbody.passes import INTEGRATORS, points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.scenario import Scenario

REGISTERS: Final = ("xmm", "ymm", "zmm", "divpd")  # the last is of several numbers at once
# Arithmetic of several numbers at once, and the registers that it is in.
PACKED: Final = re.compile(r"\tv?(?:add|sub|mul|div|sqrt)pd\s.*%([xyz]mm)")
LANES: Final = ("PairLanes", "ManyLanes", "NBodyLanes")
FUSED: Final = re.compile(r"\t(vfn?m\w+|fn?m(?:add|sub|la|ls)\w*)\b")  # of x86-64 and of ARM


def _scenarios() -> Iterator[tuple[str, Scenario]]:
    """Scenarios that take each of the kernels' loops."""
    yield "nano, 2 agents", NANO
    yield "nano, 5 agents", crowded(5)
    for agents, massive in ((2, 1), (3, 3), (3, 1), (11, 4)):
        planets = [
            (
                1e-4 * (i < massive),
                0.1,
                1.0 + 0.5 * i,
                0.1 * i,
                1.0 / math.sqrt(1.0 + 0.5 * i),
                0.1,
                0,
            )
            for i in range(1, agents)
        ]
        for integrator in INTEGRATORS:
            yield (
                f"{integrator}, {agents} agents, {massive} massive",
                points((1.0, 0, 0, 0, 0, 0, 0), *planets, integrator=integrator),
            )


def _digest(scenario: Scenario) -> str:
    """The digest of an interval: of its checkpoint, its series and its path."""
    kept = pass_over(Trajectory(scenario), initial_checkpoint(scenario), 1)
    if kept.failure is not None:
        raise RuntimeError(f"The trajectory ends: {kept.failure}")
    found = hashlib.sha256()
    for array in (kept.steps, kept.rings, kept.carries, kept.series, kept.clocks, kept.path):
        found.update(array.tobytes())
    return found.hexdigest()


def _block_digests() -> dict[str, list[str]]:
    """The digests of each ensemble's first block: of what is kept, and of its members' ends."""
    found = {}
    for name, request in REQUESTS.items():
        nominal = nominal_of(request)
        block = compute_block(request, nominal, 0, request.members)
        kept = [nominal.content_digest]
        for j in range(len(request.analysed)):
            kept += [block.statistics(j).content_digest, block.density(j).content_digest]
        kept.append(members_digest(request, block.members(request), request.steps))
        found[name] = kept
    return found


def _of_lanes() -> dict[str, dict[str, Any]]:
    """Of each kind of lanes: the registers of packed arithmetic, and fused instructions."""
    kernel: Any = population.pass_over_members  # numba's object
    found = {}
    for signature, code in kernel.inspect_asm().items():
        (name,) = [lanes for lanes in LANES if lanes in str(signature)]
        registers = PACKED.findall(code)
        counts = {register: registers.count(register) for register in sorted(set(registers))}
        found[name] = {"packed": counts, "fused": sorted(set(FUSED.findall(code)))}
    return found


def answer() -> dict[str, Any]:
    """Digests of each scenario and of each ensemble, and what the machine code of both has."""
    digests = {name: _digest(scenario) for name, scenario in _scenarios()}
    blocks = _block_digests()
    kernel: Any = integrate.pass_over  # numba's object
    code = "\n".join(kernel.inspect_asm().values())
    words = [word for word in REGISTERS if word in code]
    return {
        "digests": digests,
        "words": words,
        "fused": sorted(set(FUSED.findall(code))),
        "blocks": blocks,
        "lanes": _of_lanes(),
    }


if __name__ == "__main__":
    print(json.dumps(answer()))  # noqa: T201 - what it is run for
