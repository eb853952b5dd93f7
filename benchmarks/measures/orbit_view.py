"""The orbit view while it plays, in a headless Chromium that renders in software.

The figure is drawn by the page's own modules and its cursor moves at every frame; the page's charts
take no part.
"""

from __future__ import annotations

import contextlib
import math
import random
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import sync_playwright

from benchmarks.measure import Figure, Sample, at_least, at_most, measure
from tests.installation import at_work
from tests.redis_servers import embedded_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.installation import Installation

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS: Final = ("--disable-gpu", "--disable-background-networking", "--no-sandbox")
AT_ONCE: Final = {"PORTA_INLINE_WORK": "20000000"}
PLANETS: Final = 4
STEPS: Final = 26_200  # of four planets, every step of which is drawn
PARTICLES: Final = 999
PLAY_MS: Final = 3_000
DRAW: Final = """async () => {
  const base = document.querySelector('script[type=module]').src.replace(/run\\/page\\.js.*/, '');
  const { View } = await import(`${base}view/state.js`);
  const { OrbitView } = await import(`${base}orbit/orbit_view.js`);
  const main = document.getElementById('main');
  const alone = main.cloneNode(true);
  main.replaceWith(alone);
  const figure = alone.querySelector('[data-orbit=figure]');
  alone.querySelector('[data-orbit=about]').replaceChildren();
  delete figure.dataset.drawn;
  const view = new View(new URLSearchParams(location.search), () => {});
  window.orbit = new OrbitView(alone, view);
  while (figure.dataset.drawn === undefined) await new Promise(requestAnimationFrame);
  await new Promise((done) => setTimeout(done, 1500)); // the finer samples
  const moving = window.orbit.scene.moving.filter(({ rests }) => !rests);
  return moving.reduce((sum, { t }) => sum + t.length, 0);
}"""
PLAY: Final = """async (span) => {
  const { view, scene } = window.orbit;
  const [t0, t1] = scene.window;
  const start = performance.now();
  let frames = 0;
  for (let now = start; now - start < span; frames++) {
    view.set({ cursor: t0 + ((t1 - t0) * Math.max(0, now - start)) / span }, { undoable: false });
    now = await new Promise(requestAnimationFrame);
  }
  return (1000 * frames) / (performance.now() - start);
}"""
FIRST: Final = """async () => {
  const drawn = () => performance.getEntriesByName('orbit-drawn')[0];
  while (!drawn()) await new Promise((done) => setTimeout(done, 20));
  return drawn().startTime;
}"""


def orbit(number: int, chance: random.Random) -> dict[str, Any]:
    """Return a massless agent on an orbit of its own."""
    elements = {
        "a": 0.6 + 1.4 * chance.random(),
        "e": 0.3 * chance.random(),
        "i": 25.0 * chance.random(),
        "node": 360.0 * chance.random(),
        "argp": 360.0 * chance.random(),
        "anomaly": 360.0 * chance.random(),
    }
    return {"name": f"{number:03d}", "mu": 0.0, "orbit": elements}


def system(orbiting: int) -> dict[str, Any]:
    """Return a sun with so many massless agents."""
    chance = random.Random(5)  # noqa: S311 - no secret
    sun = {"name": "Sun", "mu": 1.0, "x": 0.0, "y": 0.0, "z": 0.0, "vx": 0.0, "vy": 0.0, "vz": 0.0}
    agents = [sun, *(orbit(number, chance) for number in range(1, orbiting + 1))]
    return {"model": "nbody", "integrator": "kahan-li-8", "dt": math.tau / 50, "agents": agents}


@contextlib.contextmanager
def page_of(steps: int, orbiting: int) -> Iterator[Page]:
    """Open the page of a run in space in a browser."""
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        raise RuntimeError("There is no Chromium: apt-get install chromium.")
    with (
        embedded_server() as server,
        tempfile.TemporaryDirectory(prefix="porta-benchmark-") as folder,
        at_work({"REDIS_URL": server.url} | AT_ONCE, Path(folder)) as installation,
        sync_playwright() as playwright,
    ):
        installation.start_web()
        with playwright.chromium.launch(executable_path=browser_path, args=list(FLAGS)) as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address(installation, steps, orbiting))
            yield page


def address(installation: Installation, steps: int, orbiting: int) -> str:
    """Ask for a run; return where its page is."""
    body = {"steps": steps, "scenario": system(orbiting)}
    with installation.client() as web:
        asked = web.post("/api/v1/propagations", json=body).raise_for_status().json()
    return f"{installation.url}{asked['links']['page']}"


@contextlib.contextmanager
def played(steps: int, orbiting: int) -> Iterator[Sample]:
    """Play a run from its start to its end in three seconds."""
    with page_of(steps, orbiting) as page:
        points = page.evaluate(DRAW)

        def sample() -> Figure:
            return Figure(page.evaluate(PLAY, PLAY_MS), {"points": points})

        yield sample


@measure("orbit view plays 100,000 points", unit="fps", target=at_least(50))
@contextlib.contextmanager
def many_points() -> Iterator[Sample]:
    """Frames a second of four planets' 104,804 samples, drawn as lines below the moving bodies."""
    with played(STEPS, PLANETS) as sample:
        yield sample


@measure("orbit view plays 1,000 particles", unit="fps", target=at_least(30))
@contextlib.contextmanager
def many_particles() -> Iterator[Sample]:
    """Frames a second of 999 particles about a sun, each with a trail."""
    with played(200, PARTICLES) as sample:
        yield sample


@measure("orbit view draws the page of a run", unit="ms", target=at_most(1_000))
@contextlib.contextmanager
def first_drawing() -> Iterator[Sample]:
    """Time from the navigation until the orbits are drawn, where the browser was here before."""
    with page_of(STEPS, PLANETS) as page:

        def sample() -> Figure:
            page.reload()
            return Figure(page.evaluate(FIRST))

        yield sample
