"""docs/operations.md says what a web may hold: as the code bounds it, and less than its pod has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from frontend import bootstrap
from frontend.domain import manifest
from frontend.propagations import ensembles, inline, opener, service
from frontend.results import trajectory_store
from frontend.settings import Settings
from frontend.storage import client_side_cache
from frontend.web.server import worker
from tests.pod_memory import web_memory_limit

HOUSE: Final = Path(__file__).parents[2]
ROW: Final = re.compile(r"\| ([^|]+) \| ([0-9]+) \| [^|]+ \|")
BOUNDS: Final = {
    "files that are being downloaded": Settings().read_memory,
    "opened propagations": Settings().read_memory // service.READ_BY_OPENED,
    "figures that were drawn": bootstrap.OVERVIEWS_BYTES,
    "pictures": bootstrap.PICTURES_BYTES,
    "summaries of ensembles": ensembles.SUMMARIES_BYTES,
    "densities of ensembles, packed": ensembles.PARTS_BYTES,
    "ensembles that were computed at once": ensembles.COMPUTED_BYTES,
    "results that were computed at once": inline.REMEMBERED_BYTES,
    "results that were read": manifest.FINISHED_BYTES,
    "results in lists": manifest.LISTED_BYTES,
    "manifests that Redis watches": client_side_cache.KEPT_BYTES,
    "scenarios": trajectory_store.KNOWN_BYTES,
    "requests that arrive": worker.HELD_LIMIT_BYTES,
    "responses that clients have not read": worker.UNREAD_LIMIT_BYTES,
}


def table() -> dict[str, int]:
    """What it may hold, by the document, in bytes."""
    document = (HOUSE / "docs" / "operations.md").read_text()
    section = document.split("## Memory of a web\n")[1].split("\n## ")[0]
    return {name: int(mebibytes) * 2**20 for name, mebibytes in ROW.findall(section)}


def test_all_that_a_web_may_hold_at_once_fits_its_pod() -> None:
    assert BOUNDS.items() <= table().items()
    assert len(table()) == len(BOUNDS) + 3  # the program, its threads, what is being computed
    assert sum(table().values()) <= web_memory_limit()


def test_one_opened_propagation_is_no_more_than_all_of_them() -> None:
    assert opener.FINE_BYTES < opener.BUDGET_BYTES == BOUNDS["opened propagations"]
