"""The orbit view in a real browser: what is drawn, and how one looks closer, by any means."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from PIL import Image
from playwright.sync_api import expect

from sim.presets import preset
from tests.installation import Installation, ask
from tests.page_time import fits, is_painted, passes
from tests.processes import eventually

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page, Route


pytestmark = pytest.mark.usefixtures("complaints")

WAIT_MS: Final = 30_000
ESCAPES: Final = 200_000  # at t = 986
BOUND: Final = 986
TARGET: Final = 44  # CSS pixels: WCAG 2.5.5
STATE: Final = "() => Object.fromEntries(new URL(location.href).searchParams)"
PICTURE: Final = "(canvas) => canvas.toDataURL()"
INKED: Final = """(canvas) => {
  const { width, height } = canvas;
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [width, height];
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const edge = Math.round(width * 0.02);
  let [inked, cut] = [0, 0];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const at = 4 * (y * width + x);
    // The path's colours, and not the greys of the grid.
    if (data[at + 3] < 60 || Math.max(data[at], data[at + 1], data[at + 2]) -
        Math.min(data[at], data[at + 1], data[at + 2]) < 40) continue;
    inked += 1;
    const isKey = y < 44 * devicePixelRatio && x < width / 3;
    if (isKey) inked -= 1;
    else if (x < edge || y < edge || x >= width - edge || y >= height - edge) cut += 1;
  }
  return { inked, cut, width, height };
}"""
# How much of the live canvas's ink is further than 5 pixels from the path's.
ASTRAY: Final = """() => {
  const [base, live] = ['base', 'live'].map((name) => {
    const canvas = document.querySelector(`[data-orbit=${name}]`);
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    return { width, height, has: (x, y) => {
      const at = 4 * (y * width + x);
      const [r, g, b, a] = data.slice(at, at + 4);
      return a >= 60 && Math.max(r, g, b) - Math.min(r, g, b) >= 40;
    } };
  });
  const isBeside = (x, y) => {
    for (let v = Math.max(0, y - 5); v <= Math.min(base.height - 1, y + 5); v++)
      for (let u = Math.max(0, x - 5); u <= Math.min(base.width - 1, x + 5); u++)
        if (base.has(u, v)) return true;
    return false;
  };
  let [inked, astray] = [0, 0];
  for (let y = 0; y < live.height; y++) for (let x = 0; x < live.width; x++) {
    if (!live.has(x, y)) continue;
    inked += 1;
    if (!isBeside(x, y)) astray += 1;
  }
  return { inked, astray };
}"""
# The figure's own text, as it is written onto the canvas.
WRITTEN: Final = """() => {
  window.written = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    window.written.push(text);
    return write.call(this, text, x, y);
  };
}"""

# What rests is painted, and finer data are asked for, by timers of the page; they are due before
# those that begin here. It says that it is busy while it waits for data.
AT_REST: Final = """async () => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const live = document.querySelector('[data-orbit=live]');
  do await pause(250); while (live.hasAttribute('aria-busy'));
  await pause(150);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""

# How the live canvas's last picture is drawn: lines, the ends of curves, and circles.
STROKES: Final = """(() => {
  window.strokes = { lines: 0, ends: [], circles: [] };
  const proto = CanvasRenderingContext2D.prototype;
  const heard = (name, hear) => {
    const draw = proto[name];
    proto[name] = function (...of) {
      if (this.canvas.dataset.orbit === 'live') hear(...of);
      return draw.apply(this, of);
    };
  };
  heard('clearRect', () => (window.strokes = { lines: 0, ends: [], circles: [] }));
  heard('lineTo', () => (window.strokes.lines += 1));
  heard('bezierCurveTo', (a, b, c, d, x, y) => window.strokes.ends.push([x, y]));
  heard('arc', (x, y) => window.strokes.circles.push([x, y]));
})()"""
# The boxes of the names on the live canvas's last picture.
NAMES: Final = """(() => {
  window.names = [];
  const proto = CanvasRenderingContext2D.prototype;
  const { clearRect, fillText } = proto;
  proto.clearRect = function (...of) {
    if (this.canvas.dataset.orbit === 'live') window.names = [];
    return clearRect.apply(this, of);
  };
  proto.fillText = function (text, x, y) {
    if (this.canvas.dataset.orbit === 'live')
      window.names.push([text, x, y - 10, x + this.measureText(text).width, y + 3]);
    return fillText.call(this, text, x, y);
  };
})()"""
# How many pixels of the path are beneath the picture of the whole run.
BENEATH: Final = """(inset) => {
  const base = document.querySelector('[data-orbit=base]');
  const ratio = base.width / base.clientWidth;
  const box = [inset.offsetLeft, inset.offsetTop, inset.offsetWidth, inset.offsetHeight];
  const { data } = base.getContext('2d').getImageData(...box.map((one) => Math.round(one * ratio)));
  let inked = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [r, g, b, a] = data.slice(at, at + 4);
    if (a >= 60 && Math.max(r, g, b) - Math.min(r, g, b) >= 40) inked += 1;
  }
  return inked;
}"""


