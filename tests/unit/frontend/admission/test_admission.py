"""Claims about turns and places: what holds which, and for how long."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from frontend.admission import CURRENT_CLIENT, Admission, fair_gate
from frontend.errors import Busy
from tests.deadlines import within
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTE = 2**20
DEAR_S = 5.0


@pytest.fixture
def admission(monkeypatch: pytest.MonkeyPatch) -> Admission:
    monkeypatch.setattr(fair_gate, "WAIT_S", 0.3)
    return Admission(memory=16 * MEGABYTE, waiters=16, cores=1)


def computing(admission: Admission, client: str, cost_s: float, end: threading.Event) -> None:
    """Compute in a thread of its own, until the end; return when it has begun."""
    begun = threading.Event()

    def compute() -> None:
        CURRENT_CLIENT.set(lambda: client)
        with admission.admit(cost_s):
            begun.set()
            end.wait(within(30))

    threading.Thread(target=compute, daemon=True).start()
    assert begun.wait(within(5))


def test_as_many_compute_as_there_are_cores_and_one_that_is_quick(admission: Admission) -> None:
    end = threading.Event()
    computing(admission, "ada", DEAR_S, end)
    with pytest.raises(Busy), admission.admit(DEAR_S):
        pass
    with admission.admit(0.01):
        pass
    end.set()
    with admission.admit(DEAR_S):
        pass


def test_within_a_turn_another_is_free(admission: Admission) -> None:
    with admission.admit(DEAR_S), admission.admit(DEAR_S), admission.admit(DEAR_S):
        pass


def test_a_response_whose_reader_is_slow_holds_its_place_and_no_turn(admission: Admission) -> None:
    slow = admission.stream(lambda: iter("abc"), held_bytes=MEGABYTE)
    assert next(slow) == "a"
    with admission.admit(DEAR_S):
        pass
    assert list(slow) == ["b", "c"]


def test_responses_hold_no_more_memory_together_than_there_is(admission: Admission) -> None:
    streams = [admission.stream(lambda: iter("ab"), held_bytes=3 * MEGABYTE) for _ in range(6)]
    assert [next(stream) for stream in streams[:5]] == ["a"] * 5
    with pytest.raises(Busy):
        next(streams[5])
    small = admission.stream(lambda: iter("ab"), held_bytes=1_000)
    assert next(small) == "a"
    for stream in streams[:2]:
        stream.close()
    again = admission.stream(lambda: iter("ab"), held_bytes=3 * MEGABYTE)
    assert list(again) == ["a", "b"]


def test_a_file_larger_than_the_memory_is_written_alone(admission: Admission) -> None:
    def stream(held_bytes: int) -> Iterator[str]:
        return admission.stream(lambda: iter("ab"), held_bytes=held_bytes)

    large = stream(160 * MEGABYTE)
    assert next(large) == "a"
    for held_bytes in (160 * MEGABYTE, 3 * MEGABYTE):
        with pytest.raises(Busy):
            next(stream(held_bytes))
    assert list(stream(1_000)) == ["a", "b"]
    assert list(large) == ["b"]
    assert list(stream(3 * MEGABYTE)) == ["a", "b"]


def test_small_ones_are_bounded_in_number(admission: Admission) -> None:
    streams = [admission.stream(lambda: iter("ab"), held_bytes=1) for _ in range(17)]
    assert [next(stream) for stream in streams[:16]] == ["a"] * 16
    with pytest.raises(Busy):
        next(streams[16])


def test_who_fails_or_leaves_gives_back_all_that_it_held(admission: Admission) -> None:
    def failing() -> Iterator[str]:
        yield "a"
        raise ZeroDivisionError

    for _ in range(8):
        stream = admission.stream(failing, held_bytes=15 * MEGABYTE)
        with pytest.raises(ZeroDivisionError):
            list(stream)
        left = admission.stream(lambda: iter("ab"), held_bytes=15 * MEGABYTE)
        next(left)
        left.close()


def test_what_a_response_holds_is_made_once_there_is_a_place_for_it(admission: Admission) -> None:
    prepared: list[str] = []

    def prepare(name: str) -> Iterator[str]:
        prepared.append(name)
        return iter("ab")

    first = admission.stream(lambda: prepare("first"), held_bytes=15 * MEGABYTE)
    assert next(first) == "a"
    with pytest.raises(Busy):
        next(admission.stream(lambda: prepare("second"), held_bytes=15 * MEGABYTE))
    assert prepared == ["first"]


def test_a_response_that_can_not_be_prepared_gives_its_place_back(admission: Admission) -> None:
    for _ in range(8):
        with pytest.raises(ZeroDivisionError):
            next(admission.stream(lambda: iter(str(1 // 0)), held_bytes=15 * MEGABYTE))


def test_a_long_piece_lets_others_have_their_turn_between_its_batches() -> None:
    admission = Admission(memory=16 * MEGABYTE, waiters=16, cores=1)
    batches, steps = threading.Semaphore(0), []

    def made() -> Iterator[int]:
        for number in range(1_000):
            steps.append(number)
            batches.release()
            time.sleep(0.002)
            yield number

    def piece() -> Iterator[int]:
        yield sum(admission.taking_turns(made()))

    others = threading.Event()
    computing(admission, "quick", 0.01, others)  # the one beyond the cores is taken
    long = threading.Thread(target=lambda: list(admission.stream(piece, held_bytes=1)), daemon=True)
    long.start()
    assert batches.acquire(timeout=within(5))
    with admission.admit(0.01):
        assert len(steps) < 1_000
    others.set()
    long.join(within(30))
    assert len(steps) == 1_000


def test_a_reader_who_stands_still_goes_when_another_needs_the_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fair_gate, "SHORT_PATIENCE_S", 0.3)
    admission = Admission(memory=16 * MEGABYTE, waiters=16, cores=1)
    gone: list[str] = []
    stream = admission.stream(
        lambda: iter("ab"), held_bytes=15 * MEGABYTE, disconnect=lambda: gone.append("ada")
    )
    next(stream)
    threading.Thread(target=lambda: _close_when(gone, stream.close), daemon=True).start()
    earlier = CURRENT_CLIENT.set(lambda: "bob")
    assert list(admission.stream(lambda: iter("ab"), held_bytes=15 * MEGABYTE)) == ["a", "b"]
    CURRENT_CLIENT.reset(earlier)
    assert gone == ["ada"]


def _close_when(gone: list[str], close: object) -> None:
    eventually(lambda: bool(gone), within_s=within(10))
    assert callable(close)
    close()


def test_what_is_computed_in_much_memory_has_a_place_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fair_gate, "WAIT_S", 0.1)
    admission = Admission(memory=2**20, waiters=8, cores=4)
    with admission.admit(0.01, held_bytes=2**19):
        with admission.admit(0.01, held_bytes=2**20):
            pass  # within a turn it is free
        with ThreadPoolExecutor(1) as pool:
            assert isinstance(pool.submit(held, admission, 2**20).exception(), Busy)
            assert pool.submit(held, admission, 2**10).exception() is None
    held(admission, 2**20)


def held(admission: Admission, held_bytes: int) -> None:
    with admission.admit(0.01, held_bytes=held_bytes):
        pass
