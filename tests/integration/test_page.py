"""What a person sees, in a real browser: a propagation, from the line to the picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from tests.installation import Installation, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.redis_servers import RedisServer

A_MINUTE_MS: Final = 60_000


@pytest.fixture(scope="module")
def installation(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with installed(redis_server.url, tmp_path_factory.mktemp("porta")) as running:
        yield running


@pytest.fixture
def complaints(page: Page, installation: Installation) -> list[str]:
    """What the browser finds wrong, and whatever it asks another server for."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((installation.url, "data:", "blob:"))
            else found.append(f"asks for {request.url}")
        ),
    )
    return found


def drawn(page: Page, figure: str) -> list[dict[str, Any]]:
    """The curves that plotly.js has drawn, each with how many points it has."""
    page.wait_for_selector(
        f"[data-figure={figure}] .scatterlayer path", state="attached", timeout=A_MINUTE_MS
    )
    curves: list[dict[str, Any]] = page.evaluate(
        """figure => document.querySelector(`[data-figure=${figure}]`).data.map(
            trace => ({name: trace.name, points: trace.x.length, mode: trace.mode}))""",
        figure,
    )
    return curves


def paths(page: Page) -> dict[str, int]:
    """The agents' paths, by name, and the points of each."""
    return {curve["name"]: curve["points"] for curve in drawn(page, "orbit") if curve["points"] > 1}


def test_a_small_propagation_is_drawn_at_once(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    page.goto(f"{installation.url}/propagate/500")
    assert set(paths(page)) == {"Planet", "Satellite"}
    assert min(paths(page).values()) >= 500
    expect(page.get_by_role("heading", level=1)).to_have_text("500 steps")
    assert drawn(page, "series")
    assert complaints == []


def test_a_large_one_shows_its_stages_and_draws_by_itself(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.goto(f"{installation.url}/propagate/1000000")
    expect(page.locator(".stages li")).to_have_text(
        [re.compile(name) for name in ("In line", "Cluster", "Propagating", "Writing")]
    )
    expect(page.locator(".stages [data-state=now]")).to_contain_text("Cluster", timeout=A_MINUTE_MS)
    assert set(paths(page)) == {"Planet", "Satellite"}
    assert len(loads) == 1, "the page was loaded again"
    assert complaints == []


def test_zooming_in_time_shows_what_is_finer(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    page.goto(f"{installation.url}/propagate/9000")
    drawn(page, "series")
    shown = page.locator("[data-figure=shown]")
    expect(shown).to_contain_text("iterations", timeout=A_MINUTE_MS)
    area = page.locator("[data-figure=series] .nsewdrag").first.bounding_box()
    assert area is not None
    y = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] * 0.4, y)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.44, y, steps=5)
    page.mouse.up()
    expect(shown).to_contain_text("every step", timeout=A_MINUTE_MS)
    page.get_by_role("button", name="Show the whole span").click()
    expect(shown).to_contain_text("iterations", timeout=A_MINUTE_MS)
    assert complaints == []


def test_the_orbit_can_be_seen_around_the_planet(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    page.goto(f"{installation.url}/propagate/500")
    drawn(page, "orbit")
    page.get_by_text("Around the Planet").click()
    page.wait_for_function(
        """() => { const [planet, satellite] = document.querySelector('[data-figure=orbit]').data;
        return planet.x.every(x => x === 0) && Math.max(...satellite.x) < 1.5; }"""
    )
    assert complaints == []


def test_a_run_is_cancelled_from_its_page(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/propagate/100000000?seed=11")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible(timeout=A_MINUTE_MS)


@pytest.mark.parametrize("steps", ["0", "abc", "5.5", "1e18"])
def test_a_bad_step_count_gives_a_readable_page(
    page: Page, installation: Installation, steps: str
) -> None:
    answer = page.goto(f"{installation.url}/propagate/{steps}")
    assert answer is not None
    assert 400 <= answer.status < 500
    expect(page.locator("main")).to_contain_text("100,000,000")


def test_the_form_leads_to_the_page_of_what_was_asked_for(
    page: Page, installation: Installation, complaints: list[str]
) -> None:
    page.goto(installation.url)
    page.get_by_label("Steps").fill("700")
    page.get_by_label("Seed").fill("3")
    page.get_by_role("button", name="Propagate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("700 steps")
    assert set(paths(page)) == {"Planet", "Satellite"}
    assert complaints == []
