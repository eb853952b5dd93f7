"""Claims about the type of a result: what results have is described, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from frontend.domain.manifest import INTERNALS
from sim import Propagation, Trajectory
from sim.engine.result_document import ResultDocument
from sim.presets import NAMES, preset

if TYPE_CHECKING:
    from collections.abc import Callable

ADAPTER: TypeAdapter[Any] = TypeAdapter(ResultDocument)


def statistics_of(name: str) -> Any:  # noqa: ANN401 - JSON
    opened = Propagation.open(Trajectory(preset(name).scenario), 50)
    summary = orjson.loads(orjson.dumps(opened.summary(), option=orjson.OPT_SERIALIZE_NUMPY))
    return {key: value for key, value in summary.items() if key not in INTERNALS}


@pytest.mark.parametrize("name", NAMES)
def test_the_result_of_every_preset_is_of_its_type(name: str) -> None:
    document = statistics_of(name)
    assert ADAPTER.validate_python(document, strict=False) == document


DAMAGE: list[Callable[[Any], object]] = [
    lambda result: result.pop("records"),
    lambda result: result.update(more=1),
    lambda result: result["system"]["energy"].pop("relative_departure"),
    lambda result: result["statistics"]["Satellite"]["r"].update(median=1.0),
    lambda result: result["elements"]["Satellite"]["end"].pop("node"),
    lambda result: result["end"]["Planet"].pop("vx"),
]


@pytest.mark.parametrize("damage", range(len(DAMAGE)))
def test_one_with_a_member_more_or_less_is_not(damage: int) -> None:
    document = statistics_of("nano")
    DAMAGE[damage](document)
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(document)


def test_without_what_came_later_it_is_still_one() -> None:
    document = statistics_of("nano")
    for name in ("escape_times", "elements", "system"):
        document.pop(name)
    ADAPTER.validate_python(document)
