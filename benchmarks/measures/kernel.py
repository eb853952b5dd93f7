"""The compiled pass: against C, and what each thing that it takes along costs."""

from __future__ import annotations

import contextlib
import ctypes
import math
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from benchmarks.loops import bare_pass
from benchmarks.measure import Figure, Sample, at_least, at_most, measure, seconds
from sim import NANO, Agent, NanoScenario, Propagation, Scenario, State, Trajectory, kernel
from sim.engine import initial_checkpoint, make_slice, pass_over
from sim.engine.checkpoint import system_of
from sim.engine.diagnostics import empty_tally
from sim.engine.downsampling import Bins
from sim.engine.downsampling import Path as Samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.measure import Prepare

ITERATIONS: Final = 2**22
INTERVAL: Final = Trajectory().interval
WHOLE: Final = 100_000_000
SLICES: Final = 10
NS: Final = 1e9

# -ffp-contract=off: gcc would fuse multiplications and additions, and the bits be others.
COMPILE: Final = ("gcc", "-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC")
SOURCE: Final = Path(__file__).parent.parent / "c_twin.c"

States: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def bare(trajectory: Trajectory, iterations: int) -> States:
    """Go over iterations with the bare kernel; return each agent's state at the end."""
    steps, ring, carry = initial_checkpoint(trajectory.scenario).resume()
    interval = trajectory.interval
    kept = np.empty((iterations // interval, *ring.shape))
    good = bare_pass(system_of(trajectory), steps, ring, carry, iterations, interval, kept)
    if good != iterations:
        raise RuntimeError(f"The trajectory ends after {good} iterations.")
    states: States = ring[:, 0, 1:]
    return states


def c_twin(folder: str) -> Callable[[int], States]:
    """Compile the C twin; return what goes over so many iterations of nano with it."""
    library = Path(folder) / "c_twin.so"
    subprocess.run([*COMPILE, "-o", library, SOURCE, "-lm"], check=True)  # noqa: S603 - our own words
    twin = ctypes.CDLL(str(library))
    go: Any = twin["pass"]
    go.argtypes = [*[ctypes.c_double] * 5, ctypes.c_uint64, ctypes.c_int64, *[ctypes.c_void_p] * 2]
    go.restype = twin.checkpoint_bytes.restype = ctypes.c_int64
    mu = [agent.mu for agent in NANO.agents]

    def run(iterations: int) -> States:
        states = np.array([list(agent.state.to_json().values()) for agent in NANO.agents])
        kept = np.empty(iterations // INTERVAL * twin.checkpoint_bytes(), np.uint8)
        pace = (NANO.dt_min, NANO.dt_span, NANO.epsilon)
        good = go(*mu, *pace, 0, iterations, states.ctypes.data, kept.ctypes.data)
        if good != iterations:
            raise RuntimeError(f"The C twin stops after {good} iterations.")
        return states

    return run


@measure("C twin : kernel, two agents", unit="times", target=at_least(0.9))
@contextlib.contextmanager
def kernel_and_c() -> Iterator[Sample]:
    """Time of the bare pass in C over that of the compiled kernel, with the same bits."""
    with tempfile.TemporaryDirectory() as folder:
        in_c, ours = c_twin(folder), partial(bare, Trajectory())
        if not np.array_equal(in_c(100_000), ours(100_000)):
            raise RuntimeError("The C twin has other bits than the kernel.")

        def sample() -> Figure:
            c_s = seconds(lambda: in_c(ITERATIONS))
            our_s = seconds(lambda: ours(ITERATIONS))
            scale = NS / ITERATIONS
            return Figure(c_s / our_s, {"c_ns": c_s * scale, "kernel_ns": our_s * scale})

        yield sample


def passed(*, diagnostics: bool) -> None:
    """Go over nano with the overview, and with the diagnostics or without."""
    system: Any = system_of(Trajectory())
    if not diagnostics:
        system = system._replace(primary=np.full(2, -1))
    steps, ring, carry = initial_checkpoint(NANO).resume()
    bins, path = Bins.empty(12, ITERATIONS, NANO), Samples.empty(9, ITERATIONS, NANO)
    kernel.pass_over(
        system, steps, ring, carry, 0, ITERATIONS,
        bins.level, bins.series, bins.clocks, path.level, path.states, empty_tally(2),
        kernel.NO_POLYLINES,
    )  # fmt: skip


@measure("overview on : off", unit="times", target=at_most(1.1))
@contextlib.contextmanager
def overview() -> Iterator[Sample]:
    """Time of the pass with the overview over that of the bare one."""

    def sample() -> Figure:
        off_s = seconds(lambda: bare(Trajectory(), ITERATIONS))
        return Figure(seconds(lambda: passed(diagnostics=False)) / off_s)

    yield sample


@measure("diagnostics on : off", unit="times", target=at_most(1.3))
@contextlib.contextmanager
def diagnostics() -> Iterator[Sample]:
    """Time of the pass with overview and diagnostics over that without the latter."""

    def sample() -> Figure:
        off_s = seconds(lambda: passed(diagnostics=False))
        return Figure(seconds(lambda: passed(diagnostics=True)) / off_s)

    yield sample


@measure("inline 1e8 : bare kernel", unit="times", target=at_most(1.5))
@contextlib.contextmanager
def inline() -> Iterator[Sample]:
    """Time from nothing to what a manifest says of 1e8 iterations, over the bare kernel's."""

    def sample() -> Figure:
        bare_s = seconds(lambda: bare(Trajectory(), WHOLE))
        inline_s = seconds(lambda: Propagation.open(Trajectory(), WHOLE).summary())
        return Figure(inline_s / bare_s, {"bare_s": bare_s, "inline_s": inline_s})

    yield sample


@measure("kept for ever of 1e8", unit="MB", target=at_most(16))
@contextlib.contextmanager
def kept() -> Iterator[Sample]:
    """Bytes of all stretches of 1e8 iterations."""
    stretches = Propagation.open(Trajectory(), WHOLE).stretches
    yield lambda: Figure(sum(len(stretch.to_bytes()) for stretch in stretches) / 1e6)


@measure("a slice remade and verified", unit="ms", target=at_most(2))
@contextlib.contextmanager
def remade() -> Iterator[Sample]:
    """Time to remake the 65,536 iterations after a checkpoint, accepted by the next one."""
    stretch = pass_over(Trajectory(), initial_checkpoint(NANO), 4)
    start, end = stretch.checkpoint(3), stretch.checkpoint(4)

    def remake() -> None:
        for _ in range(SLICES):
            make_slice(Trajectory(), start, INTERVAL, end)

    yield lambda: Figure(seconds(remake) / SLICES * 1e3)


def spiral(agents: int) -> Scenario:
    """Massive agents on a spiral around the first."""
    around = tuple(
        Agent(
            f"Body {i}",
            0.01 / i,
            State(0.0, 0.01 + 0.001 * (i % 9), i * math.cos(i), i * math.sin(i), 0.1, 0.2),
        )
        for i in range(1, agents)
    )
    sun = Agent("Sun", 1.0, State(0.0, 0.01, 0.0, 0.0, 0.0, 0.0))
    return NanoScenario((sun, *around), NANO.dt_min, NANO.dt_span, NANO.epsilon)


def _an_iteration(agents: int) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Time of an iteration of massive agents, with checkpoints and nothing else."""
        trajectory, iterations = Trajectory(spiral(agents)), 2**20 // agents
        yield lambda: Figure(seconds(lambda: bare(trajectory, iterations)) / iterations * NS)

    return prepare


for many, most in ((3, 53), (10, 175), (50, 1_090)):
    measure(f"an iteration of {many} massive agents", unit="ns", target=at_most(most))(
        _an_iteration(many)
    )
