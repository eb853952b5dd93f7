"""Claims about a population: any division of the members, in any order, gives the same bits."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING

import pytest

from sim.ensemble.block import compute_block
from sim.ensemble.nominal import nominal_of
from sim.ensemble.population import Population
from tests.unit.sim.ensemble.ensembles import REQUESTS

if TYPE_CHECKING:
    from sim.ensemble.block import Block
    from sim.ensemble.nominal import Nominal

REQUEST = REQUESTS["three"]  # two agents are analysed
MEMBERS = REQUEST.members
DIVISIONS = ([MEMBERS], [1] * MEMBERS, [7, 7, 6], [3, 16, 1])


@cache
def nominal() -> Nominal:
    return nominal_of(REQUEST)


@cache
def block(first: int, count: int) -> Block:
    return compute_block(REQUEST, nominal(), first, count)


def blocks(sizes: list[int]) -> list[Block]:
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return [block(first, count) for first, count in zip(starts, sizes, strict=True)]


def population(*added: Block) -> Population:
    made = Population(REQUEST, nominal())
    for one in added:
        made.add(one.first, one.count, one.parts)
    return made


@pytest.mark.parametrize("sizes", DIVISIONS)
def test_blocks_of_any_size_in_any_order_come_to_the_same_bits(sizes: list[int]) -> None:
    whole = population(*blocks([MEMBERS]))
    shuffled = blocks(sizes)
    random.Random(4).shuffle(shuffled)
    divided = population(*shuffled)
    assert divided.is_complete
    assert divided.document() == whole.document()
    assert divided.result(divided.document()) == whole.result(whole.document())


def test_it_does_not_matter_when_blocks_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    late = population(*blocks([1] * MEMBERS))
    monkeypatch.setattr("sim.ensemble.population._MOST_PENDING", 0)
    at_once = population(*blocks([1] * MEMBERS))
    assert at_once.result(at_once.document()) == late.result(late.document())


@pytest.mark.parametrize("most", [0, 1, 1_000, 10_000])
def test_what_waits_to_be_merged_is_bounded_of_all_parts_together(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("sim.ensemble.population._MOST_PENDING", most)
    made = Population(REQUEST, nominal())
    for one in blocks([1] * MEMBERS):
        made.add(one.first, one.count, one.parts)
        held = made.nbytes
        assert held - sum(map(len, made._merged.values())) <= most  # noqa: SLF001 - what waits is the rest
    whole = population(*blocks([MEMBERS]))
    assert made.result(made.document()) == whole.result(whole.document())


@pytest.mark.parametrize("room", [1, 50_000, 2**25], ids=["none", "for some", "for all"])
def test_it_does_not_matter_what_has_room_unpacked(room: int) -> None:
    made = Population(REQUEST, nominal(), room_bytes=room)
    for one in blocks([3, 16, 1]):
        made.add(one.first, one.count, one.parts)
        assert made.document()["finished"] == made.finished, "what is shown meanwhile"
    opened = sum(part.nbytes for part in made._opened.values())  # noqa: SLF001 - nobody else sees it
    assert opened <= room
    assert (opened > 0) == (room == 2**25) or room == 50_000
    whole = population(*blocks([MEMBERS]))
    assert made.parts().keys() == whole.parts().keys()
    assert made.result(made.document()) == whole.result(whole.document())


def test_a_part_of_the_members_is_known_before_the_others() -> None:
    some = population(block(7, 7))
    assert (some.finished, some.is_complete) == (7, False)
    assert some.missing == [range(7), range(14, MEMBERS)]
    document = some.document()
    assert (document["finished"], document["partial"]) == (7, True)
    some.add(0, 7, block(0, 7).parts)
    some.add(14, 6, block(14, 6).parts)
    assert some.missing == []
    assert some.document() == population(*blocks([MEMBERS])).document()
    assert some.document()["partial"] is False


def test_members_are_added_once() -> None:
    made = population(block(0, 7))
    with pytest.raises(ValueError, match="there already"):
        made.add(6, 1, block(6, 1).parts)
    assert made.finished == 7


def test_the_result_says_what_was_counted_of_each_agent() -> None:
    whole = population(*blocks([MEMBERS]))
    result = whole.result(whole.document())
    assert result["members"] == MEMBERS
    names = set(whole.document()["agents"])
    assert result["agents"].keys() == names
    assert result["content"].keys() == {"summary", *whole.parts()}
    assert len(set(result["content"].values())) == 1 + 2 * len(names)


def test_what_it_holds_is_counted() -> None:
    made = population(block(0, 7))
    held = made.nbytes
    assert held > 0
    made.add(7, 7, block(7, 7).parts)
    assert made.nbytes > held