def opened(page: Page, porta: Installation, path: str) -> Page:
    page.goto(porta.url + path)
    rested(page)
    return page


def rested(page: Page) -> None:
    expect(page.locator("[data-orbit=figure][data-drawn]")).to_be_visible(timeout=WAIT_MS)
    is_painted(page)  # the names leave a place free that has just been filled


def at_rest(page: Page) -> None:
    """Wait until what was done is drawn, with all the detail that it needs."""
    page.evaluate(AT_REST)


def live(page: Page) -> Locator:
    return page.locator("[data-orbit=live]")


def readout(page: Page) -> str:
    return page.locator("[data-orbit=readout]").inner_text()


def wide(page: Page) -> float:
    return measured(readout(page).partition(" ")[0])


def measured(text: str) -> float:
    """Read a number as the page writes it."""
    plain = text.replace("\u2212", "-").replace("\u00d710", "e").replace(",", "")
    return float(plain.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


def inked(page: Page, which: str = "base") -> dict[str, int]:
    found: dict[str, int] = page.locator(f"[data-orbit={which}]").evaluate(INKED)
    return found


def repainted(canvas: Locator, before: str) -> None:
    """Wait until there is another picture on a canvas."""
    eventually(lambda: canvas.evaluate(PICTURE) != before)


def is_drawn(page: Page) -> None:
    eventually(lambda: inked(page)["inked"] > 60)
    expect(page.locator("[data-orbit=words]")).to_be_hidden()


def state(page: Page) -> dict[str, str]:
    """What the address says, which follows a moment later."""
    passes(page, 450)
    found: dict[str, str] = page.evaluate(STATE)
    return found


def preset_page(porta: Installation, name: str, steps: int) -> str:
    with porta.client() as client:
        asked = ask(client, steps=steps, scenario=preset(name).scenario.to_json())
    page: str = asked["links"]["page"]
    return page


def middle(page: Page) -> tuple[float, float, dict[str, float]]:
    box = live(page).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, dict(box)  # type: ignore[arg-type]


def test_it_opens_about_the_primary_with_a_margin(page: Page, porta: Installation) -> None:
    opened(page, porta, "/propagate/500")
    found = inked(page)
    assert found["inked"] > 500
    assert found["cut"] == 0
    expect(page.locator("[data-orbit=about]")).to_have_value("primary")
    expect(page.locator("[data-orbit=about] option").first).to_have_text("About Planet")
    assert "every step" in readout(page)
    label = live(page).get_attribute("aria-label") or ""
    assert re.search(
        "Planet, Satellite about Planet; .* wide; t = 0 to 23; at t = .*Satellite at", label
    )


def test_one_that_escapes_opens_on_its_bound_phase_with_the_run_as_an_inset(
    page: Page, porta: Installation
) -> None:
    opened(page, porta, f"/propagate/{ESCAPES}")
    assert f"t = 0 to {BOUND} " in readout(page)
    assert 5 < wide(page) < 50
    is_drawn(page)
    inset = page.get_by_role("button", name="Full run").and_(page.locator("[data-orbit=inset]"))
    expect(inset).to_be_visible()
    inset.click()
    eventually(lambda: wide(page) > 1_000)
    expect(inset).to_be_hidden()
    is_drawn(page)


def test_the_bound_phase_ends_at_the_same_time_in_a_longer_run(
    page: Page, porta: Installation
) -> None:
    ends = {state(opened(page, porta, f"/propagate/{n}"))["window"] for n in (100_000, ESCAPES)}
    assert len(ends) == 1


def test_neither_a_frame_nor_the_bound_phase_is_blank_after_a_zoom(
    page: Page, porta: Installation
) -> None:
    opened(page, porta, f"/propagate/{ESCAPES}")
    x, y, _ = middle(page)
    page.mouse.move(x, y)
    for _ in range(6):
        page.mouse.wheel(0, -240)
    at_rest(page)
    for about in ("inertial", "Satellite", "primary"):
        page.locator("[data-orbit=about]").select_option(about)
        at_rest(page)
        assert inked(page)["inked"] > 60, about
    for name in ("Full run", "Bound phase"):
        page.locator(".series").get_by_role("button", name=name).click()
        at_rest(page)
        assert inked(page)["inked"] + inked(page, "live")["inked"] > 30, name


def test_what_is_saved_after_a_zoom_is_not_blank(page: Page, porta: Installation) -> None:
    opened(page, porta, f"/propagate/{ESCAPES}")
    x, y, _ = middle(page)
    page.mouse.move(x, y)
    for _ in range(6):
        page.mouse.wheel(0, -240)
    at_rest(page)
    page.locator(".series").get_by_role("button", name="Bound phase").click()
    page.locator("[data-orbit=about]").select_option("inertial")
    at_rest(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the orbit as PNG").click()
    picture = Image.open(waiting.value.path()).convert("HSV")
    saturation = picture.getchannel("S").histogram()
    assert sum(saturation[64:]) > 500  # paths and bodies have colours, axes and words are grey


def test_the_wheel_zooms_towards_the_pointer_and_back_undoes_it(
    page: Page, porta: Installation
) -> None:
    opened(page, porta, "/propagate/500")
    before = wide(page)
    x, _, box = middle(page)
    page.mouse.move(x, box["y"] + 0.28 * box["height"])
    for _ in range(4):
        page.mouse.wheel(0, -200)
    at_rest(page)
    assert wide(page) < before / 2
    assert float(state(page)["extent"].split(",")[1]) > 0.3  # upwards, where the pointer is
    back = page.get_by_role("button", name="Back to the view before")
    for _ in range(4):  # one for each turn of the wheel where the machine is slow
        if back.is_enabled():
            back.click()
    eventually(lambda: wide(page) == before)
    assert "extent" not in state(page)


def test_every_level_down_to_one_step_is_reached_by_keys(page: Page, porta: Installation) -> None:
    opened(page, porta, "/propagate/5000000?window=0,300000")
    live(page).focus()
    levels = {readout(page).rpartition("· ")[2]}
    for _ in range(30):
        page.keyboard.press("+")
        page.keyboard.press("+")
        at_rest(page)
        levels.add(readout(page).rpartition("· ")[2])
        assert page.locator("[data-orbit=words]").is_hidden()
        if "every step" in readout(page) and wide(page) < 0.2:
            break
    assert "every step" in readout(page)
    assert len(levels) > 3
    is_drawn(page)
    page.keyboard.press("0")
    eventually(lambda: wide(page) > 10_000)


def test_no_label_is_long_or_there_twice_at_a_deep_zoom(page: Page, porta: Installation) -> None:
    page.add_init_script(f"({WRITTEN})()")
    opened(page, porta, "/propagate/500?extent=0.123456789012,0.9,1e-9")
    texts: list[str] = page.evaluate("window.written")
    last = texts[max(i for i, text in enumerate(texts) if "from" in text) - 20 :]
    assert all(len(text) < 50 for text in last), last
    ticks = [text for text in last if re.fullmatch(r"[+\u2212]?[\d.]+(\u00d710[⁻\d⁰-⁹]+)?", text)]
    assert ticks
    assert all(len(re.sub(r"\D", "", text)) < 8 for text in ticks), ticks


def test_keys_move_and_zoom_and_the_focus_is_seen(page: Page, porta: Installation) -> None:
    opened(page, porta, "/propagate/500")
    live(page).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert live(page).evaluate("one => parseFloat(getComputedStyle(one).outlineWidth)") >= 2
    before = wide(page)
    page.keyboard.press("-")
    at_rest(page)
    assert wide(page) > before
    at = float(state(page)["extent"].split(",")[0])
    page.keyboard.press("ArrowRight")
    assert float(state(page)["extent"].split(",")[0]) > at
    page.keyboard.press("Backspace")
    page.keyboard.press("0")
    assert "extent" not in state(page)
    assert "at" not in state(page)  # the arrows did not step the cursor


def test_a_drag_pans_a_double_click_zooms_and_a_box_is_zoomed_to(
    page: Page, porta: Installation
) -> None:
    opened(page, porta, "/propagate/500")
    before = wide(page)
    x, y, box = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 30, steps=4)
    page.mouse.up()
    at_rest(page)
    assert wide(page) == before
    assert float(state(page)["extent"].split(",")[0]) > 0.1
    page.mouse.dblclick(x, y)
    at_rest(page)
    zoomed = wide(page)
    assert zoomed < before / 2
    page.get_by_role("button", name="Zoom to a box").click()
    page.mouse.move(x - box["width"] / 8, y - 40)
    page.mouse.down()
    page.mouse.move(x + box["width"] / 8, y + 40, steps=4)
    page.mouse.up()
    at_rest(page)
    assert wide(page) == pytest.approx(zoomed / 4, rel=0.02)


def test_an_agent_that_is_hidden_is_hidden_in_all_figures(page: Page, porta: Installation) -> None:
    opened(page, porta, "/propagate/500")
    before = inked(page)["inked"]
    button = page.locator("[data-orbit=legend]").get_by_role("button", name="Satellite")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    at_rest(page)
    assert inked(page)["inked"] < before / 10
    expect(page.locator("[data-orbit=words]")).to_contain_text("origin of this frame")
    in_charts = page.locator("[data-charts=legend]").get_by_role("button", name="Satellite")
    expect(in_charts).to_have_attribute("aria-pressed", "false")
    button.click()
    at_rest(page)
    is_drawn(page)


def test_in_space_there_are_three_projections_and_a_view_that_turns(
    page: Page, porta: Installation
) -> None:
    opened(page, porta, preset_page(porta, "hierarchical-triple", 5_000))
    for plane in ("xz", "yz", "xy", "3d"):
        page.locator(f"[name=plane][value='{plane}']").check(force=True)
        at_rest(page)
        is_drawn(page)
        assert state(page).get("plane", "xy") == plane
    x, y, _ = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y + 20, steps=5)
    page.mouse.up()
    turned = state(page)["turn"]
    live(page).focus()
    page.keyboard.press("ArrowLeft")
    assert state(page)["turn"] != turned
    is_drawn(page)


