"""Small pictures as PNG: densities of ensembles, and paths of runs.

- A picture is a function of arrays: nothing is looked up, computed or started for it.
- Its pixels are determined by its arguments; the bytes that hold them are Pillow's and zlib's.
- Its size is bounded, and so are the points that it is drawn from.
"""

from __future__ import annotations

from frontend.pictures.densities import SIZES, density_card, density_picture
from frontend.pictures.paths import LARGEST, path_picture
from frontend.pictures.themes import THEMES, Theme

__all__ = ["LARGEST", "SIZES", "THEMES", "Theme", "density_card", "density_picture", "path_picture"]
