"""A model of the run protocol, and a machine that holds the scripts to it (hypothesis).

The model is a few lines of Python; the scripts must agree with it after every step, whoever
calls what in which order: owners that are current, late, or repeat themselves, leases that run
out, people who ask and cancel, a Redis that is emptied. `hold_to_the_model` runs it against one
server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from frontend.domain.run import Lease
from frontend.domain.waiting import STORAGE_FULL
from frontend.errors import LeaseLost
from frontend.runs.run_queue import RunQueue
from frontend.storage import keys
from frontend.storage.connection import command
from tests.run_protocol import (
    INTERVALS,
    MANIFEST,
    digest_of,
    entries,
    lapse,
    let_retry,
    put,
    request,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from frontend.domain.waiting import WaitReason

SEEDS: Final = st.sampled_from([1, 1, 2, 3])
STEPS: Final = st.sampled_from([1, 2, 4])  # each takes so many stretches
RECENT: Final = st.integers(0, 2)  # whose lease, counted from the last
TOKENS: Final = st.sampled_from("abc")
SLOTS: Final = 2


@dataclass
class Modelled:
    """What one run must be like."""

    state: str = "absent"
    holder: tuple[str, int] | None = None  # token and epoch, while the lease lives
    last: tuple[str, int] | None = None
    epoch: int = 0
    chain: int = 0
    target: int = 0
    attempts: int = 0
    cancelling: bool = False
    waiting: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    published: set[int] = field(default_factory=set)

    @property
    def is_owned(self) -> bool:
        return self.state in {"running", "publishing"}

    def fail_for_good(self) -> None:
        self.failed |= self.waiting
        self.waiting.clear()
        self.state = "failed"

    def go_on_or(self, state: str) -> None:
        self.holder = None
        self.state = "queued" if self.waiting else state


class RunMachine(RuleBasedStateMachine):
    """Calls the scripts and the model alike."""

    client: redis.Redis

    def __init__(self) -> None:
        super().__init__()
        self.client.flushall()
        self.runs = RunQueue(self.client, max_runs=SLOTS, lease_ms=600_000)
        self.models = {seed: Modelled() for seed in (1, 2, 3)}
        self.leases: list[tuple[int, Lease]] = []
        self.line: list[int] = []

    @rule(seed=SEEDS, steps=STEPS)
    def ask(self, seed: int, steps: int) -> None:
        model = self.models[seed]
        run = self.runs.enqueue(request(steps, seed)).run
        if steps in model.published:
            assert run is None
            return
        assert run is not None
        if steps in model.waiting | model.failed:
            return
        was_waiting = model.is_owned or model.state in {"queued", "retrying"}
        if model.is_owned and model.cancelling and steps <= model.target:
            model.target, model.cancelling = steps, False
        model.waiting.add(steps)
        if not was_waiting:
            model.state, model.attempts = "queued", 0

    @rule(seed=SEEDS, token=TOKENS, obstacle=st.sampled_from([None, None, STORAGE_FULL]))
    def acquire(self, seed: int, token: str, obstacle: WaitReason | None) -> None:
        model = self.models[seed]
        got = self.runs.acquire(digest_of(seed), token, "owner", obstacle=obstacle)
        if model.holder is not None:
            assert got.kind == ("mine" if model.holder[0] == token else "busy")
        elif model.state in {"absent", "done", "cancelled"} or not model.waiting:
            assert got.kind == "done"
            if model.is_owned:
                model.go_on_or("cancelled")
        elif got.kind == "run":
            self._is_run(seed, token, got.target)
        elif got.kind == "done":
            assert model.attempts == 4
            model.fail_for_good()
        else:
            assert got.kind in {"full", "busy"}
            if got.kind == "busy" and obstacle is not None:
                model.state = "retrying"
            assert got.kind != "busy" or model.state == "retrying"

    def _is_run(self, seed: int, token: str, target: int) -> None:
        model = self.models[seed]
        assert sum(m.holder is not None for m in self.models.values()) < SLOTS
        assert target == max(model.waiting)
        model.epoch += 1
        model.attempts += 1
        model.state, model.target, model.cancelling = "running", target, False
        model.holder = model.last = (token, model.epoch)
        self.leases.append((seed, Lease(digest_of(seed), token, model.epoch)))

    def _by_owner(self, which: int, call: Callable[[Lease], object]) -> Modelled | None:
        """Call as some owner, present or past; the model if it was let through."""
        if not self.leases:
            return None
        seed, lease = self.leases[-1 - which % len(self.leases)]
        model = self.models[seed]
        if model.holder == (lease.fencing_token, lease.epoch):
            call(lease)
            return model
        with pytest.raises(LeaseLost):
            call(lease)
        return None

    @rule(which=RECENT)
    def renew(self, which: int) -> None:
        renewals = []
        model = self._by_owner(which, lambda lease: renewals.append(self.runs.renew(lease)))
        if model is not None:
            assert renewals[0].cancelled == model.cancelling
            assert set(renewals[0].waiting.values()) == model.waiting

    @rule(which=RECENT, repeats=st.integers(1, 2))
    def put(self, which: int, repeats: int) -> None:
        positions = {digest_of(seed): model.chain for seed, model in self.models.items()}
        for _ in range(repeats):
            model = self._by_owner(
                which, lambda lease: put(self.runs, lease, positions[lease.digest])
            )
            if model is not None:
                model.chain = positions[digest_of(self._seed_of(which))] + 1
                model.attempts = 0

    @rule(which=RECENT, ahead=st.sampled_from([-2, 1, 2]))
    def put_out_of_order(self, which: int, ahead: int) -> None:
        if not self.leases:
            return
        seed, lease = self.leases[-1 - which % len(self.leases)]
        position = self.models[seed].chain + ahead
        if position >= 0:
            with pytest.raises(LeaseLost):
                put(self.runs, lease, position)

    @rule(which=RECENT, steps=STEPS)
    def publish(self, which: int, steps: int) -> None:
        seed = self._seed_of(which)
        if steps > self.models[seed].chain:
            return
        answers = []
        model = self._by_owner(
            which,
            lambda lease: answers.append(
                self.runs.publish(lease, request(steps, seed), MANIFEST, entries(steps))
                != "unwanted"
            ),
        )
        if model is None:
            return
        assert answers == [steps in model.waiting or steps in model.published]
        if steps in model.waiting:
            model.waiting.discard(steps)
            model.published.add(steps)
            model.state = "publishing" if steps >= model.target else model.state

    @rule(which=RECENT)
    def finish(self, which: int) -> None:
        self._give_back(which, self.runs.finish, self._finished)

    def _finished(self, model: Modelled) -> None:
        if not {steps for steps in model.waiting if steps <= model.target}:
            model.attempts = 0
            model.go_on_or("done")

    @rule(which=RECENT)
    def requeue(self, which: int) -> None:
        self._give_back(which, lambda lease: self.runs.release(lease, "requeue"), self._requeued)

    def _requeued(self, model: Modelled) -> None:
        model.attempts = max(0, model.attempts - 1) if model.waiting else model.attempts
        model.go_on_or("cancelled")

    @rule(which=RECENT)
    def wait(self, which: int) -> None:
        self._give_back(which, lambda lease: self.runs.wait(lease, STORAGE_FULL), self._waits)

    def _waits(self, model: Modelled) -> None:
        model.holder = None
        if model.waiting:
            model.attempts = max(0, model.attempts - 1)
        model.state = "retrying" if model.waiting else "cancelled"

    @rule(which=RECENT)
    def fail(self, which: int) -> None:
        self._give_back(
            which, lambda lease: self.runs.release(lease, "failed", "It broke."), self._failed
        )

    def _failed(self, model: Modelled) -> None:
        model.holder = None
        if not model.waiting:
            model.state = "cancelled"
        elif model.attempts >= 4:
            model.fail_for_good()
        else:
            model.state = "retrying"

    def _give_back(
        self, which: int, call: Callable[[Lease], object], then: Callable[[Modelled], None]
    ) -> None:
        """Call as the last owner (it may have given back before) or an earlier one."""
        if not self.leases:
            return
        seed, lease = self.leases[-1 - which % len(self.leases)]
        model = self.models[seed]
        if model.last != (lease.fencing_token, lease.epoch):
            with pytest.raises(LeaseLost):
                call(lease)
        elif model.holder is not None:
            call(lease)
            then(model)
        elif not model.is_owned:
            call(lease)  # said before: nothing happens

    @rule(seed=SEEDS, steps=STEPS)
    def cancel(self, seed: int, steps: int) -> None:
        model = self.models[seed]
        assert self.runs.cancel(request(steps, seed)) == (steps in model.waiting)
        if steps not in model.waiting:
            return
        model.waiting.discard(steps)
        covered = {w for w in model.waiting if w <= model.target}
        if model.is_owned:
            if covered:
                model.target = max(covered)
            elif model.holder is None:
                model.go_on_or("cancelled")
            else:
                model.cancelling = True
        elif not model.waiting:
            model.state = "cancelled"

    @rule(seed=SEEDS)
    def run_out(self, seed: int) -> None:
        if self.models[seed].holder is not None:
            lapse(self.client, digest_of(seed))
            self.models[seed].holder = None

    @rule(seed=SEEDS)
    def time_to_retry(self, seed: int) -> None:
        if self.models[seed].state == "retrying":
            let_retry(self.client, digest_of(seed))

    @rule()
    def empty_redis(self) -> None:
        """Redis loses everything: owners of the past are refused, and all begins anew."""
        self.client.flushall()
        for seed in self.models:
            self.models[seed] = Modelled()

    def _seed_of(self, which: int) -> int:
        return self.leases[-1 - which % len(self.leases)][0] if self.leases else 1

    @invariant()
    def records_agree_with_the_model(self) -> None:
        for seed, model in self.models.items():
            run = self.runs.state(digest_of(seed))
            if model.state == "absent":
                assert run is None
                continue
            assert run is not None
            state = "failed" if model.state == "retrying" else model.state
            assert run.state == state
            assert set((run.waiting or {}).values()) == model.waiting
            assert (run.epoch, run.attempts) == (model.epoch, model.attempts)
            if model.is_owned:
                cancelling = self.client.hget(keys.run(digest_of(seed)), "cancel") == b"1"
                assert (run.target, cancelling) == (model.target, model.cancelling)
            assert (run.retry_at_ms is not None) == (model.state == "retrying")

    @invariant()
    def lists_agree_with_the_records(self) -> None:
        in_state = {
            state: {digest_of(s) for s, m in self.models.items() if m.state == state}
            for state in ("queued", "retrying")
        }
        owned = {digest_of(seed) for seed, model in self.models.items() if model.is_owned}
        living = {
            digest_of(seed): model.holder[0]
            for seed, model in self.models.items()
            if model.holder is not None
        }
        assert self._members(keys.QUEUE) == in_state["queued"]
        assert self._members(keys.RETRY) == in_state["retrying"]
        assert self._members(keys.ACTIVE) == owned
        assert self.runs.living() == living
        assert len(living) <= SLOTS

    @invariant()
    def results_rest_on_what_is_there(self) -> None:
        for seed, model in self.models.items():
            digest = digest_of(seed)
            chain: list[bytes] = command(self.client, "LRANGE", keys.chain(digest), 0, -1)
            assert chain == [entry.to_bytes() for entry in entries(model.chain)]
            assert len(chain) * INTERVALS >= max(model.published, default=0)
            for steps in model.published:
                assert command(self.client, "GET", keys.manifest(request(steps, seed).id))

    def _members(self, key: str) -> set[str]:
        return {digest.decode() for digest in command(self.client, "ZRANGE", key, 0, -1)}


def hold_to_the_model(client: redis.Redis, *, examples: int, steps: int) -> None:
    """Run the machine against the server of `client`, whose data it deletes."""
    machine = type("Machine", (RunMachine,), {"client": client})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
