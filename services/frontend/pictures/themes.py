"""The colours of pictures, for a light and a dark page.

The colours of page and agents are those of the style sheet. The colour maps are perceptual: equal
steps look equal, and lightness never turns, so that they also read in grey and to the colour-blind.
Each is a line through OKLCH in which neighbours are equally far apart in OKLab (B. Ottosson, "A
perceptual color space for image processing", 2020, bottosson.github.io/posts/oklab): on dark,
lightness 0.30 to 0.97 and hue 280 to 465 degrees; on light, 0.93 to 0.24 and 205 to 300; with as
much chroma as sRGB has there, up to 0.19 and 0.17. The dense end is far from the page, the sparse
one near it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LEVELS", "THEMES", "Colour", "Theme"]

Colour: TypeAlias = tuple[int, int, int]

LEVELS: Final = 255  # of a colour map: with the page's own colour, the 256 of a palette


def _colours(text: str) -> tuple[Colour, ...]:
    """Read colours of six hexadecimal digits."""
    return tuple((word[0], word[1], word[2]) for word in map(bytes.fromhex, text.split()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The colours of one kind of page: 8 bits each of sRGB's red, green and blue.

    `anchors` are equally spaced colours of its colour map, from sparse to dense; `line` is what can
    be seen on all of them.
    """

    ground: Colour
    line: Colour
    agents: tuple[Colour, ...]
    anchors: tuple[Colour, ...]

    @property
    def palette(self) -> bytes:
        """The page's colour, then the colours of levels 1 to 255: three bytes each.

        Between anchors it is interpolated in whole numbers.
        """
        return bytes([*self.ground, *(part for level in range(LEVELS) for part in self._at(level))])

    def _at(self, level: int) -> Colour:
        last = LEVELS - 1
        place, rest = divmod(level * (len(self.anchors) - 1), last)
        low, high = self.anchors[place], self.anchors[min(place + 1, len(self.anchors) - 1)]
        red, green, blue = (
            (a * (last - rest) + b * rest + last // 2) // last
            for a, b in zip(low, high, strict=True)
        )
        return red, green, blue


_LIGHT: Final = Theme(
    ground=(0xFF, 0xFF, 0xFF),
    line=(0xC7, 0x25, 0x1C),
    agents=_colours("c77800 2f6bd8 16845b a845a0 c0392b 0b8793 7a5c00 5b57c9"),
    anchors=_colours(
        "b2f6fd 8febfc 6ddffb 4bd1fa 32c1f5 2ab0ed 259fe5 208ede 1e7cd8 276acf 3059c1 3647b2 "
        "3835a2 392392 36127d 310865 2a054e"
    ),
)
_DARK: Final = Theme(
    ground=(0x16, 0x1B, 0x24),
    line=(0x6D, 0xF0, 0xE4),
    agents=_colours("f0ae45 78a9ff 4fc894 e08ad8 ff8a7a 4cc6d4 d8bd5a a8a4ff"),
    anchors=_colours(
        "270b7e 3f0e8a 581291 711794 891f91 a0278c b72f85 cc3a7b df466f ef5762 f86d58 fa8659 "
        "fb9e61 fbb66f fccd81 fde397 fef9ae"
    ),
)

THEMES: Final[Mapping[str, Theme]] = MappingProxyType({"light": _LIGHT, "dark": _DARK})
"""The themes by name."""
