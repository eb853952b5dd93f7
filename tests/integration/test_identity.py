"""Whatever is cut, lost, altered or shared out: records are those of the reference, bit for bit.

Random lengths of trajectories and slices, on clusters of one, two and four workers; stretches cut
where it happens, through the run protocol into a real Redis; slices in its cache that are gone,
altered, cut short or another's.
"""

from __future__ import annotations

import asyncio
import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pytest

from frontend.domain.run import ChainEntry
from frontend.results.slice_cache import RedisSliceCache
from frontend.results.trajectory_store import TrajectoryStore
from frontend.runs.run_queue import RunQueue
from frontend.storage import keys
from frontend.storage.connection import connect
from sim import NANO, Agent, NanoScenario, Propagation, Scenario, State, Trajectory
from sim.cluster import LocalBackend
from sim.driver import propagate_on
from sim.engine import checksum, initial_checkpoint
from sim.models.nbody import NBodyAgent, NBodyScenario, State3
from sim.reference import Record, simulate
from sim.scenario import MEMBER_LIMIT, SEED_LIMIT, PropagationRequest
from tests.deadlines import LOCAL_CLUSTER_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import redis
    from distributed import Client

    from frontend.domain.run import Lease
    from sim.engine import Stretch

pytestmark = pytest.mark.timeout(900)  # each recomputes all by the reference, beside other parts

EXAMPLES: Final = 2  # for each number of workers
STEPS: Final = {1: 200_000, 2: 160_000, 3: 100_000, 12: 40_000, 40: 20_000}  # by agents: seconds
IN_SPACE: Final = {"leapfrog": 40, "kahan-li-8": 6, "gauss-radau-15": 3}  # agents: short intervals
BUDGETS: Final = (0, 10 * 2**20, 2**28)  # of slices, in bytes


def scenario_of(agents: int, chance: random.Random) -> Scenario:
    """A planet and others around it, one in three of them massive, in any order."""
    bodies = [Agent("Planet", 1.0, State(0.0, 0.01, 0.0, 0.1, 0.1, 0.0))]
    for i in range(1, agents):
        angle, distance = chance.uniform(0.0, 2.0 * math.pi), 1.0 + 0.5 * i
        x, y, speed = distance * math.cos(angle), distance * math.sin(angle), distance**-0.5
        state = State(0.0, chance.uniform(0.01, 0.1), x, y, -speed * y / distance, speed * x)
        bodies.append(Agent(f"Body {i}", 0.001 * (i % 3 == 0), state))
    chance.shuffle(bodies)
    return NanoScenario(tuple(bodies), NANO.dt_min, NANO.dt_span, NANO.epsilon)


def scenario_in_space(integrator: str, chance: random.Random) -> Scenario:
    """A star and bodies around it on inclined circles, one in three of them massive."""
    bodies = [NBodyAgent("Star", 1.0, State3(0.0, 0.0, 0.0, 0.0, 0.0, 0.0))]
    for i in range(1, IN_SPACE[integrator]):
        place, tilt = chance.uniform(0.0, 2.0 * math.pi), chance.uniform(0.0, 1.0)
        x, y, distance = math.cos(place), math.sin(place), 1.0 + 0.5 * i
        speed = distance**-0.5
        along = (-y * math.cos(tilt), x, y * math.sin(tilt))
        position = (x * math.cos(tilt), y, -x * math.sin(tilt))
        state = State3(*(distance * part for part in position), *(speed * part for part in along))
        bodies.append(NBodyAgent(f"Body {i}", 0.001 * (i % 3 == 0), state))
    return NBodyScenario(tuple(bodies), integrator, 0.02)


@dataclass
class Run:
    """A run of a trajectory: what a runner does with what its cluster sends, and no more."""

    client: redis.Redis
    trajectory: Trajectory
    runs: RunQueue = field(init=False)
    lease: Lease = field(init=False)
    stretches: list[Stretch] = field(default_factory=list)
    chain: list[ChainEntry] = field(default_factory=list)

    def begin(self, steps: int) -> None:
        self.runs = RunQueue(self.client)
        self.runs.enqueue(PropagationRequest(steps, self.trajectory))
        lease = self.runs.acquire(self.trajectory.digest, "token", "owner").lease
        assert lease is not None
        self.lease = lease

    async def on_stretch(self, stretch: Stretch, data: bytes) -> None:
        entry = ChainEntry(stretch.first, stretch.count, checksum(data), sum(stretch.records))
        previous = self.chain[-1].checksum if self.chain else ""
        position = len(self.chain)
        self.runs.put(self.lease, position=position, previous=previous, entry=entry, data=data)
        self.stretches.append(stretch)
        self.chain.append(entry)

    async def on_slices(self, slices: list[tuple[int, bytes]]) -> None:
        RedisSliceCache(self.client, self.trajectory.digest, ttl_s=60).put_many(slices)

    async def go_on(self, cluster: Client, until: int, budget: int) -> None:
        """Go over intervals from where it has come to."""
        start = initial_checkpoint(self.trajectory.scenario)
        reached = 0
        if self.stretches:
            start, reached = self.stretches[-1].tail, self.chain[-1].end
        await propagate_on(
            cluster,
            self.trajectory,
            start=start,
            first_interval=reached,
            until_interval=until,
            slice_budget=budget,
            on_stretch=self.on_stretch,
            on_slices=self.on_slices,
            deadline_s=60,
        )


