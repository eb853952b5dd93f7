"""What lengths and times are measured in: labels, which change no number."""

from __future__ import annotations

from dataclasses import dataclass

from sim.strictjson import fields_of

__all__ = ["Units"]

_NONE = "1"


@dataclass(frozen=True, slots=True)
class Units:
    """The unit of length and the unit of time; `1` is none.

    >>> Units("km", "s").of(1, -1), Units("km", "s").of(5, -4), Units("au", "d").of(time=1)
    ('km/s', 'km^5/s^4', 'd')
    >>> Units("1", "s").of(2, -2), Units("km").of(2, -2), Units().of(1, -1)
    ('1/s^2', 'km^2', '')
    """

    length: str = _NONE
    time: str = _NONE

    def of(self, length: int = 0, time: int = 0) -> str:
        """Return the unit of length**`length` * time**`time`; "" where it has none."""
        powers = [(self.length, length), (self.time, time)]
        known = [(unit, power) for unit, power in powers if unit != _NONE and power]
        above = "".join(_power(unit, power) for unit, power in known if power > 0)
        below = "".join(_power(unit, -power) for unit, power in known if power < 0)
        return f"{above or _NONE}/{below}" if below else above

    def to_json(self) -> dict[str, str]:
        """Return what `from_json` reads."""
        return {"length": self.length, "time": self.time}

    @classmethod
    def from_json(cls, value: object) -> Units:
        """Read both units."""
        fields = fields_of(value, "units", frozenset({"length", "time"}))
        return cls(fields["length"], fields["time"])


def _power(unit: str, power: int) -> str:
    return unit if power == 1 else f"{unit}^{power}"
