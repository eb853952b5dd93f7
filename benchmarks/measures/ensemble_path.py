"""An ensemble over the whole path: from the click, or the request, to its pictures.

With real processes: web, runner, Redis, and a Gateway that starts a cluster anew for each run. A
picture is there when its JSON is served or, on the page, when a browser has drawn it. The browser
has the same cores, so its figures are later.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import sync_playwright

from benchmarks.measure import Figure, Sample, at_most, measure
from tests.installation import Installation, installed
from tests.integration.conftest import BROWSER_FLAGS, BROWSERS
from tests.processes import eventually
from tests.redis_servers import embedded_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from playwright.sync_api import Page

MEMBERS: Final = 10_000
STEPS: Final = 100_000
LONGEST_S: Final = 180.0
FIRST: Final = "10,000 members x 100,000 steps, first picture"
FULL: Final = "10,000 members x 100,000 steps, full picture"

_seeds: Final = count(int(time.time()))


def asked(client: httpx.Client) -> dict[str, Any]:
    """Ask for an ensemble that is not known; return its resource."""
    body = {"steps": STEPS, "members": MEMBERS, "seed": next(_seeds)}
    resource: dict[str, Any] = client.post("/api/v1/propagations", json=body).json()
    if resource["status"] not in {"queued", "starting"}:
        raise RuntimeError(f"It was not to be computed: {resource}")
    return resource


def until(
    client: httpx.Client, url: str, shown: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Wait until the document of an ensemble shows something; return it."""

    def look() -> dict[str, Any] | None:
        answer = client.get(url, params={"partial": "1"})
        document: dict[str, Any] | None = answer.json() if answer.is_success else None
        return document if document is not None and shown(document) else None

    return eventually(look, within_s=LONGEST_S)


def end(installation: Installation, client: httpx.Client, resource: dict[str, Any]) -> None:
    """Delete a run, and wait until its cluster is gone."""
    client.delete(resource["links"]["self"])
    eventually(lambda: not installation.clusters("pending,running,stopping"), within_s=LONGEST_S)


@contextlib.contextmanager
def at_home() -> Iterator[tuple[Installation, httpx.Client]]:
    """Have an installation."""
    with (
        embedded_server() as server,
        tempfile.TemporaryDirectory(prefix="porta-benchmark-") as folder,
        installed(server.url, Path(folder)) as installation,
        installation.client() as client,
    ):
        yield installation, client


@measure(FIRST, unit="s", target=at_most(5))
@contextlib.contextmanager
def first_picture() -> Iterator[Sample]:
    """Time from the POST to the first partial result; the run is deleted then."""
    with at_home() as (installation, client):

        def sample() -> Figure:
            begun = time.monotonic()
            resource = asked(client)
            seen = until(client, resource["links"]["ensemble"], lambda _: True)
            taken_s = time.monotonic() - begun
            end(installation, client, resource)
            return Figure(taken_s, {"members": float(seen["finished"])})

        yield sample


@measure(FULL, unit="s", target=at_most(10))
@contextlib.contextmanager
def full_picture() -> Iterator[Sample]:
    """Time from the POST to the whole result; parts are those of its manifest, and core seconds."""
    with at_home() as (installation, client):

        def sample() -> Figure:
            begun = time.monotonic()
            resource = asked(client)
            until(client, resource["links"]["ensemble"], lambda seen: not seen["partial"])
            taken_s = time.monotonic() - begun
            timings = client.get(resource["links"]["self"]).json()["timings"]
            end(installation, client, resource)
            parts = ("queued_s", "starting_s", "running_s", "core_s")
            return Figure(taken_s, {part: timings[part] for part in parts})

        yield sample


@contextlib.contextmanager
def browsing() -> Iterator[Page]:
    """Have a page of a headless Chromium."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise RuntimeError(f"There is no browser: none of {', '.join(BROWSERS)}.")
    with (
        tempfile.TemporaryDirectory(prefix="porta-benchmark-") as profile,
        sync_playwright() as playwright,
        playwright.chromium.launch_persistent_context(
            profile, executable_path=path, headless=True, args=list(BROWSER_FLAGS)
        ) as browser,
    ):
        yield browser.new_page()


@measure(f"{FULL} on the page", unit="s", target=at_most(10))
@contextlib.contextmanager
def full_picture_on_the_page() -> Iterator[Sample]:
    """Time from following a link to the survival of all members, as Chromium has drawn it."""
    with at_home() as (installation, client), browsing() as page:

        def sample() -> Figure:
            link = f"/propagate/{STEPS}?members={MEMBERS}&seed={next(_seeds)}"
            survival = "[data-figure=survival]"
            begun = time.monotonic()
            page.goto(installation.url + link, wait_until="commit")
            page.wait_for_selector(f"{survival}[data-drawn]", timeout=LONGEST_S * 1_000)
            first_s = time.monotonic() - begun
            whole = f"{survival}[data-drawn='{MEMBERS}']"
            page.wait_for_selector(whole, timeout=LONGEST_S * 1_000)
            taken_s = time.monotonic() - begun
            address = page.locator("main").get_attribute("data-ensemble") or ""
            end(installation, client, {"links": {"self": address.removesuffix("/ensemble")}})
            page.goto("about:blank")
            return Figure(taken_s, {"first_s": first_s})

        yield sample
