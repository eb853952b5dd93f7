"""Arrays of integers and floats as bytes: one canonical form, and zstd around it.

Guarantees:

- Equal values have equal canonical bytes; only what zstd makes of them depends on its version.
- Reading bytes that are not ours, or would unpack to more than is allowed, raises IntegrityError
  before memory is taken. What is read is of the types that are asked for; the reader checks it.

The canonical form is a JSON header in one line, then each array as planes of bytes (all lowest
bytes first, and so on), which zstd makes much smaller; planes of zeros at the end are left out.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import orjson
import pyarrow as pa

from sim.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AnyArray", "canonical_bytes", "digest_of", "pack", "unpack"]

AnyArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]

_MAGIC: Final = b"porta\x001\n"
_SIZE: Final = 8  # bytes of the length of what zstd unpacks
_CODEC: Final = pa.Codec("zstd", compression_level=3)


def canonical_bytes(
    kind: str, header: Mapping[str, object], arrays: Mapping[str, AnyArray]
) -> bytes:
    """Return a header of JSON and one-dimensional arrays as bytes, the same ones everywhere."""
    described, planes = [], []
    for name, array in arrays.items():
        used = _used_planes(array)
        described.append([name, f"{array.dtype.kind}{array.dtype.itemsize}", array.size, len(used)])
        planes.append(used.tobytes())
    head = orjson.dumps({"kind": kind, **header, "arrays": described}, option=orjson.OPT_SORT_KEYS)
    return b"\n".join([head, b"".join(planes)])


def digest_of(canonical: bytes) -> str:
    """Return the SHA-256 of canonical bytes, in hex."""
    return hashlib.sha256(canonical).hexdigest()


def pack(canonical: bytes) -> bytes:
    """Return canonical bytes compressed, with their size."""
    compressed: bytes = _CODEC.compress(canonical, asbytes=True)
    return _MAGIC + len(canonical).to_bytes(_SIZE, "little") + compressed


def unpack(
    data: bytes, kind: str, dtypes: Mapping[str, str], most_bytes: int
) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    """Return header and arrays of packed bytes.

    `dtypes` are the arrays that there must be, in order, as numpy names their types. Raises
    IntegrityError for anything else, and for what unpacks to more than `most_bytes`.
    """
    what = f"packed {kind}"
    size = int.from_bytes(data[len(_MAGIC) : len(_MAGIC) + _SIZE], "little")
    if not data.startswith(_MAGIC) or not 0 < size <= most_bytes:
        raise IntegrityError(f"{what}: not its bytes, or more than {most_bytes:,}")
    try:
        canonical = _CODEC.decompress(data[len(_MAGIC) + _SIZE :], size, asbytes=True)
        end = canonical.index(b"\n")
        header = orjson.loads(canonical[:end])
        described = header.pop("arrays")
        is_ours = header.pop("kind") == kind
        given = [(name, dtype) for name, dtype, _, _ in described]
        sizes = [(int(count), int(used)) for _, _, count, used in described]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise IntegrityError(f"{what}: can't be read") from error
    if not is_ours or given != list(dtypes.items()):
        raise IntegrityError(f"{what}: holds something else")
    return header, _arrays(what, canonical, end + 1, dtypes, sizes, most_bytes)


def _used_planes(array: AnyArray) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the bytes of an array as rows: all lowest bytes, ..., up to the last one in use."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    width = little.dtype.itemsize
    rows = np.ascontiguousarray(little.view(np.uint8).reshape(little.size, width).T)
    while len(rows) and not rows[-1].any():
        rows = rows[:-1]
    return rows


def _arrays(
    what: str,
    canonical: bytes,
    at: int,
    dtypes: Mapping[str, str],
    sizes: list[tuple[int, int]],
    most_bytes: int,
) -> dict[str, AnyArray]:
    """Return the arrays whose planes stand in canonical bytes from `at` on."""
    arrays: dict[str, AnyArray] = {}
    room = most_bytes
    for (name, dtype), (count, used) in zip(dtypes.items(), sizes, strict=True):
        width = np.dtype(dtype).itemsize
        room -= count * width
        if not 0 <= used <= width or count < 0 or room < 0 or at + count * used > len(canonical):
            raise IntegrityError(f"{what}: the size of {name} is wrong")
        planes = np.frombuffer(canonical, np.uint8, count * used, at).reshape(used, count)
        values = np.zeros((count, width), np.uint8)
        values[:, :used] = planes.T
        arrays[name] = values.reshape(-1).view(f"<{dtype}").astype(dtype, copy=False)
        at += count * used
    if at != len(canonical):
        raise IntegrityError(f"{what}: has more bytes than arrays")
    return arrays
