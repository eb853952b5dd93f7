"""Ensembles: members in lanes beside the chain of one trajectory, threads, workers, a new cluster.

In lanes means with all that is kept of members: closest approach, escape, grid, density. What one
core does is compared in processor time; what several do, by the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from llvmlite import binding

from benchmarks.loops import bare_pass
from benchmarks.measure import (
    Figure,
    Sample,
    at_least,
    at_most,
    measure,
    processor_seconds,
    seconds,
)
from benchmarks.measures.cost_model import NEAR
from benchmarks.measures.kernel import bare
from benchmarks.measures.nbody import PERIOD, pair, scenario_of
from frontend import embedded
from sim import NANO, Trajectory
from sim.cluster import GatewayBackend, LocalBackend
from sim.cost_model import member_seconds
from sim.dispersion import Dispersion
from sim.driver import ensemble_on
from sim.ensemble.block import compute_block
from sim.ensemble.grid import span_level, spans
from sim.ensemble.local import run_blocks
from sim.ensemble.members import initial_members
from sim.ensemble.nominal import nominal_of
from sim.ensemble.passing import Segment, blank_canvas, lane_system, pass_over_batches
from sim.models.nbody.kernel import initial_carry, system_of
from sim.scenario import PropagationRequest
from tests.dask_servers import all_there

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Prepare
    from sim.cluster import Backend
    from sim.ensemble.block import Block
    from sim.kernel.layout import Integers
    from sim.models.nbody.scenario import NBodyScenario

CHAIN: Final = 2**20  # iterations
LONG: Final = 100_000  # steps: what a run of an ensemble has
MEMBERS: Final = 256
NBODY_STEPS: Final = 50_000
WORKED_S: Final = 30.0
PAYS_S: Final = 10.0
WORKERS: Final = 2
START_S: Final = 120.0  # until workers are there, at most

# Of 512 bits, where LLVM uses them for arithmetic: wherever the processor has them.
WIDE: Final = binding.get_host_cpu_features().get("avx512f", False)
NANO_TARGET: Final = at_least(2.6 if WIDE else 2.2)


def ensemble_seconds(request: PropagationRequest) -> float:
    """Return the processor seconds of a step of a member, with all that is kept."""
    nominal = nominal_of(request)
    taken_s = processor_seconds(lambda: compute_block(request, nominal, 0, request.members))
    return taken_s / (request.steps * request.members)


@measure("nano, members in lanes : chain", unit="times", target=NANO_TARGET)
@contextlib.contextmanager
def nano_lanes() -> Iterator[Sample]:
    """Rate of iterations of members, one core, over that of the bare kernel."""
    request = PropagationRequest(LONG, members=MEMBERS)

    def sample() -> Figure:
        chain_s = processor_seconds(lambda: bare(Trajectory(), CHAIN)) / CHAIN
        lanes_s = ensemble_seconds(request)
        return Figure(chain_s / lanes_s, {"chain_ns": chain_s * 1e9, "lanes_ns": lanes_s * 1e9})

    yield sample


def nbody_chain_seconds(scenario: NBodyScenario) -> float:
    """Return the processor seconds of a step of the bare kernel."""
    system, states = system_of(scenario), scenario.initial_states
    first = [[[-math.inf, 0.0, scenario.dt, *state.to_json().values()]] for state in states]
    ring, carry = np.array(first), initial_carry(scenario)
    steps, nothing = np.zeros(len(states), np.int64), np.empty((0, *ring.shape))
    taken_s = processor_seconds(
        lambda: bare_pass(system, steps, ring, carry, CHAIN // 8, CHAIN, nothing)
    )
    return taken_s / (CHAIN // 8)


def _nbody_lanes(dispersed: tuple[int, ...], members: int) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Rate of steps of kahan-li-8, members of a pair in lanes on one core, over its chain's."""
        scenario = scenario_of(pair, "kahan-li-8", PERIOD / 60)
        spread = [{"agent": scenario.names[a], "sigma": {"x": 1e-3}} for a in dispersed]
        trajectory = Trajectory(scenario, dispersion=Dispersion.from_json(spread, scenario))
        request = PropagationRequest(NBODY_STEPS, trajectory, members=members)

        def sample() -> Figure:
            chain_s = nbody_chain_seconds(scenario)
            lanes_s = ensemble_seconds(request)
            parts = {"chain_ns": chain_s * 1e9, "lanes_ns": lanes_s * 1e9}
            return Figure(chain_s / lanes_s, parts)

        yield sample

    return prepare


for named, moved in (("a test particle", (1,)), ("two bodies", (0, 1))):
    measure(f"kahan-li-8, 32 members of {named} : chain", unit="times", target=at_least(9))(
        _nbody_lanes(moved, 32)
    )


@measure("nano, histograms : a run of 100,000 steps", unit="part", target=at_most(0.15))
@contextlib.contextmanager
def histograms() -> Iterator[Sample]:
    """Processor time of a block at the grid's times, and of what is kept then, over all of it."""
    request = PropagationRequest(LONG, members=MEMBERS)
    nominal = nominal_of(request)
    system = lane_system(request, (), MEMBERS)
    whole = Segment(0, LONG, 0, len(spans(LONG)))
    last: Integers = np.array([LONG], np.int64)

    def without() -> None:
        members = initial_members(request, 0, MEMBERS)
        canvas = blank_canvas(nominal.half_widths, whole, LONG)
        if span_level(LONG) != canvas.level:
            raise RuntimeError("The spans are not those of the run.")
        for _ in pass_over_batches(system, members, whole, last, canvas):
            pass

    def sample() -> Figure:
        bare_s = processor_seconds(without)
        all_s = processor_seconds(lambda: compute_block(request, nominal, 0, MEMBERS))
        return Figure(1.0 - bare_s / all_s, {"bare_s": bare_s, "all_s": all_s})

    yield sample