def test_trails_lie_on_the_paths(page: Page, porta: Installation) -> None:
    opened(page, porta, preset_page(porta, "figure-eight", 6_326))
    at_rest(page)
    found = page.evaluate(ASTRAY)
    assert found["inked"] > 600
    assert found["astray"] < 0.05 * found["inked"], "more than the rims of the bodies"


def test_a_trail_follows_the_curve_as_far_as_the_body_between_two_samples(
    page: Page, porta: Installation
) -> None:
    page.add_init_script(STROKES)
    opened(page, porta, preset_page(porta, "figure-eight", 6_326) + "?at=3.00037")
    found = page.evaluate("window.strokes")
    assert found["lines"] == 0
    bodies = {(round(x, 1), round(y, 1)) for x, y in found["circles"]}
    ends = {(round(x, 1), round(y, 1)) for x, y in found["ends"]}
    assert len(bodies) == 3
    assert bodies <= ends


def test_the_ends_of_a_short_window_differ_in_words_and_in_the_key(
    page: Page, porta: Installation
) -> None:
    page.add_init_script(f"({WRITTEN})()")
    opened(page, porta, "/propagate/500?window=4.7972441,4.7972442")
    assert "t = 4.7972441 to 4.7972442 " in readout(page)
    keys = [text for text in page.evaluate("window.written") if text.startswith("t 4.79")]
    assert keys[-1] == "t 4.7972441 \u2013 4.7972442"


