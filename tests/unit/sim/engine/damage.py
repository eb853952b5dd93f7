"""Damage to bytes: overwritten, cut off, or with other bytes inserted."""

from __future__ import annotations

from hypothesis import strategies as st

DAMAGE = st.tuples(st.sampled_from(("over", "cut", "in")), st.floats(0, 1), st.binary(max_size=64))


def damaged(data: bytes, kind: str, where: float, patch: bytes) -> bytes:
    """Return damaged bytes; `where` is from 0 to 1, `patch` what is written or inserted there."""
    at = int(where * len(data))
    match kind:
        case "over":
            return data[:at] + patch + data[at + len(patch) :]
        case "cut":
            return data[:at]
        case _:
            return data[:at] + patch + data[at:]
