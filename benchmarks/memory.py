"""The most memory that a process has held."""

from __future__ import annotations

from pathlib import Path

__all__ = ["peak_bytes"]


def peak_bytes() -> int:
    """Return the most memory that this process has held: VmHWM of proc(5).

    Not what getrusage says, which counts that of the process it was forked from.
    """
    peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
    return int(peak) * 1024
