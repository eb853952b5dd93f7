"""Builds the manual with Sphinx: strictly, offline, into the folder that the web serves."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from manual.reference import pages
from manual.staging import stage
from manual.structure import HOUSE

__all__ = ["SITE", "build"]

SITE: Final = HOUSE / "services" / "frontend" / "web" / "pages" / "manual_site"
WORK: Final = HOUSE / "build" / "manual"
HERE: Final = Path(__file__).parent
STATIC: Final = HOUSE / "services" / "frontend" / "web" / "pages" / "static"
SHARED: Final = ("icon.svg", "theme.js", "styles/porta.css")  # as all pages of Porta have them
# What a reader's browser asks for; Sphinx also writes what only Sphinx reads.
SERVED: Final = frozenset({".html", ".css", ".js", ".svg", ".png"})


def build(site: Path = SITE, work: Path = WORK) -> int:
    """Build the site; returns an exit code. What was there before stays until all is built."""
    stage(work / "source", pages())
    _bring_theme(work / "themes" / "porta")
    status = _sphinx(work)
    if status == 0:
        _publish(work / "html", site)
    else:  # so that a page that was read with a warning is read again
        shutil.rmtree(work / "doctrees", ignore_errors=True)
    return status


def _bring_theme(folder: Path) -> None:
    """Write the theme, with the icon, the style and the switch that all pages have."""
    shutil.copytree(HERE / "theme" / "porta", folder, dirs_exist_ok=True)
    for name in SHARED:
        shutil.copy2(STATIC / name, folder / "static" / Path(name).name)


def _sphinx(work: Path) -> int:
    from sphinx.cmd.build import build_main

    options = ("-b", "html", "-W", "--keep-going", "-q", "-j", "auto")
    folders = ("-c", str(HERE), "-d", str(work / "doctrees"))
    themes = ("-D", f"html_theme_path={work / 'themes'}")
    return build_main([*options, *folders, *themes, str(work / "source"), str(work / "html")])


def _publish(made: Path, site: Path) -> None:
    """Put a copy of what is served where the site is, at once."""
    site.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=site.parent, prefix=f".{site.name}-"))
    for path in made.rglob("*"):
        if path.is_file() and path.suffix in SERVED:
            target = new / path.relative_to(made)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    new.chmod(0o755)
    shutil.rmtree(site, ignore_errors=True)
    new.rename(site)
