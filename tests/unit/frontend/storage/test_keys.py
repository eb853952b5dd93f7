"""Claims about the names of Porta's keys."""

from __future__ import annotations

from frontend.storage import keys


def test_the_names_are_those_of_the_design() -> None:
    assert keys.manifest("500") == "propagation/500"
    assert keys.chain("d") == "trajectory/d/chain"
    assert keys.stretch("d", 3) == "trajectory/d/stretch/3"
    assert keys.slice_of("d", 7) == "trajectory/d/slice/7"
    assert keys.run("d") == "run/d"
    assert keys.events("d") == "run/d/events"


def test_stretches_are_named_from_first_to_before_last() -> None:
    assert keys.stretches("d", 1, 3) == [keys.stretch("d", 1), keys.stretch("d", 2)]
    assert keys.stretches("d", 2, 2) == []


def test_no_run_can_be_mistaken_for_the_line() -> None:
    """Digests are 16 hex digits; none of the fixed names is."""
    fixed = {keys.QUEUE, keys.ACTIVE, keys.RETRY, keys.OVER, keys.SEQUENCE, keys.RUNNERS}
    assert not {keys.run("0" * 16), keys.run("f" * 16)} & fixed
    assert all(len(name.removeprefix("run/")) != 16 for name in fixed)
