"""Requests as fast as they are answered, by wrk; and what it says of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Pressed", "mean", "press", "read"]

CONNECTIONS: Final = 8
SECONDS: Final = 1
MILLISECONDS: Final = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True, slots=True)
class Pressed:
    """So many requests a second, and the time within which 99 of 100 were answered."""

    requests_s: float
    p99_ms: float


def mean(*pressed: Pressed) -> Pressed:
    """Return the mean of several."""
    return Pressed(fmean(p.requests_s for p in pressed), fmean(p.p99_ms for p in pressed))


def press(url: str, headers: Mapping[str, str] | None = None) -> Pressed:
    """Ask for a URL over and over for a while; raises where an answer is an error, or none."""
    program = shutil.which("wrk")
    if program is None:
        raise FileNotFoundError("wrk is not installed; scripts/prepare-machine --load brings it.")
    said = [word for name, value in (headers or {}).items() for word in ("-H", f"{name}: {value}")]
    words = ("-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", *said, url)
    done = subprocess.run(  # noqa: S603 - an address of this machine's
        (program, *words), check=True, capture_output=True, text=True
    )
    return read(done.stdout)


def read(told: str) -> Pressed:
    """Read what wrk prints (an answer below 400 is none of its errors)."""
    for wrong in ("Non-2xx or 3xx responses", "Socket errors"):
        if wrong in told:
            raise ValueError(f"wrk tells of {wrong}:\n{told}")
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", told)
    p99 = re.search(r"99%\s+([0-9.]+)(us|ms|s|m)", told)
    if rate is None or p99 is None:
        raise ValueError(f"wrk says something else:\n{told}")
    return Pressed(float(rate[1]), float(p99[1]) * MILLISECONDS[p99[2]])
