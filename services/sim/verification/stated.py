"""What files say of themselves, held to what follows from it; and the times that they state."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from sim.errors import RequestError, ScenarioError, VerificationError
from sim.export.metadata import Metadata, chosen_times
from sim.verification.outcome import Difference
from sim.verification.stored import Damage, TextFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kernel import Floats
    from sim.verification.stored import ColumnarTable

__all__ = ["read_metadata", "stated_times", "statement_differences"]

_MOST_TIMES: Final = 1_000_000
_NUMBER: Final = re.compile(rb"[-+0-9.eE]+")
_LONGEST: Final = 2**16  # bytes of a line with one state
_CHOICES: Final = {
    "records": [{"t0", "t1", "every"}, {"t0", "t1", "max_points"}, {"interval", "iterations"}],
    "states": [{"times"}],
    "members": [{"where", "sort"}, {"where", "sort", "limit", "cursor"}],
}  # what of a kind is chosen by, together


def read_metadata(what: str, value: Any) -> Metadata:  # noqa: ANN401 - JSON of others
    """Read what a file says of itself; raises VerificationError, also for another model."""
    try:
        metadata = Metadata.from_json(value)
    except (RequestError, ScenarioError) as error:
        raise VerificationError(
            what, f"says of itself what Porta does not write: {error}"
        ) from None
    model = metadata.request.trajectory.scenario.model
    if metadata.model != model.version:
        raise VerificationError(
            what,
            f"is of the model {metadata.model[:40]}, which this Porta does not have: it has "
            f"{model.version}. Verify it with porta {metadata.porta[:40]}.",
        )
    _check_chosen(what, metadata)
    return metadata


def _check_chosen(what: str, metadata: Metadata) -> None:
    """Raise VerificationError for a choice of rows that Porta does not make."""
    kind, chosen = metadata.chosen.kind, metadata.chosen
    names = chosen.to_json().keys() - {"kind"}
    if not any(names <= together for together in _CHOICES[kind]):
        raise VerificationError(
            what, f"says that its {kind} are chosen by {', '.join(sorted(names))}: Porta does not."
        )
    if chosen.interval is None and chosen.iterations is None:
        return
    begins = (chosen.interval or 0) * metadata.request.trajectory.interval
    there_are = metadata.request.steps
    if None in (chosen.interval, chosen.iterations) or (
        begins + (chosen.iterations or 0) > there_are
    ):
        raise VerificationError(
            what, f"must say of which interval and iterations it is, of the {there_are:,} steps."
        )


def statement_differences(
    value: Any,  # noqa: ANN401 - JSON of others
    metadata: Metadata,
    names: list[str],
) -> list[Difference]:
    """Return what a file says of itself that it should not."""
    due = orjson.loads(metadata.canonical(names))
    return [
        Difference(
            where=f"what it says of itself as {name}",
            stored=_text(value.get(name)),
            recomputed=_text(due[name]),
        )
        for name in due
        if value.get(name) != due[name]
    ]


def _text(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def stated_times(stored: ColumnarTable | TextFile, metadata: Metadata) -> Floats:
    """Return the times of a file of states, float64[T]: those of its first agent's rows.

    Raises VerificationError where they are not those that its metadata is of.
    """
    what, times = str(stored.path), metadata.chosen.times
    if stored.form.is_by_agent:
        raise VerificationError(
            what,
            f"is an {stored.form.title} of chosen times, which can't be verified: it has dates in "
            "the place of the exact times. Write them as Parquet, Arrow, CSV or JSON for that.",
        )
    if times is None or times[0] > _MOST_TIMES:
        raise VerificationError(what, f"must say of which times it is, at most {_MOST_TIMES:,}.")
    agents = len(metadata.request.trajectory.scenario.agents)
    most = times[0] * agents
    rows = _of_text(stored, most) if isinstance(stored, TextFile) else _of_table(stored, most)
    try:
        found = np.concatenate([np.empty(0), *rows])[::agents]
    except Damage as damage:
        raise VerificationError(what, f"has times that can't be read: {damage}") from None
    if chosen_times(found).times != times:
        raise VerificationError(
            what,
            "has other times than it says of itself: a time, or what it says, has been changed.",
        )
    return found


def _of_table(stored: ColumnarTable, most: int) -> Iterator[Floats]:
    read = 0
    if "t" not in stored.schema.names or str(stored.schema.field("t").type) != "double":
        raise Damage("there is no column t of doubles")
    for batch in stored.batches():
        yield batch.column("t").fill_null(np.nan).to_numpy(zero_copy_only=False)
        read += batch.num_rows
        if read > most:
            return


def _of_text(stored: TextFile, most: int) -> Iterator[Floats]:
    with stored.path.open("rb") as file:
        if stored.form.name == "csv":
            file.readline(_LONGEST)
        times = []
        for _ in range(most):
            line = file.readline(_LONGEST)
            number = _NUMBER.search(line)
            if number is None:
                break
            try:
                times.append(float(number[0]))
            except ValueError:
                raise Damage(f"{number[0][:40]!r} is no number") from None
    yield np.array(times, np.float64)