def of_seconds(work_s: float) -> PropagationRequest:
    """Return an ensemble of so much work for one core, as this machine has it."""
    few = PropagationRequest(LONG, members=MEMBERS)
    nominal = nominal_of(few)
    compute_block(few, nominal, 0, 1)
    each_s = processor_seconds(lambda: compute_block(few, nominal, 0, MEMBERS)) / MEMBERS
    return replace(few, members=max(2, round(work_s / each_s)))


def local_seconds(request: PropagationRequest, threads: int) -> float:
    """Return how long this process takes, on so many threads."""
    nominal = nominal_of(request)
    blocks: list[Block] = []
    ranges = [(0, request.members)]
    return seconds(
        lambda: run_blocks(request, nominal, ranges, threads=threads, on_block=blocks.append)
    )


async def cluster_seconds(backend: Backend, request: PropagationRequest, workers: int) -> Figure:
    """Return how long a new cluster takes, with its start; and without, from its workers on."""
    loop, nominal = asyncio.get_running_loop(), nominal_of(request)
    blocks: list[Block] = []

    async def keep(block: Block) -> None:
        blocks.append(block)

    begun = loop.time()
    async with backend.open(tag="ensembles", workers=workers) as cluster:
        if not await all_there(cluster, workers, START_S):
            raise RuntimeError("Workers are missing.")
        there = loop.time()
        await ensemble_on(
            cluster.client,
            request,
            nominal=nominal,
            ranges=[(0, request.members)],
            on_block=keep,
            deadline_s=120,
            threads=workers,
        )
        ended = loop.time()
    if sum(block.count for block in blocks) != request.members:
        raise RuntimeError("Members are missing.")
    return Figure(ended - begun, {"working_s": ended - there, "starting_s": there - begun})


@measure("a worker with two cores : with one", unit="times", target=at_least(1.9))
@contextlib.contextmanager
def cores() -> Iterator[Sample]:
    """Rate of members on two threads of one process over that on one, four seconds of work."""
    request = of_seconds(4.0)

    def sample() -> Figure:
        one_s, two_s = local_seconds(request, 1), local_seconds(request, 2)
        return Figure(one_s / two_s, {"one_s": one_s, "two_s": two_s})

    yield sample


@measure("two workers : one, 30 s of work", unit="times", target=at_least(1.9))
@contextlib.contextmanager
def workers_of_one_core() -> Iterator[Sample]:
    """Rate of members of two workers of one core over that of one, once they are there."""
    request = of_seconds(WORKED_S)

    def sample() -> Figure:
        one, two = (
            asyncio.run(cluster_seconds(LocalBackend(), request, workers)).parts["working_s"]
            for workers in (1, 2)
        )
        return Figure(one / two, {"one_s": one, "two_s": two})

    yield sample


@measure("one core : a new embedded cluster, 10 s of work", unit="times", target=at_least(1.0))
@contextlib.contextmanager
def new_cluster() -> Iterator[Sample]:
    """Time of this process on one core over that of a cluster of two workers, with its start."""
    request = of_seconds(PAYS_S)
    with (
        tempfile.TemporaryDirectory(prefix="porta-benchmark-") as folder,
        embedded.gateway(Path(folder)) as access,
    ):
        backend = GatewayBackend(
            access.address, proxy_address=access.proxy_address, password=access.password
        )

        def sample() -> Figure:
            alone_s = local_seconds(request, 1)
            cluster = asyncio.run(cluster_seconds(backend, request, WORKERS))
            parts = {"alone_s": alone_s, "cluster_s": cluster.value, **cluster.parts}
            return Figure(alone_s / cluster.value, parts)

        yield sample


def _members(request: PropagationRequest) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Time of members in lanes, one core, with all that is kept, over the cost model's."""
        model_s = member_seconds(request) / request.steps

        def sample() -> Figure:
            real_s = ensemble_seconds(request)
            return Figure(real_s / model_s, {"model_ns": model_s * 1e9, "real_ns": real_s * 1e9})

        yield sample

    return prepare


def _dispersed(integrator: str) -> PropagationRequest:
    scenario = scenario_of(pair, integrator, PERIOD / 60)
    spread = [{"agent": scenario.names[1], "sigma": {"x": 1e-3}}]
    trajectory = Trajectory(scenario, dispersion=Dispersion.from_json(spread, scenario))
    return PropagationRequest(NBODY_STEPS, trajectory, members=MEMBERS)


heavy = replace(NANO, agents=tuple(replace(agent, mu=agent.mu or 1e-3) for agent in NANO.agents))
for name, request in (
    ("members of nano", PropagationRequest(LONG, members=MEMBERS)),
    ("members of two massive agents", PropagationRequest(LONG, Trajectory(heavy), members=MEMBERS)),
    ("members of leapfrog", _dispersed("leapfrog")),
    ("members of kahan-li-8", _dispersed("kahan-li-8")),
):
    measure(f"{name} : cost model", unit="times", target=NEAR)(_members(request))
