"""Claims about cards: a picture with words, of whatever letters, always of one size."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from frontend.pictures import THEMES
from frontend.pictures.cards import CARD, PANEL, card, plain
from frontend.pictures.png import png_of

DARK = THEMES["dark"]


def panel(size: tuple[int, int] = PANEL) -> bytes:
    return png_of(Image.new("RGB", size, (200, 0, 0)))


def pixels(title: str, *sentences: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(card(title, sentences, panel(), DARK))))


def test_a_card_has_its_picture_at_the_right_and_its_words_at_the_left() -> None:
    drawn = pixels("500 steps", "Nobody escapes.")
    assert drawn.shape == (*CARD[::-1], 3)
    assert (drawn[:, CARD[0] - PANEL[0] :] == (200, 0, 0)).all()
    left = drawn[:, : CARD[0] - PANEL[0]]
    assert (left != DARK.ground).any(axis=2).sum() > 1_000


def test_other_words_are_another_picture_and_the_same_ones_the_same() -> None:
    assert (pixels("500 steps", "A") == pixels("500 steps", "A")).all()
    assert (pixels("500 steps", "A") != pixels("500 steps", "B")).any()


@pytest.mark.parametrize(
    "text", ["", "x" * 5_000, "word " * 2_000, "\u4e2d\u6587", "a\nb\x00c", "\U0001f680" * 50]
)
def test_any_text_fits_beside_the_picture(text: str) -> None:
    drawn = pixels(text, *[text] * 20)
    assert (drawn[:, CARD[0] - PANEL[0] :] == (200, 0, 0)).all()
    border = drawn[:, :40], drawn[-30:, : CARD[0] - PANEL[0]]
    assert all((part == DARK.ground).all() for part in border)


def test_a_power_of_ten_keeps_its_exponent() -> None:
    assert plain("departs by 8.1\u00d710\u207b\u00b9\u2070.") == "departs by 8.1e-10."
    assert plain("2.79\u00d710\u2076\u202fkm") == "2.79e6 km"


def test_letters_that_the_font_lacks_are_spelled_or_left_out() -> None:
    assert plain("Pál\u2013Ωmega: t \u2248 1.2\u00d710") == "Pal-mega: t about 1.2x10"
