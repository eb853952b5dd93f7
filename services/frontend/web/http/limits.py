"""The size limits of a request: its first line, its header fields and its body.

They are in a module of their own because gunicorn's processes enforce them too, which import
neither Flask nor pydantic before they start.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BODY_LIMIT_BYTES",
    "FIELDS_LIMIT",
    "FIELD_LIMIT_BYTES",
    "FORM_FIELDS_LIMIT",
    "HEAD_LIMIT_BYTES",
    "LINE_LIMIT_BYTES",
    "body_limit",
]

LINE_LIMIT_BYTES: Final = 4_094  # `GET <path and query> HTTP/1.1`: none of ours has a tenth of it
FIELDS_LIMIT: Final = 100  # browsers send about 20 header fields, proxies add as many
FIELD_LIMIT_BYTES: Final = 8_190  # a proxy's own cookies may take half of it
HEAD_LIMIT_BYTES: Final = 32_768  # the line and all fields: as much as nginx takes by default
BODY_LIMIT_BYTES: Final = 2_000_000  # 1,000 agents, each with a covariance of 36 numbers: 1,200,000
TIMES_BODY_LIMIT_BYTES: Final = 24_000_000  # a million times in full precision, with commas
FORM_FIELDS_LIMIT: Final = 100  # the largest of ours has sixteen


def body_limit(path: str) -> int:
    """Return the limit of a body that is posted to this path: the times of states are many."""
    return TIMES_BODY_LIMIT_BYTES if path.endswith("/records") else BODY_LIMIT_BYTES
