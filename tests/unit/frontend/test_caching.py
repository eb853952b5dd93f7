"""Claims about what a process keeps of what it has made: here, propagations that it has opened."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from frontend.caching import MOST, SingleFlightCache, divide_between, remembered
from sim.engine import Propagation
from sim.scenario import Trajectory

TRAJECTORY = Trajectory()
INTERVAL = 65_536


def cache_of(budget_bytes: int = 2**20) -> SingleFlightCache[Propagation]:
    return SingleFlightCache(budget_bytes, lambda one: one.nbytes)


def opened(intervals: int = 0) -> Propagation:
    return Propagation.open(TRAJECTORY, intervals * INTERVAL or 10)


def never() -> Propagation:
    raise AssertionError("It is open already.")


def test_the_next_reader_finds_it_open() -> None:
    cache = cache_of()
    first = cache.get("10", opened)
    assert cache.get("10", never) is first


def test_what_is_forgotten_is_opened_again() -> None:
    cache = cache_of()
    first = cache.get("10", opened)
    cache.forget("10")
    assert cache.get("10", opened) is not first


def test_the_one_not_read_for_the_longest_goes_first() -> None:
    one = opened(1)
    cache = cache_of(int(one.nbytes * 2.5))
    for name in ("a", "b"):
        cache.get(name, lambda: opened(1))
    cache.get("a", never)
    cache.get("c", lambda: opened(1))
    cache.get("a", never)
    cache.get("c", never)
    with pytest.raises(AssertionError):
        cache.get("b", never)


def test_one_that_is_larger_than_the_budget_is_kept_alone() -> None:
    cache = cache_of(1)
    cache.get("a", lambda: opened(1))
    cache.get("a", never)


def test_many_threads_open_it_once() -> None:
    cache, calls, together = cache_of(), [], threading.Barrier(8)

    def make() -> Propagation:
        calls.append(1)
        return opened()

    def get(_number: int) -> Propagation:
        together.wait()
        return cache.get("10", make)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(get, range(8))))) == 1
    assert len(calls) == 1


def test_what_could_not_be_opened_is_tried_again() -> None:
    cache = cache_of()
    with pytest.raises(AssertionError):
        cache.get("10", never)
    assert cache.get("10", opened).steps == 10


def test_no_more_than_so_many_are_kept_however_small() -> None:
    cache: SingleFlightCache[str] = SingleFlightCache(2**20, len)
    for number in range(MOST + 1):
        cache.get(str(number), lambda: "small")
    with pytest.raises(ZeroDivisionError):
        cache.get("0", lambda: str(1 // 0))
    assert cache.get("1", str) == "small"


def test_a_function_remembers_as_many_bytes_as_it_may() -> None:
    calls: list[str] = []

    @remembered(100, len)
    def twice(text: str) -> str | None:
        calls.append(text)
        return text * 2 or None

    for text in ("a" * 20, "b" * 20, "a" * 20, "c" * 20, "a" * 20, "b" * 20):
        assert twice(text) == text * 2
    assert [text[0] for text in calls] == ["a", "b", "c", "b"]


def test_it_does_not_remember_that_there_was_nothing() -> None:
    calls: list[int] = []

    @remembered(100, len)
    def nothing(number: int) -> str | None:
        calls.append(number)
        return None

    assert (nothing(1), nothing(1)) == (None, None)
    assert calls == [1, 1]


def test_the_processes_of_a_web_divide_its_budget() -> None:
    calls: list[str] = []

    @remembered(100, len)
    def twice(text: str) -> str:
        calls.append(text)
        return text * 2

    divide_between(4)
    try:
        for text in ("a" * 10, "b" * 10, "a" * 10):  # 20 bytes each, of 25
            twice(text)
    finally:
        divide_between(1)
    assert [text[0] for text in calls] == ["a", "b", "a"]
