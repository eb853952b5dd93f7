"""What a person sees in a real browser: real web, runner, Redis, Gateway and clusters behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from sim.presets import preset
from tests import redis_servers
from tests.complaints import Complaints
from tests.deadlines import under_load
from tests.installation import Installation, ask, installed
from tests.page_time import fits
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.redis_servers import RedisServer

RUN_MS: Final = 60_000  # a cluster starts in 3 s; the machine may be busy
DRAWN: Final = "[data-figure=series][data-drawn]"
CURVES: Final = "[data-figure=series] .scatterlayer .trace path.js-line"
ORBIT: Final = "[data-orbit=figure][data-drawn]"
COLLIDING: Final = """{"agents": [
  {"name": "A", "mu": 1, "time": 0, "timeStep": 0.01, "x": 0, "y": 0, "vx": 0, "vy": 0},
  {"name": "B", "mu": 1, "time": 0, "timeStep": 0.01, "x": 0, "y": 0, "vx": 0, "vy": 0}],
  "dt_min": 0.01, "dt_span": 0.09, "epsilon": 0.001}"""

LINKED: Final = """{"agents": [
  {"name": "Planet", "mu": 1, "time": 0, "timeStep": 0.01, "x": 0, "y": 0.1, "vx": 0.1, "vy": 0},
  {"name": "<a href=\\"https://evil.example/\\">A</a>", "mu": 0, "time": 0, "timeStep": 0.01,
   "x": 0, "y": 1, "vx": 1, "vy": 0}],
  "dt_min": 0.01, "dt_span": 0.09, "epsilon": 0.001}"""


@pytest.fixture(scope="module")
def porta(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    with installed(redis_server.url, tmp_path_factory.mktemp("porta")) as porta:
        yield porta


@pytest.fixture
def complaints(page: Page, porta: Installation) -> Iterator[Complaints]:
    found = Complaints(page, porta.url)
    yield found
    assert found.all == []


def is_drawn(page: Page, within_ms: float = RUN_MS) -> None:
    # Charts are drawn when they are about to be seen: on a phone they are further down.
    page.locator("[data-figure=series]").scroll_into_view_if_needed(timeout=within_ms)
    expect(page.locator(DRAWN)).to_be_visible(timeout=within_ms)


def shown(page: Page) -> str:
    return page.locator("[data-figure=shown]").inner_text()


@pytest.mark.usefixtures("complaints")
def test_a_small_propagation_draws_a_curve_for_each_quantity(
    page: Page, porta: Installation
) -> None:
    page.goto(f"{porta.url}/propagate/500")
    is_drawn(page)
    expect(page.locator(CURVES)).to_have_count(4)
    expect(page.locator(ORBIT)).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("500 steps")
    expect(page.locator("[data-figure=shown]")).to_contain_text("every step")
    expect(page.get_by_role("row", name="Specific energy")).to_be_visible()


def test_no_tool_of_the_figures_sends_them_anywhere(page: Page, porta: Installation) -> None:
    page.goto(f"{porta.url}/propagate/500")
    is_drawn(page)
    expect(page.locator(".modebar-btn")).to_have_count(0)


@pytest.mark.usefixtures("complaints")
def test_a_large_one_shows_its_stages_and_then_draws_untouched(
    page: Page, porta: Installation
) -> None:
    page.goto(f"{porta.url}/propagate/1000000", wait_until="commit")
    page.evaluate("window.untouched = true")
    expect(page.locator("[data-stage=starting][data-state=now]")).to_be_visible(timeout=RUN_MS)
    expect(page.locator("[data-stage=starting]")).to_contain_text("worker", timeout=RUN_MS)
    is_drawn(page)
    assert page.evaluate("window.untouched")
    expect(page).to_have_title("1,000,000 steps – Porta")  # noqa: RUF001  # as the page has it
    expect(page.get_by_text("on its own Dask cluster")).to_be_visible()


@pytest.mark.usefixtures("complaints")
def test_a_second_reader_of_a_run_sees_it_and_draws_too(page: Page, porta: Installation) -> None:
    other = page.context.new_page()
    for one in (page, other):
        one.goto(f"{porta.url}/propagate/1000000?seed=2")
    for one in (page, other):
        is_drawn(one)


@pytest.mark.usefixtures("complaints")
def test_zooming_in_time_shows_what_is_finer_and_the_whole_comes_back(
    page: Page, porta: Installation
) -> None:
    page.goto(f"{porta.url}/propagate/5000")
    is_drawn(page)
    whole = shown(page)
    assert "min-max over each 8 steps" in whole
    drag_over_a_tenth(page)
    expect(page.locator("[data-figure=shown]")).to_contain_text("every step")
    page.locator("[data-charts=whole]").click()
    expect(page.locator("[data-figure=shown]")).to_have_text(whole)


def drag_over_a_tenth(page: Page) -> None:
    box = page.locator("[data-charts=glass]").bounding_box()
    assert box is not None
    x, y = box["x"] + 0.4 * box["width"], box["y"] + 100
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.1 * box["width"], y, steps=8)
    page.mouse.up()


@pytest.mark.usefixtures("complaints")
def test_what_ends_unbound_can_be_looked_at_while_it_is_bound(
    page: Page, porta: Installation
) -> None:
    page.goto(f"{porta.url}/propagate/1000000")
    is_drawn(page)
    page.get_by_role("button", name="Bound phase").click()
    expect(page.locator("[data-figure=shown]")).to_contain_text("t = 0 to 986", timeout=RUN_MS)


def test_the_figures_follow_the_colour_scheme(page: Page, porta: Installation) -> None:
    page.goto(f"{porta.url}/propagate/500")
    is_drawn(page)
    colour = "document.querySelector('[data-figure=series]').data[0].line.color"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    eventually(lambda: page.evaluate(colour) != light)


def test_a_run_is_cancelled_and_started_again_by_buttons(page: Page, porta: Installation) -> None:
    page.goto(f"{porta.url}/propagate/100000000?seed=3")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    page.get_by_role("button", name="Propagate again").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()


def test_a_page_that_is_open_learns_that_somebody_else_cancelled(
    page: Page, porta: Installation
) -> None:
    page.goto(f"{porta.url}/propagate/100000000?seed=4")
    expect(page.locator(".stages")).to_be_visible()
    link = page.locator("main").get_attribute("data-events") or ""
    with porta.client() as client:
        assert client.delete(link.removesuffix("/events")).is_success
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible(timeout=RUN_MS)


def test_a_page_that_is_open_outlives_a_restart_of_the_web(page: Page, porta: Installation) -> None:
    page.goto(f"{porta.url}/propagate/3000000?seed=5")
    page.evaluate("window.untouched = true")
    expect(page.locator(".stages")).to_be_visible()
    porta.stop("web")
    porta.start_web()
    is_drawn(page)
    assert page.evaluate("window.untouched")


@pytest.mark.usefixtures("complaints")
def test_the_form_leads_to_the_drawing(page: Page, porta: Installation) -> None:
    page.goto(porta.url)
    page.get_by_label("Steps").fill("700")
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Propagate").click()
    is_drawn(page)
    expect(page.locator("header.title > p")).to_contain_text("· seed 7 ·")


@pytest.mark.usefixtures("complaints")
def test_the_form_takes_a_time_where_steps_are_left_empty(page: Page, porta: Installation) -> None:
    page.goto(porta.url)
    page.get_by_label("or up to time").fill("20")
    page.get_by_role("button", name="Propagate").click()
    is_drawn(page)


@pytest.mark.usefixtures("complaints")
def test_the_form_leads_to_a_member(page: Page, porta: Installation) -> None:
    page.goto(porta.url)
    page.get_by_label("Steps").fill("700")
    page.get_by_text("Another member").click()
    page.get_by_label("Member", exact=True).fill("9007199254740991")
    page.get_by_role("button", name="Propagate").click()
    is_drawn(page)
    expect(page.get_by_text("seed 0 · member 9007199254740991")).to_be_visible()


def test_a_mistake_in_the_form_is_told_beside_it(page: Page, porta: Installation) -> None:
    page.goto(porta.url)
    page.get_by_label("Steps").fill("many")
    page.get_by_role("button", name="Propagate").click()
    expect(page.get_by_role("alert")).to_contain_text("must be a whole number")
    expect(page.get_by_label("Steps")).to_have_value("many")


def test_a_trajectory_that_ends_says_so(page: Page, porta: Installation) -> None:
    page.goto(porta.url)
    page.get_by_text("Use your own bodies").click()
    page.get_by_text("The same as JSON").click()
    page.get_by_label("Scenario, as JSON").fill(COLLIDING)
    page.get_by_role("button", name="Propagate").click()
    expect(page.get_by_role("alert")).to_contain_text("A and B collide at step 1")


@pytest.mark.usefixtures("complaints")
def test_the_first_page_follows_what_is_under_way(page: Page, porta: Installation) -> None:
    with porta.client() as client:
        assert client.post("/api/v1/propagations", json={"steps": 2_000_000, "seed": 6}).is_success
    page.goto(porta.url)
    tile = page.locator("#recent .tile", has_text="2,000,000 steps").get_by_role("link")
    expect(tile).to_be_visible(timeout=RUN_MS)


@pytest.mark.usefixtures("complaints")
def test_a_system_in_space_is_drawn_with_its_elements_and_its_units(
    page: Page, porta: Installation
) -> None:
    with porta.client() as client:
        planets = preset("outer-solar-system").scenario.to_json()
        found = ask(client, steps=500, scenario=planets)
        assert found["status"] == "complete"
    page.goto(porta.url + found["links"]["page"])
    is_drawn(page)
    expect(page.locator(CURVES)).to_have_count(5 * 4)
    expect(page.locator(ORBIT)).to_be_visible()
    expect(page.get_by_role("radio", name="x-y")).to_be_checked()
    page.get_by_role("button", name="Position z").click()
    series = page.locator("[data-figure=series]")
    written = (
        "figure => [...figure.querySelectorAll('text')].map(one => one.textContent).join('; ')"
    )
    eventually(lambda: "Inertial position z (au)" in series.evaluate(written))
    for title in ("Distance r (au)", "Specific energy ε (10⁻⁵ au²/d²)", "time t (d)"):
        assert title in series.evaluate(written)
    pluto = page.locator(".pair", has_text="Pluto relative to Sun")
    for name in ("Inclination", "Ascending node", "Argument of periapsis", "True anomaly"):
        expect(pluto.get_by_role("row", name=f"{name} (°)")).to_be_visible()
    expect(page.get_by_role("row", name="Energy (au⁵/d⁴)")).to_contain_text("of the start")
    expect(page.get_by_role("columnheader", name="vz (au/d)")).to_be_visible()
    expect(page.get_by_text("symmetric composition of 17 leapfrogs")).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    fits(page, 360)


@pytest.mark.usefixtures("complaints")
@pytest.mark.parametrize("path", ["/", "/propagate/500", "/docs"])
def test_a_page_fits_a_phone(page: Page, porta: Installation, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(porta.url + path)
    if path.startswith("/propagate"):
        is_drawn(page)
    fits(page, 360)


@pytest.mark.usefixtures("complaints")
def test_ten_million_steps_draw_as_quickly_as_a_few(page: Page, porta: Installation) -> None:
    with porta.client() as client:
        client.timeout = RUN_MS / 1_000
        assert ask(client, steps=10_000_000)["status"] == "complete"
    page.goto(f"{porta.url}/propagate/10000000")
    is_drawn(page, within_ms=1_000 * under_load(10))


def test_an_agents_name_is_text_wherever_it_is_drawn(page: Page, porta: Installation) -> None:
    page.goto(porta.url)
    page.get_by_text("Use your own bodies").click()
    page.get_by_text("The same as JSON").click()
    page.get_by_label("Scenario, as JSON").fill(LINKED)
    page.get_by_role("button", name="Propagate").click()
    is_drawn(page)
    legend = page.locator("[data-orbit=legend]")
    expect(legend.get_by_role("button", name="evil.example")).to_be_visible()
    with page.expect_download() as saved:
        page.locator("[data-charts=svg]").click()
    assert 'href="https://evil' not in saved.value.path().read_text("utf-8")
    expect(page.locator("a[*|href*=evil]")).to_have_count(0)


@pytest.mark.parametrize("y", [5e-324, 1e-306, 1e304])
@pytest.mark.usefixtures("complaints")
def test_what_no_figure_can_show_is_said_and_not_drawn(
    page: Page, porta: Installation, y: float
) -> None:
    still = {"mu": 0, "time": 0, "timeStep": 0.01, "vx": 0, "vy": 0}
    agents = [{"name": "A", "x": 0, "y": 0, **still}, {"name": "B", "x": y, "y": y, **still}]
    scenario = {"agents": agents, "dt_min": 0.01, "dt_span": 0.09, "epsilon": 0.001}
    with porta.client() as client:
        found = ask(client, steps=500, scenario=scenario)
    page.goto(porta.url + found["links"]["page"])
    expect(page.locator("[data-figure=shown]")).to_contain_text("Not drawn", timeout=RUN_MS)
    expect(page.locator("[data-figure=shown]")).to_contain_text("from 1e-300 to 1e300")
    expect(page.locator("[data-orbit=words]")).to_contain_text("from 1e-300 to 1e300")
