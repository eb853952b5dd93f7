from __future__ import annotations

from PIL import Image

from frontend.pictures.png import png_of


def test_a_file_has_nothing_but_the_picture() -> None:
    image = Image.new("RGB", (3, 2), (1, 2, 3))
    image.info["Comment"] = "not written"
    file = png_of(image)
    assert file.startswith(b"\x89PNG\r\n\x1a\n")
    assert [name for name in (b"tEXt", b"tIME", b"iTXt", b"eXIf") if name in file] == []
