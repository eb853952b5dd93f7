"""The memory of this process: what exports have freed goes back to the system (docs/adr/0053).

glibc keeps freed memory in up to eight arenas for each core, and what one thread has freed serves
no other. Where the C library is another one, nothing is done.
"""

from __future__ import annotations

import ctypes
from typing import Final

__all__ = ["economise", "give_back"]

# Numbers of options in glibc's malloc.h.
M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8

ARENAS: Final = 2  # 32 Parquet exports left 100 MB less behind than with one for each thread
LARGE_BYTES: Final = (
    32 * 2**20
)  # glibc's largest; with 2 MiB CSV took a quarter longer, Arrow twice


def economise() -> None:
    """Let threads share the memory that they have freed, until `give_back` returns it."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(M_TRIM_THRESHOLD, LARGE_BYTES)


def give_back() -> None:
    """Give freed memory back to the system: some milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