@pytest.mark.parametrize("width", [390, 1_280])
def test_names_and_the_full_run_cover_neither_each_other_nor_the_path(
    page: Page, porta: Installation, width: int
) -> None:
    page.add_init_script(NAMES)
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, porta, "/propagate/1000000")
    names = page.evaluate("window.names")
    assert {"Planet", "Satellite"} <= {name for name, *_ in names}
    for i, (_, left, top, right, bottom) in enumerate(names):
        for _, a, b, c, d in names[i + 1 :]:
            assert right <= a or c <= left or bottom <= b or d <= top, names
    inset = page.locator("[data-orbit=inset]")
    expect(inset).to_be_visible()
    assert inset.evaluate(BENEATH) == 0
    box = inset.bounding_box()
    assert box is not None
    assert box["width"] < width / 4


def test_what_is_pressed_before_the_first_drawing_is_done(page: Page, porta: Installation) -> None:
    held: list[Route] = []
    page.route("**/path?*", lambda route: held.append(route))  # noqa: PLW0108 - it takes functions
    page.goto(f"{porta.url}/propagate/500", wait_until="commit")
    button = page.get_by_role("button", name="Zoom in", exact=True)
    button.click()
    page.wait_for_load_state("domcontentloaded")  # the modules have run, which are deferred
    eventually(lambda: page.evaluate("true") and held)
    button.click()
    page.unroute("**/path?*")  # which lets go of what is held
    rested(page)
    assert "extent" in state(page)


