"""Cards: the picture that a shared link is shown with, 1,200 by 630 pixels, with a few words.

The words are drawn in the font that Pillow brings, which has the letters of English. Others are
drawn as the letters that they are made of, or left out.
"""

from __future__ import annotations

import io
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFont

from frontend.pictures.png import png_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from frontend.pictures.themes import Colour, Theme

__all__ = ["CARD", "PANEL", "card"]

CARD: Final = (1_200, 630)
"""Width and height in pixels: what the sites show that read Open Graph (ogp.me)."""
PANEL: Final = (590, 630)
"""Of the picture at the right."""

LEFT, TOP, BOTTOM = 64, 84, 78  # pixels from the edges to the words
TITLE, WORDS, BRAND = 58, 30, 32  # sizes of letters, in pixels
LEADING: Final = 1.28
MOST_LINES: Final = 6
MOST_LETTERS: Final = 300  # of any text: what is beyond would not be seen


def card(title: str, sentences: Sequence[str], panel: bytes, theme: Theme) -> bytes:
    """Return the PNG of a card; `panel` is a PNG, put at the right, no larger than `PANEL`."""
    image = Image.new("RGB", CARD, theme.ground)
    picture = Image.open(io.BytesIO(panel))
    left = CARD[0] - PANEL[0] + (PANEL[0] - picture.width) // 2
    image.paste(picture, (left, (CARD[1] - picture.height) // 2))
    pen = ImageDraw.Draw(image)
    room = CARD[0] - PANEL[0] - LEFT - 10
    light = _strong(theme)
    y = _lines(pen, title, (LEFT, TOP), TITLE, room, light, most=3)
    y += TITLE * 0.4
    for sentence in sentences:
        left_over = int((CARD[1] - BOTTOM - BRAND * 1.6 - y) // (WORDS * LEADING))
        if left_over < 1:
            break
        most = min(MOST_LINES, left_over)
        y = _lines(pen, sentence, (LEFT, y), WORDS, room, _soft(theme), most=most) + WORDS * 0.35
    _brand(pen, theme)
    return png_of(image)


def _brand(pen: ImageDraw.ImageDraw, theme: Theme) -> None:
    """Draw the name of Porta, with an orbit before it, at the bottom."""
    y = CARD[1] - BOTTOM
    pen.ellipse([LEFT, y + 6, LEFT + 44, y + 32], outline=theme.agents[1], width=3)
    pen.ellipse([LEFT + 24, y + 12, LEFT + 38, y + 26], fill=theme.agents[0])
    pen.text((LEFT + 58, y), "Porta", font=ImageFont.load_default(BRAND), fill=_strong(theme))


def _lines(  # where, how large, how wide, which colour, how many
    pen: ImageDraw.ImageDraw,
    text: str,
    at: tuple[float, float],
    size: int,
    room: int,
    colour: Colour,
    *,
    most: int,
) -> float:
    """Draw a text in lines no wider than there is room; return where the next would begin."""
    font = ImageFont.load_default(size)
    x, y = at
    lines = list(_broken(plain(text), font, room))
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1].rstrip('.,;: ')}..."]
    for line in lines:
        pen.text((x, y), line, font=font, fill=colour)
        y += size * LEADING
    return y


def _broken(
    text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: int
) -> Iterator[str]:
    """Yield the lines of a text, broken between words; a word that is too long is cut."""
    line = ""
    for word in text.split():
        wider = f"{line} {word}".strip()
        if font.getlength(wider) <= room:
            line = wider
            continue
        if line:
            yield line
        line = word
        while font.getlength(line) > room:
            line = line[:-1]
    if line:
        yield line


def plain(text: str) -> str:
    """Return a text in the letters that the font has; a power of ten as 8.1e-10."""
    text = _POWER.sub(lambda found: f"e{unicodedata.normalize('NFKD', found[1])}", text)
    for known, letters in _SPELLED.items():
        text = text.replace(known, letters)
    decomposed = unicodedata.normalize("NFKD", text[:MOST_LETTERS])
    return "".join(c for c in decomposed if " " <= c <= "~" or c == "\u00b7")


_POWER: Final = re.compile("\u00d710([\u207b\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)")
_SPELLED: Final = {
    "\u2248": "about",
    "\u2212": "-",
    "\u2013": "-",
    "\u00d7": "x",
    "\u2019": "'",
    "\u202f": " ",
    "\u207b": "-",
}


def _strong(theme: Theme) -> Colour:
    """Return the colour of words: as far from the page's as it can be read best."""
    is_dark = sum(theme.ground) < 3 * 128
    return (0xE7, 0xEA, 0xF1) if is_dark else (0x1A, 0x20, 0x30)


def _soft(theme: Theme) -> Colour:
    is_dark = sum(theme.ground) < 3 * 128
    return (0xB4, 0xBC, 0xCC) if is_dark else (0x4A, 0x53, 0x66)
