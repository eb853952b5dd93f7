"""Claims about a gate that clients share: who goes first, who waits, who is refused."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from frontend.admission import fair_gate
from frontend.admission.fair_gate import FairGate, Flow, Permit
from frontend.errors import Busy
from tests.deadlines import within
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


class Crowd:
    """Threads that ask at a gate, and the order in which they were let in."""

    def __init__(self, gate: FairGate) -> None:
        self.gate = gate
        self.order: list[str] = []
        self.refused: list[str] = []
        self._leave: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def ask(self, name: str, client: str, amount: int = 1, cost: float = 1.0) -> None:
        """Ask for a permit under a name, and return once it waits or is granted."""
        before = self._known
        self._leave[name] = threading.Event()
        thread = threading.Thread(
            target=self._ask, args=(name, Flow(client), amount, cost), daemon=True
        )
        self._threads.append(thread)
        thread.start()
        eventually(lambda: self._known > before, within_s=within(5))

    def leave(self, name: str) -> None:
        """Give back the permit of this name, so that the next ones are granted."""
        before = len(self.order)
        waited = self.gate.is_contended
        self._leave[name].set()
        if waited:
            eventually(lambda: len(self.order) > before, within_s=within(5))

    def end(self) -> None:
        for event in self._leave.values():
            event.set()
        for thread in self._threads:
            thread.join(within(5))

    @property
    def _known(self) -> int:
        waiting = len(self.gate._waiting)  # noqa: SLF001 - nothing else shows that it waits
        return waiting + len(self.order) + len(self.refused)

    def _ask(self, name: str, flow: Flow, amount: int, cost: float) -> None:
        try:
            held = self.gate.take(flow, amount, cost)
        except Busy:
            self.refused.append(name)
            return
        self.order.append(name)
        self._leave[name].wait(within(30))
        self.gate.release(held)


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    gathered = Crowd(gate_of(1))
    yield gathered
    gathered.end()


def gate_of(capacity: int, *, reserve: int = 0, waiters: int = 8) -> FairGate:
    return FairGate(
        capacity, reserve=reserve, small=lambda permit: permit.cost <= 0.1, waiters=waiters
    )


def test_who_asks_for_little_overtakes_others_who_ask_for_much(crowd: Crowd) -> None:
    crowd.ask("first", "ada", cost=10.0)
    for number in range(3):
        crowd.ask(f"much {number}", "ada", cost=10.0)
    crowd.ask("little", "bob")
    crowd.leave("first")
    assert crowd.order == ["first", "little"]


def test_a_cheap_ask_overtakes_the_dear_ones_of_the_same_client(crowd: Crowd) -> None:
    crowd.ask("first", "everybody", cost=10.0)
    crowd.ask("much", "everybody", cost=10.0)
    crowd.ask("little", "everybody", cost=1.0)
    crowd.leave("first")
    assert crowd.order == ["first", "little"]


def test_clients_go_by_turns_however_many_requests_each_has(crowd: Crowd) -> None:
    crowd.ask("ada 0", "ada")
    for number in range(1, 4):
        crowd.ask(f"ada {number}", "ada")
    for number in range(2):
        crowd.ask(f"bob {number}", "bob")
    for _ in range(5):
        crowd.leave(crowd.order[-1])
    assert crowd.order == ["ada 0", "bob 0", "ada 1", "bob 1", "ada 2", "ada 3"]


def test_a_dear_ask_is_not_starved_by_cheap_ones_that_keep_coming(crowd: Crowd) -> None:
    crowd.ask("first", "ada")
    crowd.ask("dear", "bob", cost=3.0)
    for number in range(6):
        crowd.ask(f"cheap {number}", "ada")
        crowd.leave(crowd.order[-1])
    assert "dear" in crowd.order


@pytest.mark.parametrize("cheap", ["each a new client", "all one client"])
def test_a_dear_ask_is_not_starved_by_cheap_requests_that_are_new_each_time(
    crowd: Crowd, cheap: str
) -> None:
    one = cheap == "all one client"
    crowd.ask("first", "everybody")
    crowd.ask("dear", "everybody" if one else "bob", cost=3.0)
    for number in range(6):
        crowd.ask(f"cheap {number}", "everybody" if one else f"client {number}")
        crowd.leave(crowd.order[-1])
    assert "cheap 0" in crowd.order
    assert "dear" in crowd.order[:5]


def test_who_is_alone_may_hold_everything() -> None:
    gate = gate_of(8)
    permits = [gate.take(Flow("ada"), 1, 1.0) for _ in range(8)]
    for permit in permits:
        gate.release(permit)


def test_a_reserve_is_left_to_what_is_small() -> None:
    crowd = Crowd(gate_of(3, reserve=1))
    for number in range(3):
        crowd.ask(f"large {number}", "ada")
    assert crowd.order == ["large 0", "large 1"]
    crowd.ask("small", "ada", cost=0.1)
    assert crowd.order == ["large 0", "large 1", "small"]
    crowd.end()


def test_what_is_small_does_not_starve_what_is_not() -> None:
    crowd = Crowd(gate_of(2, reserve=1))
    for number in range(2):
        crowd.ask(f"small {number}", "ada", cost=0.1)
    crowd.ask("large", "bob", cost=5.0)
    for number in range(2, 4):
        crowd.ask(f"small {number}", "ada", cost=0.1)
    crowd.leave("small 0")
    assert crowd.order == ["small 0", "small 1", "large"]
    crowd.leave("small 1")
    assert crowd.order == ["small 0", "small 1", "large", "small 2"]
    crowd.end()


def test_what_is_larger_than_all_that_there_is_gets_all() -> None:
    gate = gate_of(100, reserve=10)
    permit = gate.take(Flow("ada"), 1_000, 1.0)
    assert permit.amount == 90
    gate.release(permit)


def test_where_too_many_wait_the_one_that_asks_for_most_is_refused() -> None:
    crowd = Crowd(gate_of(1, waiters=3))
    crowd.ask("first", "ada")
    for number, cost in enumerate((2.0, 9.0, 3.0)):
        crowd.ask(f"ada {number}", "ada", cost=cost)
    crowd.ask("bob", "bob", cost=5.0)
    eventually(lambda: crowd.refused == ["ada 1"], within_s=within(5))
    crowd.end()
    assert sorted(crowd.order) == ["ada 0", "ada 2", "bob", "first"]


def test_who_waits_too_long_is_told_when_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_gate, "WAIT_S", 0.2)
    gate = gate_of(1)
    permit = gate.take(Flow("ada"), 1, 1.0)
    with pytest.raises(Busy) as refused:
        gate.take(Flow("bob"), 1, 1.0)
    assert refused.value.retry_after_s == fair_gate.RETRY_AFTER_S
    gate.release(permit)
    gate.release(gate.take(Flow("bob"), 1, 1.0))


def test_a_request_that_was_let_in_is_never_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_gate, "WAIT_S", 0.2)
    gate = gate_of(1)
    permit = gate.take(Flow("ada"), 1, 1.0)
    threading.Timer(0.8, gate.release, (permit,)).start()
    gate.release(gate.take(Flow("bob"), 1, 1.0, is_first=False))


def test_a_slow_reader_goes_while_others_wait_and_only_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fair_gate, "SHORT_PATIENCE_S", 0.3)
    gate = gate_of(2)
    quick, slow = (hold(gate, "ada") for _ in range(2))
    slow.idle_since = time.monotonic() - 60
    time.sleep(2 * fair_gate.TICK_S)
    assert gate._held == 2  # noqa: SLF001 - nobody waits, so nobody has to go
    gate.release(gate.take(Flow("bob"), 1, 1.0))
    gate.release(quick)


def hold(gate: FairGate, client: str) -> Permit:
    """Take one, and give it back when told to disconnect."""
    permit = gate.take(Flow(client), 1, 1.0)
    permit.disconnect = lambda: gate.release(permit)
    return permit


def test_what_it_took_counts_and_not_what_was_estimated(crowd: Crowd) -> None:
    underestimated = crowd.gate.take(Flow("ada"), 1, 0.001)
    crowd.gate.release(underestimated, cost=50.0)
    crowd.ask("first", "cy")
    crowd.ask("ada", "ada", cost=1.0)
    crowd.ask("bob", "bob", cost=20.0)
    crowd.leave("first")
    assert crowd.order == ["first", "bob"]


def test_a_client_that_is_gone_is_forgotten() -> None:
    gate = gate_of(1)
    for number in range(2 * fair_gate.CLIENTS_KEPT):
        gate.release(gate.take(Flow(str(number)), 1, 1.0))
    assert len(gate._clients) <= fair_gate.CLIENTS_KEPT + 1  # noqa: SLF001 - it has no other sign
