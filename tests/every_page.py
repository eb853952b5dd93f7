"""Every page that there is, from a real web over a real Redis, for what looks at all of them."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from frontend.bootstrap import build_services
from frontend.settings import Settings
from frontend.web.auth.tokens import new_token, token_line
from sim.presets import preset
from sim.scenario import PropagationRequest, Trajectory
from tests.installation import ask, at_work
from tests.page_time import is_painted, passes
from tests.stored_ensembles import RunOfEnsemble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import httpx
    from playwright.sync_api import Page

    from tests.redis_servers import RedisServer

MEMBERS: Final = 64
STEPS: Final = 100_000
LONG: Final = 100_000_000  # more than is computed at once: it waits, for there is no runner
DRAWN_MS: Final = 60_000
# What is true of each page when everything on it is drawn.
DRAWN: Final = {
    "home": ".tiles",
    "run": "[data-orbit=figure][data-drawn]",
    "space": "[data-orbit=figure][data-drawn]",
    "crowd": "[data-orbit=figure][data-drawn]",
    "ensemble": "main:has([data-figure=density][data-drawn]):has([data-figure=members] tr)",
    "runs-compared": "[data-figure=difference][data-drawn]",
    "ensembles-compared": "[data-figure=difference][data-drawn]",
}
NAMES: Final = (
    *DRAWN,
    "queued",
    "under-way",
    "cancelled",
    "collision",
    "docs",
    "missing",
    "sign-in",
)
STILL: Final = """async () => {
  const images = [...document.images].filter((one) => one.checkVisibility());
  for (const one of images) one.loading = "eager";
  await Promise.allSettled(images.map((one) => one.decode()));
  await document.fonts.ready;
}"""


@dataclass(frozen=True, slots=True)
class EveryPage:
    """The addresses of the pages, by name."""

    addresses: Mapping[str, str]

    def show(self, page: Page, name: str, theme: str, width: int) -> None:
        """Open a page, and wait until everything on it is drawn."""
        page.set_viewport_size({"width": width, "height": 900})
        address = self.addresses[name]
        page.goto(f"{address}{'&' if '?' in address else '?'}theme={theme}")
        self.is_still(page, name)

    def is_still(self, page: Page, name: str) -> None:
        """Wait until everything on a page is drawn: after it was opened, or changed its size."""
        page.wait_for_selector(DRAWN.get(name, "main"), timeout=DRAWN_MS)
        if page.locator("[data-figure=series]").count():
            page.locator("[data-figure=series]").scroll_into_view_if_needed()
            page.wait_for_selector("[data-figure=series] .main-svg", timeout=DRAWN_MS)
        page.evaluate(STILL)
        page.evaluate("scrollTo(0, 0)")
        passes(page, 300)  # what rests is painted a moment later
        is_painted(page)


@contextlib.contextmanager
def every_page(server: RedisServer, folder: Path) -> Iterator[EveryPage]:
    """Start the webs, and bring about what their pages show."""
    tokens = folder / "tokens"
    tokens.write_text(token_line("ada", new_token()))
    environ = {"REDIS_URL": server.url, "PORTA_INLINE_WORK": "20000000", "PORTA_MAX_RUNS": "16"}
    guarded = environ | {
        "PORTA_AUTH": "token",
        "PORTA_TOKENS_FILE": str(tokens),
        "PORTA_SESSION_KEY": secrets.token_hex(32),
    }
    (folder / "guarded").mkdir()
    with (
        at_work(environ, folder) as web,
        at_work(guarded, folder / "guarded") as closed,
        web.client() as client,
    ):
        web.start_web()
        closed.start_web()
        found = {**_single(client), **_ensembles(server), **_stopped(client)}
        found |= {"home": "/", "docs": "/docs", "missing": "/nowhere"}
        found = {name: web.url + path for name, path in found.items()}
        yield EveryPage({**found, "sign-in": f"{closed.url}/sign-in"})


def _single(client: httpx.Client) -> dict[str, str]:
    """Runs that are complete, and two of them compared."""
    run = ask(client, steps=STEPS)
    other = ask(client, steps=STEPS, seed=1)
    space = ask(client, steps=4_000, scenario=preset("galilean-moons").scenario.to_json())
    crowd = ask(client, steps=1_000, scenario=preset("kirkwood-gap").scenario.to_json())
    return {
        "run": run["links"]["page"],
        "space": space["links"]["page"],
        "crowd": crowd["links"]["page"],
        "runs-compared": f"/compare/{run['id']}/{other['id']}",
    }


def _ensembles(server: RedisServer) -> dict[str, str]:
    with contextlib.closing(build_services(Settings(redis_url=server.url))) as services:
        ids = []
        for seed in (3, 4):
            request = PropagationRequest(STEPS, Trajectory(seed=seed), MEMBERS)
            run = RunOfEnsemble(services, request)
            run.compute([range(MEMBERS)])
            run.publish()
            ids.append(request.id)
        page = f"/propagate/{STEPS}?seed=3&members={MEMBERS}"
        half = PropagationRequest(LONG, Trajectory(seed=7))
        services.runs.enqueue(half)
        lease = services.runs.acquire(half.digest, "token", "test").lease
        assert lease is not None
        services.runs.progress(lease, stage="propagating", done=LONG // 3, rate=6e7)
    return {
        "ensemble": page,
        "ensembles-compared": f"/compare/{ids[0]}/{ids[1]}",
        "under-way": f"/propagate/{LONG}?seed=7",
    }


def _stopped(client: httpx.Client) -> dict[str, str]:
    """A run that waits, one that was cancelled, and one whose agents meet."""
    queued = client.post("/api/v1/propagations", json={"steps": LONG, "seed": 8}).json()
    cancelled = client.post("/api/v1/propagations", json={"steps": LONG, "seed": 9}).json()
    client.delete(f"/api/v1/propagations/{cancelled['id']}").raise_for_status()
    still = {"mu": 1, "time": 0, "timeStep": 0.01, "x": 0, "y": 0, "vx": 0, "vy": 0}
    scenario = {
        "agents": [{"name": "A", **still}, {"name": "B", **still}],
        "dt_min": 0.01,
        "dt_span": 0.09,
        "epsilon": 0.001,
    }
    meet = client.post("/api/v1/propagations", json={"steps": 500, "scenario": scenario}).json()
    return {
        "queued": queued["links"]["page"],
        "cancelled": cancelled["links"]["page"],
        "collision": meet["links"]["page"],
    }