async def propagated(
    client: redis.Redis, cluster: Client, trajectory: Trajectory, steps: int, chance: random.Random
) -> list[str]:
    """Have a trajectory stored, cut at random; give the names of the slices in the cache."""
    intervals = steps // trajectory.interval
    run = Run(client, trajectory)
    run.begin(steps)
    cuts = {chance.randint(0, intervals) for _ in range(chance.randint(0, 3))}
    for until in sorted(cuts | {intervals}):
        await run.go_on(cluster, until, chance.choice(BUDGETS))
    names = (keys.slice_of(trajectory.digest, interval) for interval in range(intervals))
    return [name for name in names if client.exists(name)]


def damage(client: redis.Redis, names: list[str], chance: random.Random) -> None:
    """Do to each slice what may happen to it, or nothing."""
    for name in names:
        whole: Any = client.get(name)
        at = chance.randrange(len(whole))
        match chance.randrange(5):
            case 0:
                client.delete(name)
            case 1:
                client.set(name, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], ex=60)
            case 2:
                client.set(name, whole[:at], ex=60)
            case 3:
                another: Any = client.get(chance.choice(names)) or b""
                client.set(name, another, ex=60)


def bits(rows: Iterable[Record]) -> bytes:
    """All numbers of records as they are in memory."""
    states = ((r.agent, r.t0, r.t1, r.state) for r in rows)
    return np.array(
        [(a, t0, t1, s.time_step, s.x, s.y, s.vx, s.vy) for a, t0, t1, s in states]
    ).tobytes()


def bits_of(batches: Iterator[pa.RecordBatch]) -> bytes:
    """The same of what was read back."""
    table = pa.Table.from_batches(list(batches)).combine_chunks()
    columns = [table["agent"].chunk(0).indices, *(table[name] for name in table.column_names[1:])]
    return np.stack([column.to_numpy() for column in columns], axis=1).astype(float).tobytes()


def read_back(client: redis.Redis, trajectory: Trajectory, steps: int) -> Propagation:
    stretches = TrajectoryStore(client).stretches(trajectory, until=trajectory.intervals_for(steps))
    assert sum(stretch.count for stretch in stretches) >= steps // trajectory.interval
    return Propagation.open(trajectory, steps, stretches)


async def hold(client: redis.Redis, cluster: Client, chance: random.Random) -> None:
    """Hold one random trajectory, a beginning of it, and a window, to the reference."""
    agents = chance.choice(list(STEPS))
    scenario, seed = scenario_of(agents, chance), chance.randrange(SEED_LIMIT)
    member = random.Random(seed).choice([0, seed // 3, MEMBER_LIMIT - 1])
    trajectory = Trajectory(scenario, seed, member)
    steps = chance.randint(1, STEPS[agents])
    damage(client, await propagated(client, cluster, trajectory, steps, chance), chance)
    expected = simulate(trajectory.scenario, trajectory.seed, steps, member)
    opened = read_back(client, trajectory, steps)
    cache = RedisSliceCache(client, trajectory.digest, ttl_s=60)
    about = f"{agents} agents, {steps} steps, seed {trajectory.seed}, member {member}"
    assert bits_of(opened.slices(cache=cache)) == bits(expected), about
    t0, t1 = sorted(chance.uniform(0.0, expected[-1].t1) for _ in range(2))
    within = [record for record in expected if record.t1 > t0 and record.t0 <= t1]
    assert bits_of(opened.slices(t0, t1, cache)) == bits(within), about
    fewer = chance.randint(1, steps)
    beginning = bits_of(read_back(client, trajectory, fewer).slices(cache=cache))
    assert bits(expected).startswith(beginning), about
    alone = Propagation.open(trajectory, fewer)
    assert read_back(client, trajectory, fewer).summary() == alone.summary(), about


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_records_read_back_equal_the_reference_whatever_was_cut_or_lost(
    redis_url: str, workers: int
) -> None:
    async def main() -> None:
        chance = random.Random(workers)
        async with LocalBackend(start_s=LOCAL_CLUSTER_S).open(tag="", workers=workers) as cluster:
            with connect(redis_url) as client:
                for _ in range(EXAMPLES):
                    await hold(client, cluster.client, chance)

    asyncio.run(main())


async def hold_in_space(
    client: redis.Redis, cluster: Client, integrator: str, chance: random.Random
) -> None:
    """Hold one random trajectory, a beginning of it, and a window, to the engine alone.

    The engine is held to the reference where it is cut at every place: that takes no cluster.
    """
    trajectory = Trajectory(scenario_in_space(integrator, chance), chance.randrange(SEED_LIMIT))
    steps = 4 * trajectory.interval + chance.randrange(trajectory.interval)
    damage(client, await propagated(client, cluster, trajectory, steps, chance), chance)
    cache = RedisSliceCache(client, trajectory.digest, ttl_s=60)
    for part in (steps, chance.randint(1, steps)):
        opened, alone = read_back(client, trajectory, part), Propagation.open(trajectory, part)
        assert opened.summary() == alone.summary(), f"{integrator}, {part} steps of {steps}"
        end = alone.end["Star"].time
        t0, t1 = sorted(chance.uniform(0.0, end) for _ in range(2))
        window = bits_of(opened.slices(t0, t1, cache))
        assert window == bits_of(alone.slices(t0, t1)), f"{integrator}, from {t0} to {t1}"


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_in_space_the_bits_are_the_same_on_any_number_of_workers(
    redis_url: str, workers: int
) -> None:
    async def main() -> None:
        chance = random.Random(workers)
        async with LocalBackend(start_s=LOCAL_CLUSTER_S).open(tag="", workers=workers) as cluster:
            with connect(redis_url) as client:
                for integrator in IN_SPACE:
                    await hold_in_space(client, cluster.client, integrator, chance)

    asyncio.run(main())
