"""Campaigns of random faults against whole installations; `make chaos` runs them for an hour.

`CHAOS_MINUTES` says for how long, `CHAOS_SEED` which; a failure shows the seed and the faults.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from itertools import cycle
from typing import TYPE_CHECKING, Final

import pytest

from tests.campaign import PERSISTENCE, campaign

if TYPE_CHECKING:
    from pathlib import Path

SHORT_S: Final = 8.0  # of each campaign, within `make test`
ROUND_S: Final = 60.0  # of each in the hour
LONGEST_S: Final = 1_800.0  # its deadlines grow with the machine's load
MINUTES: Final = float(os.environ.get("CHAOS_MINUTES") or 0)
SEED: Final = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(2**32))


@pytest.mark.timeout(LONGEST_S)
@pytest.mark.parametrize("persistence", PERSISTENCE)
def test_whatever_happens_each_key_has_one_publisher_and_the_right_bits(
    persistence: str, tmp_path: Path
) -> None:
    attack(persistence, SEED, SHORT_S, tmp_path)


@pytest.mark.skipif(not MINUTES, reason="make chaos runs it")
@pytest.mark.timeout(0)
def test_it_holds_for_as_long_as_one_likes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    until = time.monotonic() + 60 * MINUTES
    for number, persistence in enumerate(cycle(PERSISTENCE)):
        seed = SEED + number // len(PERSISTENCE)
        with capsys.disabled():
            say(f"\nRedis persists: {persistence}, CHAOS_SEED={seed}")
        attack(persistence, seed, ROUND_S, tmp_path / str(number))
        if time.monotonic() > until:
            return


def attack(persistence: str, seed: int, seconds: float, folder: Path) -> None:
    """Run one campaign, and show what it did: pytest prints it where it fails."""
    say(f"CHAOS_SEED={seed}, Redis persists: {persistence}")
    with campaign(persistence, seed, folder) as one:
        try:
            one.run(seconds)
        finally:
            say(f"faults: {' '.join(one.faults)}")
            say(f"acknowledged: {len(one.history.acknowledged)} of {len(one.asked)}")
            say(f"sights: {len(one.history.sights)}, at once: {one.history.most_at_once}")


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
