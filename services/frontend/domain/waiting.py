"""Why a run waits: the one table of reasons, which the API and the pages show.

A run that lacks something waits in growing pauses, and holds no cluster, no slot and no attempt
meanwhile (`lua/prelude.lua`, `wait_for`). It goes on by itself, or fails after `PORTA_WAIT_LIMIT`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["GATEWAY_AWAY", "NO_RUNNER", "REASONS", "STORAGE_FULL", "WaitReason"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitReason:
    """A reason to wait: its name in logs, its sentence, and the pauses between two attempts.

    A pause is twice the one before it, up to the longest.
    """

    code: str
    sentence: str
    first_pause_ms: int = 1_000
    longest_pause_ms: int = 15_000  # how long a run may still wait when nothing is in its way

    def given_up(self, after_s: int) -> str:
        """Return the sentence of a run that has waited for as long as it may."""
        return f"{self.sentence} It waited for {after_s:,} seconds, then failed; ask for it again."


NO_RUNNER: Final = WaitReason(
    code="no_runner",
    sentence="No runner has sent a heartbeat lately, so nothing is computed at the moment.",
)
GATEWAY_AWAY: Final = WaitReason(code="gateway_away", sentence="The Dask Gateway does not answer.")
STORAGE_FULL: Final = WaitReason(
    code="storage_full",
    sentence="The storage is full; the run waits, and goes on when there is room.",
)
REASONS: Final = {one.code: one for one in (NO_RUNNER, GATEWAY_AWAY, STORAGE_FULL)}
