"""Two single runs on one page, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from sim.presets import preset
from tests.installation import Installation, ask
from tests.page_time import fits
from tests.processes import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page


pytestmark = pytest.mark.usefixtures("complaints")

DRAWN_MS: Final = 30_000  # the machine may be busy
DRAWN: Final = "[data-figure=difference][data-drawn]"
EIGHT: Final = preset("figure-eight").scenario.to_json()


@pytest.fixture(scope="module")
def seeds(porta: Installation) -> tuple[str, str]:
    with porta.client() as client:
        first, second = (ask(client, steps=2_000, seed=seed)["id"] for seed in (0, 1))
    return first, second


def test_a_run_is_compared_with_another_by_the_form_of_its_page(
    page: Page, porta: Installation, seeds: tuple[str, str]
) -> None:
    first, second = seeds
    page.goto(f"{porta.url}/propagate/{first}")
    page.get_by_label("Id or address of the other").fill(f"{porta.url}/propagate/{second}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Two runs compared")
    expect(page.locator(DRAWN)).to_be_visible(timeout=DRAWN_MS)
    words = page.locator("[data-figure=words]")
    expect(words).to_contain_text("Satellite: after t = 0.0")
    expect(words).to_contain_text("they are more than 0.001 apart; at t = ")
    paths = page.locator("[data-figure=paths] .scatterlayer .trace")
    expect(paths).to_have_count(4)
    expect(page.locator("[data-figure=paths-shown]")).to_contain_text("Relative to Planet")
    axis = page.locator("[data-figure=difference]").evaluate("one => one.layout.yaxis.type")
    assert axis == "log"


def test_integrators_are_compared_and_the_table_has_the_numbers(
    page: Page, porta: Installation
) -> None:
    with porta.client() as client:
        ids = [
            ask(client, steps=2_000, scenario={**EIGHT, "integrator": name})["id"]
            for name in ("kahan-li-8", "leapfrog")
        ]
    page.goto(f"{porta.url}/compare/{ids[0]}/{ids[1]}")
    expect(page.locator(DRAWN)).to_be_visible(timeout=DRAWN_MS)
    expect(page.get_by_role("row", name="Chosen")).to_contain_text("integrator leapfrog, dt 0.05")
    page.locator("details[data-rows] summary").focus()
    page.keyboard.press("Enter")
    rows = page.locator("details[data-rows] tbody tr")
    expect(rows.nth(100)).to_be_visible()
    expect(rows.first).to_contain_text("0")


def test_what_is_missing_is_said_and_leads_to_its_page(page: Page, porta: Installation) -> None:
    page.goto(f"{porta.url}/compare/1000/50000000")
    expect(page.get_by_role("heading", name="B is not complete")).to_be_visible()
    expect(page.get_by_role("link", name="Open its page")).to_be_visible()


def test_the_page_fits_and_follows_the_scheme(
    page: Page, porta: Installation, seeds: tuple[str, str]
) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{porta.url}/compare/{seeds[0]}/{seeds[1]}")
    expect(page.locator(DRAWN)).to_be_visible(timeout=DRAWN_MS)
    colour = "one => one._fullLayout.font.color"
    light = page.locator(DRAWN).evaluate(colour)
    for width in (1_280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, width)
    page.emulate_media(color_scheme="dark")
    eventually(lambda: page.locator(DRAWN).evaluate(colour) != light)
    fits(page, 360)


def test_runs_of_one_trajectory_are_told_to_be_the_same_and_nothing_is_plotted(
    page: Page, porta: Installation
) -> None:
    with porta.client() as client:
        first, second = (ask(client, steps=steps)["id"] for steps in (500, 2_000))
    page.goto(f"{porta.url}/compare/{first}/{second}")
    words = page.locator("[data-figure=words]")
    expect(words).to_have_text(
        "They are the same, to the bit, as far as both go.", timeout=DRAWN_MS
    )
    expect(page.locator("[data-figure=paths][data-drawn]")).to_be_visible(timeout=DRAWN_MS)
    expect(page.locator("[data-figure=same]")).to_be_visible()
    expect(page.locator("[data-figure=difference]")).to_be_hidden()