def test_plotly_does_not_delay_the_first_drawing(page: Page, porta: Installation) -> None:
    opened(page, porta, "/propagate/500")
    expect(page.locator("[data-figure=series] .main-svg").first).to_be_visible(timeout=WAIT_MS)
    times = page.evaluate(
        "() => [performance.getEntriesByName('orbit-drawn')[0].startTime,"
        " performance.getEntriesByType('resource')"
        ".find((one) => /plotly.min/.test(one.name)).startTime]"
    )
    assert times[0] <= times[1]


def test_marks_are_drawn_on_demand(page: Page, porta: Installation) -> None:
    opened(page, porta, "/propagate/500?at=10")
    for name in ("Osculating orbit", "Two-body orbit of the start"):
        before = live(page).evaluate(PICTURE)
        page.get_by_label(name).check()
        repainted(live(page), before)


def test_the_cursor_moves_the_bodies_and_a_click_on_the_path_moves_the_cursor(
    page: Page, porta: Installation
) -> None:
    opened(page, porta, "/propagate/500?at=3")
    assert "at t = 3:" in (live(page).get_attribute("aria-label") or "")
    x, _, box = middle(page)
    path = page.locator("[data-orbit=base]").evaluate(
        "(canvas, of) => { const x = Math.round(canvas.width / 2);"
        " const { data } = canvas.getContext('2d').getImageData(x, 60, 1, canvas.height - 60);"
        " for (let y = 0; y < data.length / 4; y++) {"
        "   const rgb = data.subarray(4 * y, 4 * y + 3);"
        "   if (data[4 * y + 3] > 90 && Math.max(...rgb) - Math.min(...rgb) > 40)"
        "     return (y + 60) / canvas.height * of; } return -1; }",
        box["height"],
    )
    assert path > 0
    page.mouse.click(x, box["y"] + path)
    assert float(state(page)["at"]) != 3
    assert "at t = 3:" not in (live(page).get_attribute("aria-label") or "")


@pytest.mark.parametrize("steps", [1, 2])
def test_a_run_of_hardly_a_step_is_drawn(page: Page, porta: Installation, steps: int) -> None:
    opened(page, porta, f"/propagate/{steps}")
    assert "every step" in readout(page)
    assert inked(page, "live")["inked"] > 60  # the bodies
    assert inked(page, "live")["cut"] == 0


def test_a_part_where_nothing_is_says_so_and_how_to_come_back(
    page: Page, porta: Installation
) -> None:
    opened(page, porta, "/propagate/500?extent=50,50,1")
    expect(page.locator("[data-orbit=words]")).to_contain_text("Nothing passes through this part")
    page.get_by_role("button", name="Fit").click()
    is_drawn(page)


def test_the_numbers_are_there_as_a_table(page: Page, porta: Installation) -> None:
    opened(page, porta, "/propagate/500")
    page.get_by_text("Positions as a table").click()
    table = page.get_by_role("table", name="Positions")
    expect(table.get_by_role("row")).to_have_count(121)
    expect(table.get_by_role("columnheader")).to_have_text(["Agent", "t", "x", "y"])


def test_it_is_saved_with_a_title(page: Page, porta: Installation) -> None:
    opened(page, porta, "/propagate/500?about=inertial")
    data = saved(page, "PNG")
    assert data.startswith(b"\x89PNG")
    assert len(data) > 20_000
    text = saved(page, "SVG").decode()
    assert "500 steps" in text
    assert "in the inertial frame; t = 0 to 23" in text
    assert "<script" not in text
    assert len(re.findall("<path ", text)) > 40


