"""Why a run waits: the one table of reasons, which the API and the pages show.

A run that lacks something waits in growing pauses, and holds no cluster, no slot and no attempt
meanwhile (`lua/prelude.lua`, `wait_for`). It goes on by itself, or fails after `PORTA_WAIT_LIMIT`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

__all__ = [
    "GATEWAY_AWAY",
    "NO_CLUSTER",
    "NO_ROOM",
    "NO_RUNNER",
    "REASONS",
    "STORAGE_FULL",
    "WaitReason",
    "seems_to_lack_room",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitReason:
    """A reason to wait: its name in logs, its sentence, and the pauses between two attempts.

    A pause is twice the one before it, up to the longest.
    """

    code: str
    sentence: str
    first_pause_ms: int = 1_000
    longest_pause_ms: int = 15_000  # how long a run may still wait when nothing is in its way

    def because(self, what: str) -> WaitReason:
        """Return this reason with a sentence in front that says what happened."""
        return replace(self, sentence=f"{what} {self.sentence}")

    def given_up(self, after_s: int) -> str:
        """Return the sentence of a run that has waited for as long as it may."""
        return (
            f"{self.sentence} The run waited for {after_s:,} seconds, then failed; start it again."
        )


NO_RUNNER: Final = WaitReason(
    code="no_runner",
    sentence="No runner is active, so nothing is computed at the moment.",
)
GATEWAY_AWAY: Final = WaitReason(code="gateway_away", sentence="The Dask Gateway does not answer.")
STORAGE_FULL: Final = WaitReason(
    code="storage_full",
    sentence="The storage is full; the run waits, and continues when there is room.",
)
NO_ROOM: Final = WaitReason(
    code="no_room",
    sentence="No cluster was ready in time, probably because there is no room for one; the run "
    "waits, and asks for one again.",
    first_pause_ms=5_000,
    longest_pause_ms=300_000,  # asking again takes a runner's slot for PORTA_CLUSTER_TIMEOUT
)
NO_CLUSTER: Final = WaitReason(
    code="no_cluster",
    sentence="No cluster could be started; the run waits, and asks for one again.",
    first_pause_ms=2_000,  # the Gateway may only have been a moment too early
    longest_pause_ms=300_000,  # each attempt makes a scheduler's pod
)
REASONS: Final = {
    one.code: one for one in (NO_RUNNER, GATEWAY_AWAY, STORAGE_FULL, NO_ROOM, NO_CLUSTER)
}


def seems_to_lack_room(timeout_s: int) -> str:
    """Return what is said of a cluster that is slow to start, and is given so long."""
    return (
        "The cluster seems to wait for room. If no worker is ready within "
        f"{timeout_s:,} seconds, the run returns to the queue, and asks for a cluster again."
    )
