"""Times of a simulation as dates: an epoch and the time since then, added exactly, as text.

A day has 86,400 seconds here, as in every uniform scale; UTC, whose days have leap seconds, is for
callers to refuse. Nothing rounds but the last digit: a picosecond, where a double of a few hours in
seconds still has its own last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.kernel import Floats
    from sim.models.labels import Epoch

__all__ = ["Instants"]

_MOST_S: Final = 315_537_897_599  # from the year 1 to the end of 9999: years of four digits end
_UNIX_S: Final = 62_135_596_800  # from the year 1 to 1970, where numpy's dates count from
_PICOSECONDS: Final = 10**12
_HIGH: Final = 2.0**26  # with the 25 bits of a year's seconds they are within a double's 53
_DIGITS: Final = 10 ** np.arange(11, -1, -1, dtype=np.int64)
_DATE: Final = len("2026-01-01T00:00:00")
_WIDTH: Final = _DATE + 1 + _DIGITS.size


class Instants:
    """Points in time: an epoch and `times` since then, float64[N], in units of so many seconds.

    Times are finite and not below 0.
    """

    def __init__(self, epoch: Epoch, times: Floats, unit_s: int) -> None:
        bounded = np.minimum(times, float(_MOST_S))
        whole = np.floor(bounded)
        part = bounded - whole  # exact
        high = np.floor(part * _HIGH) / _HIGH  # exact, and so is its product
        seconds = np.floor(high * unit_s)
        rest = (high * unit_s - seconds) + (part - high) * unit_s
        fraction = np.rint(rest * _PICOSECONDS).astype(np.int64) + epoch.picoseconds
        carry, self._picoseconds = np.divmod(fraction, _PICOSECONDS)
        units = np.minimum(whole, float(_MOST_S // unit_s + 1)).astype(np.int64)
        self._seconds: NDArray[np.int64] = (
            epoch.seconds + units * unit_s + seconds.astype(np.int64) + carry
        )

    @property
    def are_dates(self) -> bool:
        """Whether all are before the year 10000, as ISO 8601 writes years."""
        return bool((self._seconds <= _MOST_S).all())

    @property
    def last(self) -> tuple[int, int]:
        """The last of them, in seconds and picoseconds."""
        return int(self._seconds[-1]), int(self._picoseconds[-1])

    def increase_from(self, last: tuple[int, int]) -> bool:
        """Return whether each is later than the one before it, and the first later than `last`."""
        seconds = np.diff(np.concatenate([[last[0]], self._seconds]))
        picoseconds = np.diff(np.concatenate([[last[1]], self._picoseconds]))
        return bool(((seconds > 0) | ((seconds == 0) & (picoseconds > 0))).all())

    def texts(self, rows: slice = slice(None)) -> list[bytes]:
        """Return each as ISO 8601 with twelve digits of a second."""
        seconds, picoseconds = self._seconds[rows], self._picoseconds[rows]
        dates = np.datetime_as_string((seconds - _UNIX_S).astype("datetime64[s]"))
        text = np.empty((seconds.size, _WIDTH), np.uint8)
        text[:, :_DATE] = dates.astype(f"S{_DATE}").view(np.uint8).reshape(-1, _DATE)
        text[:, _DATE] = ord(".")
        text[:, _DATE + 1 :] = picoseconds[:, None] // _DIGITS % 10 + ord("0")
        texts: list[bytes] = text.view(f"S{_WIDTH}").ravel().tolist()
        return texts