def saved(page: Page, form: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Save the orbit as {form}").click()
    assert waiting.value.suggested_filename.startswith("500-steps")
    return waiting.value.path().read_bytes()


@pytest.mark.parametrize("width", [390, 1_280])
def test_what_is_saved_says_what_it_is_and_no_more_above_the_figure(
    page: Page, porta: Installation, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, porta, "/propagate/500?seed=7")
    svg = saved(page, "SVG").decode()
    head = re.findall("<title>(.*)</title>", svg)[0]
    assert head.startswith("500 steps \u2013 Planet and Satellite · seed 7 · ")
    assert "t = 0 to " in head
    assert not re.search("Edit|Copy|Use from", svg)
    texts = [
        (float(y), text) for y, text in re.findall(r'<text x="\S+" y="(\S+)".*>(.*)</text>', svg)
    ]
    axes = next(y for y, text in texts if "↑" in text)
    title = [y for y, text in texts if text and text in head]
    assert max(y for y in title if y < axes) + 20 < axes
    marked = len(re.findall(r'<path d="[^"]*A2 2 0 1 0', svg))
    assert marked == 0 or marked > 40  # of 48 shades: every arc, or none


def test_a_change_of_the_scheme_changes_the_colours(page: Page, porta: Installation) -> None:
    opened(page, porta, "/propagate/500")
    base = page.locator("[data-orbit=base]")
    before = base.evaluate(PICTURE)
    page.emulate_media(color_scheme="dark")
    repainted(base, before)
    is_drawn(page)


def test_it_fits_the_window_and_is_sharp(page: Page, porta: Installation) -> None:
    opened(page, porta, "/propagate/500")
    ratio = page.evaluate("devicePixelRatio")
    for width in (2_560, 1_280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, width)
        at_rest(page)
        found = inked(page)
        box = live(page).bounding_box()
        assert box is not None
        assert found["width"] == pytest.approx(box["width"] * ratio, abs=1)
        assert found["cut"] == 0


def test_two_fingers_zoom_one_lets_the_page_scroll_and_targets_are_large(
    browser: BrowserContext, porta: Installation
) -> None:
    page = browser.new_page()
    session = browser.new_cdp_session(page)
    session.send(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True},
    )
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    session.send("Emulation.setEmitTouchEventsForMouse", {"enabled": False})
    opened(page, porta, "/propagate/500")
    live(page).scroll_into_view_if_needed()
    before = wide(page)
    x, y, _ = middle(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": px, "y": py, "id": i} for i, (px, py) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", (x - 30, y), (x + 30, y))
    for step in range(1, 8):
        touch("touchMove", (x - 30 - 8 * step, y), (x + 30 + 8 * step, y))
    touch("touchEnd")
    at_rest(page)
    assert wide(page) < before / 1.8
    assert live(page).evaluate("one => getComputedStyle(one).touchAction") == "pan-y"
    for button in page.locator("[data-orbit=figure] button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= TARGET, button.inner_text()


def crowd() -> dict[str, Any]:
    """A sun with 999 particles."""
    sun = {"name": "Sun", "mu": 1.0, "x": 0.0, "y": 0.0, "z": 0.0, "vx": 0.0, "vy": 0.0, "vz": 0.0}
    particles = [
        {
            "name": f"P{i:03d}",
            "mu": 0.0,
            "orbit": {
                "a": 1 + i / 1000,
                "e": 0.1,
                "i": i % 30,
                "node": i,
                "argp": 0,
                "anomaly": 7 * i,
            },
        }
        for i in range(1, 1_000)
    ]
    for particle in particles:
        elements: Any = particle["orbit"]
        elements.update({key: float(value) % 360 for key, value in elements.items() if key != "a"})
    return {"model": "nbody", "integrator": "leapfrog", "dt": 0.05, "agents": [sun, *particles]}


def test_a_thousand_particles_are_drawn_and_can_be_hidden_together(
    page: Page, porta: Installation
) -> None:
    with porta.client() as client:
        path = ask(client, steps=60, scenario=json.loads(json.dumps(crowd())))["links"]["page"]
    opened(page, porta, f"{path}?plane=3d")
    label = live(page).get_attribute("aria-label") or ""
    assert "Sun, P001, P002, P003, P004 and 995 more" in label
    assert inked(page, "live")["inked"] > 2_000
    page.locator("[data-orbit=legend]").get_by_role("button", name="982 more").click()
    expect(live(page)).to_have_attribute("aria-label", re.compile("P004 and 13 more"))
    is_drawn(page)
