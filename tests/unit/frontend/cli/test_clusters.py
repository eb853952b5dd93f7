"""`porta clusters`; with a Gateway that has some, it is in tests/integration/test_cli.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.cli import clusters
from frontend.errors import SettingsError
from frontend.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("reap", "lines"), [(False, ["No clusters."]), (True, ["No clusters.", "Stopped 0."])]
)
def test_a_bare_scheduler_has_no_clusters_to_list_or_stop(
    redis_url: str, capsys: pytest.CaptureFixture[str], *, reap: bool, lines: Sequence[str]
) -> None:
    clusters.run(Settings(redis_url=redis_url, scheduler="tcp://127.0.0.1:1"), reap=reap)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == lines


def test_it_needs_a_way_to_dask(redis_url: str) -> None:
    with pytest.raises(SettingsError, match="DASK_GATEWAY_ADDRESS"):
        clusters.run(Settings(redis_url=redis_url), reap=False)
