"""A campaign in the manner of Jepsen: a whole installation, random faults, and a history.

The seed decides what is asked for, which faults come in which order, and the time between them;
what they hit is the machine's to decide, so a seed makes a campaign alike, not the same.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx

from tests import invariants
from tests.asked import Asked
from tests.deadlines import under_load
from tests.history import History
from tests.installation import installed
from tests.processes import eventually, frozen
from tests.redis_servers import DURABLE, embedded_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.installation import Installation
    from tests.redis_servers import RedisServer

PERSISTENCE: Final = {
    "always": DURABLE,
    "everysec": ("--save", "", "--appendonly", "yes", "--appendfsync", "everysec"),
    "rdb": ("--save", "1 1", "--appendonly", "no"),
    "none": ("--save", "", "--appendonly", "no"),
}
RUNNERS: Final = ("runner", "second", "third")
MAX_RUNS: Final = 2
LEASE_S: Final = 2
SEEDS: Final = (1, 2, 3)
STEPS: Final = (300_000, 3_000_000, 20_000_000)
BETWEEN_FAULTS_S: Final = (0.5, 3.0)
PAUSE_S: Final = (1.0, 3.0 * LEASE_S)
SETTLED_S: Final = 120.0


@dataclass
class Campaign:
    """One installation under attack."""

    installation: Installation
    redis: RedisServer
    history: History
    dice: random.Random
    faults: list[str] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)

    def run(self, seconds: float) -> None:
        """Inject faults for `seconds`, beside clients and an observer; then let it settle."""
        digests = [Asked(self.installation, 1, seed).digest for seed in SEEDS]
        done = threading.Event()
        asking = threading.Thread(target=self._ask, args=(done, self.dice.random()))
        with self.history.observed(digests):
            asking.start()
            try:
                self._attack(time.monotonic() + seconds)
            finally:
                done.set()
                asking.join()
            self._settle()
        self.history.check()

    def _ask(self, done: threading.Event, seed: float) -> None:
        """Request propagations, and record those that are reported as complete."""
        dice = random.Random(seed)
        while not done.wait(dice.uniform(0.05, 0.5)):
            one = Asked(self.installation, dice.choice(STEPS), dice.choice(SEEDS))
            with contextlib.suppress(httpx.TransportError):
                answer = one.again()
                assert answer.status_code in {200, 202, 429, 503}, answer.text
                self._note(one, answer)

    def _note(self, one: Asked, answer: httpx.Response) -> None:
        if answer.is_success:
            self.asked[one.request.id] = one
            if answer.json()["status"] == "complete":
                self.history.acknowledged.add(one.request.id)

    def _attack(self, until: float) -> None:
        """Inject one fault after the other, each about as often as the others."""
        coming: list[Callable[[Campaign], None]] = []
        while time.monotonic() < until:
            time.sleep(self.dice.uniform(*BETWEEN_FAULTS_S))
            coming = coming or self.dice.sample(FAULTS, len(FAULTS))
            fault = coming.pop()
            self.faults.append(fault.__name__)
            fault(self)

    def _settle(self) -> None:
        """Wait until each request is over, or forgotten where Redis may forget."""
        within_s = under_load(SETTLED_S)
        eventually(lambda: self.installation.answers("/readyz"), within_s=within_s)
        for one in self.asked.values():
            eventually(lambda one=one: self._is_over(one), within_s=within_s)  # type: ignore[misc]
        invariants.hold(self.installation, within_s=under_load(invariants.GONE_S))
        self._results_are_right()
        self.kill_redis()
        self._results_are_right()

    def _results_are_right(self) -> None:
        """Check each result's bits, and that no result is lost that a client has seen."""
        for propagation_id, one in self.asked.items():
            if one.manifest is not None:
                one.is_right()
                self.history.acknowledged.add(propagation_id)
            elif self.history.durable:
                assert propagation_id not in self.history.acknowledged, "a result is lost"

    def _is_over(self, one: Asked) -> bool:
        answer = one.get()
        if answer.status_code == httpx.codes.NOT_FOUND:
            assert not self.history.durable
            return True
        return bool(answer.json()["status"] in {"complete", "failed"})

    # The faults.

    def kill_a_runner(self) -> None:
        """Kill a runner in the middle of its work, and start it again."""
        name = self.dice.choice(RUNNERS)
        self.installation.kill(name)
        self.installation.start("runner", name=name)

    def stop_a_runner(self) -> None:
        """Stop a runner as a deployment does, and start it again."""
        name = self.dice.choice(RUNNERS)
        self.installation.stop(name)
        self.installation.start("runner", name=name)

    def freeze_a_runner(self) -> None:
        """Pause a runner, perhaps for longer than its lease."""
        with frozen(self.installation.processes[self.dice.choice(RUNNERS)].pid):
            time.sleep(self.dice.uniform(*PAUSE_S))

    def kill_redis(self) -> None:
        """Kill Redis, and start it again with what it has kept."""
        self.redis.kill()
        time.sleep(self.dice.uniform(0, LEASE_S))
        self.history.era += 1
        self.redis.start()

    def freeze_redis(self) -> None:
        """Pause Redis, perhaps for longer than every lease."""
        self.redis.pause()
        time.sleep(self.dice.uniform(*PAUSE_S))
        self.redis.resume()

    def kill_a_worker(self) -> None:
        """Kill a worker, if there is one."""
        self._kill_one_of("distributed.cli.dask_worker")

    def kill_a_scheduler(self) -> None:
        """Kill the scheduler of a cluster, if there is one."""
        self._kill_one_of("distributed.cli.dask_scheduler")

    def _kill_one_of(self, *words: str) -> None:
        if found := self.installation.of_gateway(*words):
            self.dice.choice(found).kill()


FAULTS: Final = (
    Campaign.kill_a_runner,
    Campaign.kill_a_runner,
    Campaign.stop_a_runner,
    Campaign.freeze_a_runner,
    Campaign.freeze_a_runner,
    Campaign.kill_redis,
    Campaign.freeze_redis,
    Campaign.kill_a_worker,
    Campaign.kill_a_scheduler,
)


@contextlib.contextmanager
def campaign(persistence: str, seed: int, folder: Path) -> Iterator[Campaign]:
    """An installation with several runners, on a Redis with this mode of persistence."""
    with (
        embedded_server(PERSISTENCE[persistence]) as server,
        installed(
            server.url,
            folder,
            PORTA_LEASE=f"{LEASE_S}s",
            PORTA_MAX_RUNS=str(MAX_RUNS),
            PORTA_STRETCH_DEADLINE="10s",
        ) as installation,
    ):
        for name in RUNNERS[1:]:
            installation.start_runner(name)
        history = History(server.url, durable=persistence == "always", max_runs=MAX_RUNS)
        dice = random.Random(f"{persistence} {seed}")
        yield Campaign(installation, server, history, dice)
