"""A run as it happens, in a real browser: many tabs, one stream, and no page that jumps.

Where nothing needs to be computed, the runs have no runner: the test reports their progress under
a lease, by the calls that a runner makes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from frontend.runs.run_queue import RunQueue
from sim.scenario import PropagationRequest, Trajectory
from tests import axe, redis_servers
from tests.crowd import answered, crowd, get, health_s
from tests.deadlines import EVENTUALLY_S, under_load
from tests.installation import Installation, ask, at_work, installed
from tests.page_time import fits
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from frontend.domain.run import Lease
    from tests.redis_servers import RedisServer

STEPS: Final = 1_000_000
LONG: Final = 100_000_000
TABS: Final = range(100, 110)  # their seeds
PAGES, STREAMS = 3, 97  # of a hundred readers
HEALTH_S: Final = 0.1
SOON_MS: Final = 30_000  # the machine may be busy
RUN_MS: Final = 90_000  # a cluster starts in 3 s; the machine may be busy
HIDE: Final = """hidden => {
  Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.fixture(scope="module")
def web(
    redis_of_its_own: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A web without a runner: what is asked for waits. Each test asks for seeds of its own."""
    folder = tmp_path_factory.mktemp("live")
    environ = {"REDIS_URL": redis_of_its_own.url, "PORTA_MAX_RUNS": "64"}
    with at_work(environ, folder) as installation:
        installation.start_web()
        yield installation


@pytest.fixture(scope="module")
def whole(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A web with a runner and clusters."""
    redis_servers.empty(redis_server.url)
    with installed(redis_server.url, tmp_path_factory.mktemp("whole")) as installation:
        yield installation


def queue_of(web: Installation) -> RunQueue:
    """The queue, for reports of progress in a runner's stead."""
    return RunQueue(web.redis, lease_ms=600_000, max_runs=64)


def run_of(seed: int) -> PropagationRequest:
    return PropagationRequest(STEPS, Trajectory(seed=seed))


def owned(queue: RunQueue, request: PropagationRequest) -> Lease:
    lease = queue.acquire(request.digest, f"token {request.id}", "test").lease
    assert lease is not None
    return lease


def streams(installation: Installation) -> int:
    """How many event streams are open."""
    with installation.client() as client:
        found = re.search(
            r"^porta_event_streams(?:{.*})? (\S+)$", client.get("/metrics").text, re.MULTILINE
        )
    return 0 if found is None else round(float(found[1]))


def still_open(web: Installation, queue: RunQueue, lease: Lease) -> int:
    """How many event streams are open: at a write the web sees whose reader has left."""
    queue.progress(lease, stage="propagating", done=1, rate=1e6)
    return streams(web)


def open_run(page: Page, web: Installation, seed: int) -> None:
    page.goto(f"{web.url}/propagate/{STEPS}?seed={seed}")
    expect(page.locator(".stages")).to_be_visible()


def reports(page: Page, done: int) -> None:
    expect(page.locator("#done")).to_have_text(f"{done:,} of {STEPS:,}", timeout=SOON_MS)


def test_ten_tabs_of_one_browser_all_load_and_follow_by_one_stream(
    browser: BrowserContext, web: Installation
) -> None:
    queue = queue_of(web)
    pages = {seed: browser.new_page() for seed in TABS}
    for seed, page in pages.items():
        open_run(page, web, seed)
    leases = {seed: owned(queue, run_of(seed)) for seed in TABS}
    eventually(lambda: still_open(web, queue, leases[TABS[0]]) == 1)
    for (seed, page), lease in zip(pages.items(), leases.values(), strict=True):
        queue.progress(lease, stage="propagating", done=1_000 + seed, rate=1e6)
        reports(page, 1_000 + seed)
        expect(page.locator("[data-stage=running][data-state=now]")).to_be_visible()
    assert streams(web) == 1
    # Each still loads others: six connections would have been used up by streams.
    extra = browser.new_page()
    extra.goto(f"{web.url}/docs", timeout=SOON_MS)
    with web.client() as client:
        for seed in TABS:
            client.delete(f"/api/v1/propagations/{run_of(seed).id}")
    for seed, page in pages.items():
        queue.release(leases[seed], "cancelled")
        expect(page.get_by_role("heading", name="Cancelled")).to_be_visible(timeout=SOON_MS)
    eventually(lambda: streams(web) == 0)


def test_a_tab_that_nobody_sees_has_no_stream_and_catches_up(page: Page, web: Installation) -> None:
    open_run(page, web, 1)
    eventually(lambda: streams(web) == 1)
    page.evaluate(f"({HIDE})(true)")
    queue = queue_of(web)
    lease = owned(queue, run_of(1))
    eventually(lambda: still_open(web, queue, lease) == 0)
    queue.progress(lease, stage="propagating", done=5_000, rate=1e6)
    expect(page.locator("#done")).to_have_text(f"0 of {STEPS:,}")
    page.evaluate(f"({HIDE})(false)")
    reports(page, 5_000)


def test_a_browser_without_shared_workers_follows_by_a_stream_of_the_page(
    page: Page, web: Installation
) -> None:
    page.add_init_script("delete window.SharedWorker")
    open_run(page, web, 2)
    queue = queue_of(web)
    queue.progress(owned(queue, run_of(2)), stage="propagating", done=7_000, rate=1e6)
    reports(page, 7_000)
    with web.client() as client:
        client.delete(f"/api/v1/propagations/{run_of(2).id}")
    queue.release(owned(queue, run_of(2)), "cancelled")
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible(timeout=SOON_MS)


def test_each_stage_shows_its_own_time_and_that_of_this_id(page: Page, web: Installation) -> None:
    queue = queue_of(web)
    with web.client() as client:
        ask_once(client, steps=500_000, seed=3)  # an hour ago, say, somebody wanted less
        web.redis.hset(f"run/{run_of(3).digest}", mapping={"asked": 1, "started": 1})
    lease = owned(queue, run_of(3))
    open_run(page, web, 3)
    queue.progress(lease, stage="propagating", done=1, rate=1.0)
    queued = page.locator("[data-stage=queued] [data-took]")
    running = page.locator("[data-stage=running] [data-took]")
    expect(queued).to_have_text("less than 1\u202fs", timeout=SOON_MS)
    expect(running).to_have_text(re.compile("^[1-9][0-9]?\u202fs$"), timeout=SOON_MS)


def ask_once(client: object, **body: object) -> None:
    answer = client.post("/api/v1/propagations", json=body)  # type: ignore[attr-defined]  # httpx.Client
    assert answer.status_code == 202, json.dumps(body)


def test_a_hundred_readers_follow_one_run_and_the_web_stays_quick(
    browser: BrowserContext, web: Installation
) -> None:
    pages = [browser.new_page() for _ in range(PAGES)]
    for page in pages:
        open_run(page, web, 4)
    events = get(f"/api/v1/propagations/{run_of(4).id}/events")
    queue = queue_of(web)
    with crowd(web, events, STREAMS) as readers:
        assert answered(readers, EVENTUALLY_S) == STREAMS
        for reader in readers:
            reader.recv(65_536)
        lease = owned(queue, run_of(4))
        queue.progress(lease, stage="propagating", done=9_000, rate=1e6)
        for page in pages:
            reports(page, 9_000)
        assert answered(readers, EVENTUALLY_S) == STREAMS
        assert health_s(web) < under_load(HEALTH_S)


def test_a_run_under_way_is_accessible_at_every_width(page: Page, web: Installation) -> None:
    open_run(page, web, 5)
    for width in (360, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        fits(page, width)
        assert axe.violations(page) == []


def test_a_run_is_cancelled_by_keyboard_and_says_what_is_kept(
    page: Page, web: Installation
) -> None:
    open_run(page, web, 6)
    expect(page.get_by_role("button", name="Cancel")).to_have_accessible_description(
        "Cancelling keeps what is computed; starting again continues from there."
    )
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(page.get_by_text("What was computed is kept")).to_be_visible()
    expect(page.get_by_role("button", name="Propagate again")).to_be_visible()
    expect(page.locator(".stopped").get_by_role("link", name="Edit this run")).to_be_visible()
    assert axe.violations(page) == []


def test_a_collision_at_the_first_step_leads_to_the_form(page: Page, web: Installation) -> None:
    still = {"mu": 1, "time": 0, "timeStep": 0.01, "x": 0, "y": 0, "vx": 0, "vy": 0}
    scenario = {
        "agents": [{"name": "A", **still}, {"name": "B", **still}],
        "dt_min": 0.01,
        "dt_span": 0.09,
        "epsilon": 0.001,
    }
    with web.client() as client:
        found = client.post(
            "/api/v1/propagations", json={"steps": 500, "scenario": scenario}
        ).json()
    page.goto(web.url + found["links"]["page"])
    expect(page.get_by_role("alert")).to_have_text("A and B collide at step 1.")
    edit = page.locator(".stopped").get_by_role("link", name="Edit this run")
    assert axe.violations(page) == []
    edit.click()
    expect(page).to_have_url(re.compile(r"/\?from=500"))


def test_the_result_takes_the_place_of_the_progress_without_a_jump(
    page: Page, whole: Installation
) -> None:
    page.goto(f"{whole.url}/propagate/{STEPS}?seed=8")
    waiting = page.locator(".plots > .card").first
    before = waiting.bounding_box()
    expect(page.locator("[data-figure=series]")).to_be_visible(timeout=RUN_MS)
    after = page.locator(".plots > .card").first.bounding_box()
    assert before is not None
    assert after is not None
    assert (before["x"], before["width"]) == (after["x"], after["width"])
    assert abs(before["y"] - after["y"]) <= 1
    with whole.client() as client:
        assert ask(client, steps=STEPS, seed=8)["timings"]["total_s"] > 0


def test_a_run_that_has_escaped_shows_its_bound_phase_with_a_scale_while_it_runs(
    page: Page, whole: Installation
) -> None:
    page.add_init_script(
        "window.written = new Set(); const write = CanvasRenderingContext2D.prototype.fillText;"
        "CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {"
        " window.written.add(text); return write.call(this, text, ...at); }"
    )
    page.goto(f"{whole.url}/propagate/{LONG}?seed=4")
    live = page.locator("[data-live] canvas")
    expect(live).to_be_visible(timeout=RUN_MS)
    words = "about Planet; Bound phase, t = 0 to 2,711"
    expect(live).to_have_attribute("aria-label", re.compile(words))
    expect(page.locator("[data-live] .shown")).to_have_text("Bound phase, t = 0 to 2,711")
    wanted = {"Planet", "Satellite", "20", "y ↑  x →", "t 0 \u2013 2,711"}
    eventually(lambda: wanted <= set(page.evaluate("[...window.written]")))
