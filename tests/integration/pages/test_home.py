"""The first page in a real browser: by pointer, by keyboard, by touch, and without JavaScript."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from sim.models.labels import LABELS
from sim.presets import NAMES, preset
from tests.installation import Installation, ask
from tests.invariants import held_slots
from tests.labelled import LABELLED
from tests.page_time import fits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.complaints import Complaints

pytestmark = pytest.mark.usefixtures("complaints")

SOON_MS: Final = 15_000  # the machine may be busy
COLLIDING: Final = [
    {"name": name, "mu": 1, "time": 0, "timeStep": 0.01, "x": 0, "y": 0, "vx": 0, "vy": 0}
    for name in "AB"
]
CLOCKS: Final = {"dt_min": 0.01, "dt_span": 0.09, "epsilon": 0.001}


def cost(page: Page) -> None:
    expect(page.locator("#cost:not(.pending)")).not_to_be_empty(timeout=SOON_MS)


def cell(path: str) -> str:
    return f'[id="cell-{path}"]'


def scenario(page: Page) -> dict[str, object]:
    document: dict[str, object] = json.loads(page.locator("#scenario").input_value())
    return document


# By pointer


def test_the_gallery_shows_every_preset_with_its_picture(page: Page, porta: Installation) -> None:
    page.goto(porta.url)
    tiles = page.locator("section:has(#presets) .tile")
    expect(tiles).to_have_count(len(NAMES))
    for tile in tiles.all():
        tile.scroll_into_view_if_needed()
        picture = tile.locator("img.when-light")
        expect(picture).to_be_visible()
        drawn = "image => image.decode().then(() => image.naturalWidth)"
        assert picture.evaluate(drawn) == 512
        assert not tile.locator("img.when-dark").is_visible()
    page.emulate_media(color_scheme="dark")
    expect(tiles.first.locator("img.when-dark")).to_be_visible()
    expect(tiles.first.locator("img.when-light")).to_be_hidden()


def test_a_preset_opens_by_its_picture_and_its_form_by_edit(
    page: Page, porta: Installation
) -> None:
    page.goto(porta.url)
    page.get_by_role("link", name="Edit: Two equal masses").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two equal masses")
    expect(page.locator(cell("agents[1].primary"))).to_have_value("barycentre")
    page.go_back()
    page.get_by_role("link", name="The figure eight", exact=True).click()
    expect(page).to_have_title("6,326 steps – Porta")  # noqa: RUF001  # as the page has it


def test_a_run_leads_to_a_form_whose_table_changes_it(page: Page, porta: Installation) -> None:
    with porta.client() as client:
        found = ask(client, steps=400, seed=3)
    page.goto(porta.url + found["links"]["page"])
    page.get_by_role("link", name="Edit this run").click()
    expect(page.locator("#seed")).to_have_value("3")
    page.locator(cell("agents[1].vx")).fill("0.9")
    page.get_by_role("button", name="Add an agent").click()
    expect(page.locator(cell("agents[2].name"))).to_be_focused()
    page.keyboard.type("Moon")
    page.locator(cell("agents[2].primary")).fill("Planet")
    page.get_by_role("button", name="Move Moon up").click()
    expect(page.locator("#cost")).to_contain_text("At once", timeout=SOON_MS)
    agents = scenario(page)["agents"]
    assert isinstance(agents, list)
    assert [one["name"] for one in agents] == ["Planet", "Moon", "Satellite"]
    assert agents[2]["vx"] == 0.9
    assert agents[1]["primary"] == "Planet"
    page.get_by_role("button", name="Propagate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("400 steps")
    expect(page.locator("header.title")).to_contain_text("Planet, Moon and Satellite")


def test_table_and_json_stay_in_step(page: Page, porta: Installation) -> None:
    page.goto(f"{porta.url}/?preset=galilean-moons")
    page.get_by_text("The same as JSON").click()
    document = scenario(page)
    page.locator("#scenario").fill(json.dumps({**document, "dt": 1500}))
    expect(page.locator(cell("dt"))).to_have_value("1500")
    page.locator(cell("dt")).fill("750")
    assert scenario(page) == {**document, "dt": 750}
    page.locator("#scenario").fill('{"agents": [')
    expect(page.locator("#editor-message")).to_contain_text("not valid JSON")
    expect(page.locator(cell("dt"))).to_be_disabled()
    page.locator("#scenario").fill(json.dumps(document))
    expect(page.locator(cell("dt"))).to_be_enabled()
    expect(page.locator(cell("dt"))).to_have_value("3000")


def test_epoch_and_frame_have_fields_where_a_scenario_says_them(
    page: Page, porta: Installation
) -> None:
    page.goto(f"{porta.url}/?preset=galilean-moons")
    expect(page.locator(cell("dt"))).to_be_visible()
    expect(page.locator(cell("epoch"))).to_have_count(0)
    with porta.client() as client:
        found = ask(client, steps=50, scenario=LABELLED)
    page.goto(f"{porta.url}/?from={found['id']}")
    for name in LABELS:
        expect(page.locator(cell(name))).to_have_value(LABELLED[name])
    page.locator(cell("epoch")).fill("2026-02-30")
    expect(page.locator("#wrong-epoch")).to_contain_text("must be a date with a time")
    page.locator(cell("epoch")).fill("2026-02-30T00:00:00")  # of the form, but no day
    expect(page.locator("#wrong-epoch")).to_contain_text("day of the calendar", timeout=SOON_MS)
    page.locator(cell("epoch")).fill("2026-02-28T12:00:00")
    page.locator(cell("frame")).select_option("GCRF")
    page.locator(cell("center")).fill("")
    changed = {**LABELLED, "epoch": "2026-02-28T12:00:00", "frame": "GCRF"}
    written = scenario(page)
    assert {name: written.get(name) for name in LABELS} == {
        name: changed[name] if name != "center" else None for name in LABELS
    }
    expect(page.locator("#wrong-epoch")).to_be_hidden()
    page.get_by_role("button", name="Propagate").click()
    line = page.get_by_text("Epoch 2026-02-28T12:00:00 TDB · frame GCRF")
    expect(line).to_be_visible(timeout=SOON_MS)


def test_an_orbit_stands_in_place_of_a_state_and_back(page: Page, porta: Installation) -> None:
    page.goto(f"{porta.url}/?preset=galilean-moons")
    before = page.locator(cell("agents[1].x")).input_value()
    page.locator(cell("agents[1].given")).select_option("orbit")
    a = page.locator(cell("agents[1].orbit.a"))
    assert float(a.input_value()) == pytest.approx(421_677.7, rel=1e-9)
    expect(page.locator('[data-agent="1"] [data-label="a (km)"]')).to_be_visible()
    page.locator(cell("agents[1].orbit.e")).fill("-1")
    expect(page.locator('[data-agent="1"] .note')).to_contain_text("e must be at least 0.")
    page.locator(cell("agents[1].orbit.e")).fill("0.0041")
    accepted = page.locator("#cost:not(.refused)")
    expect(accepted).to_contain_text("about", ignore_case=True, timeout=SOON_MS)
    page.locator(cell("agents[1].given")).select_option("state")
    after = page.locator(cell("agents[1].x")).input_value()
    assert float(after) == pytest.approx(float(before), rel=1e-9)


def test_what_is_wrong_is_told_as_one_types_by_rules_and_by_the_server(
    page: Page, porta: Installation
) -> None:
    page.goto(f"{porta.url}/?preset=galilean-moons")
    cost(page)
    page.locator(cell("agents[2].mu")).fill("1e")
    note = page.locator('[data-agent="2"] .note')
    expect(note).to_contain_text("mu must be a finite number")
    expect(page.locator(cell("agents[2].mu"))).to_have_attribute("aria-invalid", "true")
    page.locator(cell("agents[2].mu")).fill("1e3")
    expect(note).to_be_hidden()
    for axis in "xyz":  # only the server knows that nobody may be where somebody is
        there = page.locator(cell(f"agents[1].{axis}")).input_value()
        page.locator(cell(f"agents[2].{axis}")).fill(there)
    expect(note).to_contain_text("is where agents[1] is", timeout=SOON_MS)
    page.locator("#steps").fill("many")
    beside = page.locator("#steps-typed")
    expect(beside).to_contain_text("must be a whole number", timeout=SOON_MS)


def test_a_mistake_keeps_the_form_and_has_the_focus(page: Page, porta: Installation) -> None:
    page.goto(f"{porta.url}/?preset=galilean-moons")
    page.locator(cell("agents[0].name")).fill("")
    page.locator("#seed").fill("12")
    page.get_by_role("button", name="Propagate").click()
    expect(page.locator(cell("agents[0].name"))).to_be_focused()
    page.locator(cell("agents[0].name")).fill("Jove")
    page.locator("#steps").fill("5.5")
    expect(page.locator("#steps-typed")).to_be_visible(timeout=SOON_MS)
    page.get_by_role("button", name="Propagate").click()
    expect(page.locator("#steps")).to_be_focused()
    expect(page.locator(cell("agents[0].name"))).to_have_value("Jove")
    expect(page.locator("#seed")).to_have_value("12")


def test_the_cost_is_told_before_the_click(page: Page, porta: Installation) -> None:
    page.goto(porta.url)
    expect(page.locator("#cost")).to_contain_text("t once", timeout=SOON_MS)
    page.locator("#steps").fill("1e8")
    expect(page.locator("#cost")).to_contain_text("on a Dask cluster of its own", timeout=SOON_MS)
    with porta.redis as stored:
        assert not held_slots(stored), "nothing is started by it"


def test_a_collision_at_the_first_step_is_no_dead_end(page: Page, porta: Installation) -> None:
    with porta.client() as client:
        body = {"steps": 50, "scenario": {"agents": COLLIDING, **CLOCKS}}
        found = client.post("/api/v1/propagations", json=body).json()
    page.goto(porta.url + found["links"]["page"])
    page.get_by_role("link", name="Change its bodies").click()
    page.locator(cell("agents[1].x")).fill("1")
    page.locator(cell("agents[1].vy")).fill("1")
    page.get_by_role("button", name="Propagate").click()
    expect(page.locator("main[data-status=complete]")).to_be_visible(timeout=SOON_MS)


def test_a_thousand_agents_are_turned_over_by_the_page(page: Page, porta: Installation) -> None:
    agents = [
        {"name": f"P{i}", "mu": 0, "x": i + 1, "y": 0, "z": 0, "vx": 0, "vy": 1, "vz": 0}
        for i in range(1_000)
    ]
    page.goto(porta.url)
    page.get_by_text("Use your own bodies").click()
    page.get_by_text("The same as JSON").click()
    document = {"model": "nbody", "integrator": "leapfrog", "dt": 0.01, "agents": agents}
    page.locator("#scenario").fill(json.dumps(document))
    expect(page.get_by_text("Agents 1 to 20 of 1,000")).to_be_visible()
    page.get_by_role("button", name="Later agents").click()
    expect(page.locator(cell("agents[20].name"))).to_be_focused()
    page.locator(cell("agents[20].x")).fill("2000")
    changed = scenario(page)["agents"]
    assert isinstance(changed, list)
    assert (len(changed), changed[20]["x"]) == (1_000, 2000)
    assert page.locator(".agents tbody").count() == 20
    expect(page.get_by_role("button", name="Add an agent")).to_be_disabled()


def test_what_is_removed_can_be_put_back(page: Page, porta: Installation) -> None:
    page.goto(f"{porta.url}/?preset=galilean-moons")
    before = scenario(page)
    page.get_by_role("button", name="Remove Europa").click()
    expect(page.locator(cell("agents[2].name"))).to_have_value("Ganymede")
    page.get_by_role("button", name="Put back Europa").click()
    assert scenario(page) == before


def test_a_model_is_changed_and_changed_back_without_loss(page: Page, porta: Installation) -> None:
    page.goto(f"{porta.url}/?from=500")
    before = scenario(page)
    page.locator(cell("model")).select_option("nbody")
    expect(page.locator(cell("agents[1].vz"))).to_have_value("0")
    expect(page.locator("#cost")).to_contain_text("t once", timeout=SOON_MS)
    page.locator(cell("model")).select_option("nano")
    assert scenario(page) == before


# By keyboard


def test_everything_is_done_by_keyboard(page: Page, porta: Installation) -> None:
    page.goto(porta.url)
    page.locator("#steps").focus()
    page.keyboard.type("300")
    page.locator(".bodies > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(cell("model"))).to_be_focused()
    page.locator(cell("agents[0].down")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(cell("agents[1].up"))).to_be_focused()
    agents = scenario(page)["agents"]
    assert isinstance(agents, list)
    assert [one["name"] for one in agents] == ["Satellite", "Planet"]
    page.locator("#steps").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("300 steps")


# By touch


@pytest.fixture
def phone(chromium: Browser, complaints: Complaints) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    complaints.watch(page)
    yield page
    context.close()


def test_a_phone_edits_by_touch_and_nothing_is_too_small_or_too_wide(
    phone: Page, porta: Installation
) -> None:
    phone.goto(f"{porta.url}/?preset=galilean-moons")
    phone.locator(cell("agents[3].remove")).tap()
    agents = scenario(phone)["agents"]
    assert isinstance(agents, list)
    assert len(agents) == 3
    fits(phone, 390)
    small = """all => all.filter(one => one.offsetParent && one.offsetHeight < 40)
        .map(one => one.outerHTML.slice(0, 90))"""
    assert phone.locator("main button, main select, main input").evaluate_all(small) == []
    phone.get_by_role("button", name="Propagate").tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text("20,000 steps")


# Without JavaScript


@pytest.fixture
def scriptless(chromium: Browser) -> Iterator[Page]:
    context: BrowserContext = chromium.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_the_form_works_without_javascript(scriptless: Page, porta: Installation) -> None:
    page = scriptless
    page.goto(f"{porta.url}/?preset=figure-eight")
    expect(page.locator("#editor")).to_be_hidden()
    expect(page.locator("#scenario")).to_be_visible()
    page.get_by_role("button", name="What does it cost?").click()
    expect(page.locator("#cost")).to_contain_text("t once")
    page.locator("#steps").fill("many")
    page.get_by_role("button", name="Propagate").click()
    expect(page.get_by_role("alert")).to_contain_text("must be a whole number")
    expect(page.locator("#scenario")).to_have_value(
        json.dumps(preset("figure-eight").scenario.to_json(), indent=2)
    )
    page.locator("#steps").fill("300")
    page.get_by_role("button", name="Propagate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("300 steps")


@pytest.mark.parametrize("path", ["/", "/?preset=galilean-moons", "/?from=500"])
def test_the_page_fits_every_width(page: Page, porta: Installation, path: str) -> None:
    page.goto(porta.url + path)
    for width in (2_560, 1_280, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, width)
