"""Time on the page of a run, in a real browser: the player, its keys, the charts and their zoom.

All runs are small enough for the web process: there is no runner and no cluster behind it.
"""

from __future__ import annotations

import itertools
import math
import random
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from frontend.web.pages import assets
from sim.scenario import NANO
from tests.installation import Installation, ask
from tests.page_time import fits, passes
from tests.processes import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


pytestmark = pytest.mark.usefixtures("complaints")

WAIT_MS: Final = 20_000
DRAWN: Final = "[data-figure=series][data-drawn]"
STEPS: Final = 5_000
TARGET: Final = 44  # CSS pixels: WCAG 2.5.5
STATE: Final = "() => Object.fromEntries(new URL(location.href).searchParams)"
# The places of the cursor that are seen in a while, and how many seconds that was.
SEEN: Final = """async () => {
  const [seen, begun] = [new Set(), performance.now()];
  for (let k = 0; k < 24; k++) {
    seen.add(document.querySelector('[data-player=scrub]').value);
    await new Promise((done) => setTimeout(done, 50));
  }
  return [seen.size, (performance.now() - begun) / 1000];
}"""


def opened(page: Page, porta: Installation, path: str = f"/propagate/{STEPS}") -> Page:
    page.goto(porta.url + path)
    drawn(page)
    return page


def drawn(page: Page) -> None:
    page.locator("[data-charts=glass]").scroll_into_view_if_needed()
    expect(page.locator(DRAWN)).to_be_visible(timeout=WAIT_MS)


def words(page: Page) -> Locator:
    return page.locator("[data-figure=shown]")


def value(page: Page, name: str) -> Locator:
    return page.locator(f"[data-value={name}]")


def number(page: Page, name: str) -> float:
    """A value at the cursor; not a number while it is not known."""
    text = value(page, name).inner_text().replace("\u2212", "-").replace(",", "")
    return math.nan if text == "\u2013" else float(text)


def scrubbed(page: Page) -> int:
    return int(page.locator("[data-player=scrub]").input_value())


def settled(page: Page) -> None:
    """Wait until the read-outs are those of a step."""
    expect(page.locator("[data-player=note]")).to_contain_text("as computed", timeout=WAIT_MS)


def glass(page: Page) -> tuple[float, float, float]:
    """Where the charts' axis of time is: left, width, and a height within the first row."""
    page.locator("[data-charts=glass]").evaluate("pane => pane.scrollIntoView({ block: 'center' })")
    box = page.locator("[data-charts=glass]").bounding_box()
    assert box is not None
    return box["x"] + 64, box["width"] - 78, box["y"] + 80


def drag(page: Page, start: float, end: float) -> None:
    """Drag over a part of the charts, from 0 to 1."""
    left, width, y = glass(page)
    page.mouse.move(left + start * width, y)
    page.mouse.down()
    page.mouse.move(left + end * width, y + 3, steps=6)
    page.mouse.up()


def window_of(page: Page) -> tuple[float, float]:
    """The window in the page's address, which follows a moment later."""
    eventually(lambda: "window" in page.evaluate(STATE))
    passes(page, 450)
    low, high = map(float, page.evaluate(STATE)["window"].split(","))
    return low, high


def data(page: Page) -> Any:  # noqa: ANN401 - what Plotly draws
    return page.locator(DRAWN).evaluate(
        "plot => ({ x: plot.data[0].x.filter((t) => t !== null), range: plot.layout.xaxis.range })"
    )


# Pure functions of the pages' modules.


def module(page: Page, porta: Installation, name: str, function: str, *args: object) -> Any:  # noqa: ANN401 - JSON
    """Call a function of a module in the browser."""
    page.goto(f"{porta.url}/docs")
    return page.evaluate(
        "async ([url, name, calls]) => { const module = await import(url);"
        " return calls.map((args) => module[name](...args)); }",
        [porta.url + assets.url(name), function, list(args)],
    )


def test_ticks_differ_are_short_and_stand_where_they_say(page: Page, porta: Installation) -> None:
    chance = random.Random(15)
    ranges = [(0.0, 43_527.8), (-0.7831, -0.62), (95.172184524618, 95.172184525358), (0.0, 1e-12)]
    for _ in range(400):
        low = chance.choice([-1, 1]) * 10 ** chance.uniform(-9, 12)
        ranges.append((low, low + abs(low) * 10 ** chance.uniform(-11, 3)))
    axes = module(page, porta, "charts/ticks.js", "axisOf", *[(a, b, 5) for a, b in ranges])
    for (low, high), axis in zip(ranges, axes, strict=True):
        labels, values = axis["labels"], axis["values"]
        assert len(set(labels)) == len(labels) >= 1, (low, high, axis)
        assert all(len(label) <= 10 for label in labels), (low, high, axis)
        assert values == sorted(set(values))
        for text, drawn_at in zip(labels, values, strict=True):
            said = float(text.replace("\u2212", "-").replace(",", "")) * 10.0 ** axis["power"]
            assert said == pytest.approx(drawn_at, rel=1e-6, abs=(high - low) * 1e-6)
            slack = (high - low) * 1e-6
            assert low - slack <= axis["offset"] + drawn_at <= high + slack


def test_a_window_keeps_the_time_under_the_pointer_and_stays_in_the_run(
    page: Page, porta: Installation
) -> None:
    cases = [((0, 100), 30, 0.25, 100), ((40, 60), 50, 8, 100), ((0, 100), 0, 1e-30, 100)]
    (zoomed, wide, deep) = module(page, porta, "charts/zoom.js", "scaled", *cases)
    assert zoomed == pytest.approx([22.5, 47.5])
    assert (wide[0], wide[1]) == (0, 100)
    assert 0 <= deep[0] < deep[1]
    narrow = module(page, porta, "charts/zoom.js", "scaled", ((1e6, 1e6 + 1), 1e6 + 0.3, 0, 2e6))[0]
    assert narrow[1] - narrow[0] >= 16 * math.ulp(1e6)


def test_survival_has_an_axis_that_fits_and_says_where_it_begins(
    page: Page, porta: Installation
) -> None:
    theme = {"font": "serif"}
    cases = [(theme, 100, [1.0, 0.97, 0.955]), (theme, 100, [1.0, 0.3]), (theme, 100)]
    near, far, unknown = module(page, porta, "ensemble/fans.js", "survivalLayout", *cases)
    assert near["yaxis"]["title"]["text"] == "bound, from 95 %"
    assert 0.94 < near["yaxis"]["range"][0] <= 0.95
    for whole in (far, unknown):
        assert whole["yaxis"]["title"]["text"] == "members that are bound"
        assert whole["yaxis"]["range"][0] < 0


def test_a_runner_that_computes_while_its_cluster_starts_is_told_of(
    page: Page, porta: Installation
) -> None:
    def at(done: int) -> Any:  # noqa: ANN401 - a resource
        cluster = {"name": "c", "workers": 1, "arrived": 0}
        times = {"running_s": None}
        return {
            "status": "starting",
            "progress": {"done": done, "total": 9},
            "cluster": cluster,
            "timings": times,
        }

    waits, has_begun = module(page, porta, "run/stages.js", "sentence", (at(0),), (at(4),))
    assert waits == "The cluster is starting: 0 of 1 worker."
    assert has_begun == "The runner has begun; the cluster is starting: 0 of 1 worker."


def test_an_axis_of_a_part_of_the_run_says_so(page: Page, porta: Installation) -> None:
    """In a bin in which the energy changes its sign there is no semi-major axis."""
    opened(page, porta, "/propagate/4000000")
    expect(words(page)).to_contain_text("a is not defined where ε passes 0", timeout=WAIT_MS)
    titles = page.locator(DRAWN).evaluate("plot => plot.layout.annotations.map((one) => one.text)")
    assert [title for title in titles if title.endswith("in part")] == [
        title for title in titles if title.startswith("Semi-major axis a")
    ]
    page.get_by_role("button", name="Inertial position x").click()
    expect(value(page, "x")).to_be_visible()


# The player.


def test_play_pause_and_reverse_by_pointer(page: Page, porta: Installation) -> None:
    opened(page, porta)
    page.get_by_role("button", name="Play", exact=True).click()
    pause = page.get_by_role("button", name="Pause")
    expect(pause).to_be_visible()
    eventually(lambda: 100 < scrubbed(page) < 9_000)
    pause.click()
    at = scrubbed(page)
    passes(page, 300)
    assert scrubbed(page) == at
    page.get_by_role("button", name="Play backwards").click()
    eventually(lambda: scrubbed(page) < at)


def test_the_keys_play_step_and_go_to_the_ends(page: Page, porta: Installation) -> None:
    opened(page, porta)
    page.keyboard.press("Home")
    assert scrubbed(page) == 0
    page.keyboard.press("Space")
    eventually(lambda: scrubbed(page) > 50)
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert scrubbed(page) > 900
    page.keyboard.press("End")
    assert scrubbed(page) == 10_000
    page.keyboard.press("]")
    expect(page.locator("[data-player=speed]")).to_have_value("2")
    page.keyboard.press("r")
    eventually(lambda: scrubbed(page) < 9_900)


def reaches(page: Page, t: float) -> None:
    """Wait until the cursor is at a time."""
    eventually(lambda: abs(number(page, "t") - t) < 1e-3)


def test_a_step_goes_from_one_state_of_the_agent_to_the_next(
    page: Page, porta: Installation
) -> None:
    with porta.client() as client:
        at = f"/api/v1/propagations/{STEPS}/records?format=json&t0=0&t1=3"
        rows = client.get(at).raise_for_status().json()
    times = [t1 for _, t1, states in rows if "Satellite" in states]
    opened(page, porta)
    page.keyboard.press("Home")
    settled(page)
    assert (number(page, "step"), number(page, "t")) == (0, 0)
    for expected in itertools.islice((t for t in times if t > 0), 4):
        page.keyboard.press("ArrowRight")
        reaches(page, expected)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    reaches(page, [t for t in times if t > 0][1])


def test_the_values_at_rest_are_those_of_the_records(page: Page, porta: Installation) -> None:
    opened(page, porta, f"/propagate/{STEPS}?at=100")
    settled(page)
    with porta.client() as client:
        at = f"/api/v1/propagations/{STEPS}/records?format=csv&t0=90&t1=101"
        lines = client.get(at).raise_for_status().text.splitlines()
    names = lines[0].split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in lines[1:]]
    state = [row for row in rows if row["agent"] == "Satellite" and float(row["t1"]) <= 100.0][-1]
    for name in ("x", "y"):
        assert number(page, name) == pytest.approx(float(state[name]), rel=1e-8)
    r, energy, a = (number(page, name) for name in ("r", "e", "a"))
    assert a == pytest.approx(-1 / (2 * energy), rel=1e-7)
    assert number(page, "v") == pytest.approx(math.sqrt(2 * (energy + 1 / r)), rel=1e-6)


@pytest.mark.parametrize("steps", [1, 500, STEPS])
def test_at_the_end_the_values_are_those_of_the_last_state(
    page: Page, porta: Installation, steps: int
) -> None:
    opened(page, porta, f"/propagate/{steps}")
    settled(page)
    page.keyboard.press("End")
    settled(page)
    with porta.client() as client:
        found = client.get(f"/api/v1/propagations/{steps}").raise_for_status().json()
    end = found["statistics"]["end"]["Satellite"]
    assert number(page, "step") == steps
    for name in ("x", "y"):
        assert number(page, name) == pytest.approx(end[name], rel=1e-8)
    elements = found["statistics"]["elements"]["Satellite"]["end"]
    assert number(page, "a") == pytest.approx(elements["semi_major_axis"], rel=1e-8)


def test_scrubbing_by_pointer_moves_the_one_cursor(page: Page, porta: Installation) -> None:
    opened(page, porta)
    scrub = page.locator("[data-player=scrub]")
    scrub.scroll_into_view_if_needed()
    box = scrub.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    eventually(lambda: 2_000 < scrubbed(page) < 3_000)
    left, width, _ = glass(page)
    line = page.locator(".glass .cursor").bounding_box()
    assert line is not None
    assert (line["x"] - left) / width == pytest.approx(scrubbed(page) / 10_000, abs=0.02)
    eventually(lambda: "at" in page.evaluate(STATE))


def test_where_motion_is_to_be_reduced_it_goes_in_steps(page: Page, porta: Installation) -> None:
    page.emulate_media(reduced_motion="reduce")
    opened(page, porta)
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    places, seconds = page.evaluate(SEEN)
    assert 2 <= places <= 2 + 2 * seconds


def test_the_keys_are_listed_and_focus_comes_back(page: Page, porta: Installation) -> None:
    opened(page, porta)
    dialog = page.get_by_role("dialog", name="Keys")
    page.locator("[data-charts=whole]").focus()
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    at = scrubbed(page)
    page.keyboard.press("Home")
    assert scrubbed(page) == at
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-charts=whole]")).to_be_focused()
    page.get_by_role("button", name="Keys").click()
    dialog.get_by_label("Keys work on this page").uncheck()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()


# Zoom.


def test_a_drag_zooms_and_the_full_run_brings_back_axis_and_data(
    page: Page, porta: Installation
) -> None:
    opened(page, porta)
    whole, before = words(page).inner_text(), data(page)
    drag(page, 0.3, 0.32)
    expect(words(page)).to_contain_text("every step", timeout=WAIT_MS)
    eventually(lambda: data(page)["range"] != before["range"])
    page.locator("[data-charts=whole]").click()
    expect(words(page)).to_have_text(whole, timeout=WAIT_MS)
    eventually(lambda: data(page) == before)


def test_the_wheel_zooms_towards_the_pointer(page: Page, porta: Installation) -> None:
    opened(page, porta)
    left, width, y = glass(page)
    end = data(page)["range"][1]
    page.mouse.move(left + 0.25 * width, y)
    for _ in range(4):
        page.mouse.wheel(0, -200)
    low, high = window_of(page)
    assert high - low < 0.3 * end
    assert low + 0.25 * (high - low) == pytest.approx(0.25 * end, rel=0.02)
    page.mouse.dblclick(left + 0.5 * width, y)
    closer = window_of(page)
    assert closer[1] - closer[0] == pytest.approx((high - low) / 4, rel=0.01)


def test_many_quick_zooms_are_steps_of_undo_of_at_most_two_seconds(
    page: Page, porta: Installation
) -> None:
    opened(page, porta)
    for k in range(30):
        page.locator(f"[data-charts={'out' if k % 2 else 'in'}]").click()
        page.wait_for_timeout(150)  # 4.5 s in all, without a rest
    undone, undo = 0, page.locator("[data-charts=undo]")
    while undo.is_enabled() and undone < 30:
        undo.click()
        undone += 1
    assert undone >= 3


def test_keys_zoom_and_undo_goes_back(page: Page, porta: Installation) -> None:
    opened(page, porta)
    whole = words(page).inner_text()
    page.locator("[data-charts=glass]").focus()
    for _ in range(4):
        page.keyboard.press("+")
    zoomed = window_of(page)
    page.keyboard.press("-")
    assert window_of(page)[1] - window_of(page)[0] == pytest.approx(2 * (zoomed[1] - zoomed[0]))
    page.keyboard.press("Alt+z")
    eventually(lambda: window_of(page) == pytest.approx(zoomed))
    undo = page.locator("[data-charts=undo]")
    for _ in range(4):  # keys that follow each other slowly are undone one by one
        if undo.is_enabled():
            undo.click()
    expect(words(page)).to_have_text(whole, timeout=WAIT_MS)
    expect(undo).to_be_disabled()


def test_two_fingers_zoom_one_moves_and_a_tap_sets_the_cursor(
    page: Page, porta: Installation
) -> None:
    opened(page, porta)
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5})
    left, width, y = glass(page)

    def send(kind: str, *shares: float) -> None:
        points = [
            {"x": left + share * width, "y": y, "id": finger} for finger, share in enumerate(shares)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 0.3)
    send("touchEnd")
    eventually(lambda: 2_800 < scrubbed(page) < 3_200)
    end = data(page)["range"][1]
    send("touchStart", 0.45)
    send("touchStart", 0.45, 0.55)
    for spread in (0.1, 0.15, 0.2):
        send("touchMove", 0.5 - spread, 0.5 + spread)
    send("touchEnd")
    low, high = window_of(page)
    assert high - low == pytest.approx(end / 4, rel=0.1)
    send("touchStart", 0.6)
    for share in (0.55, 0.5, 0.4):
        send("touchMove", share)
    send("touchEnd")
    eventually(lambda: window_of(page)[0] > low + 0.1 * (high - low))


def test_deep_in_a_step_the_line_and_the_words_are_there(page: Page, porta: Installation) -> None:
    opened(page, porta, f"/propagate/{STEPS}?window=95.172184524618,95.172184525358")
    expect(words(page)).to_contain_text("within step 2,173")
    shape = page.locator(DRAWN).evaluate("plot => plot.data.map(({ x, y }) => [x, y])")
    for x, y in shape:
        assert len(x) == len(y) == 2
        assert None not in y
    labels = page.locator("[data-figure=series] .xtick text").all_text_contents()
    assert len(set(labels)) == len(labels) > 1
    assert all(len(label) < 8 for label in labels)
    title = page.locator(DRAWN).evaluate("plot => plot.layout.xaxis.title.text")
    assert title.startswith("time t \u2212 95.17218")


def test_the_bound_phase_ends_at_the_same_time_in_a_longer_run(
    page: Page, porta: Installation
) -> None:
    ends = []
    for steps in (1_000_000, 2_000_000):
        opened(page, porta, f"/propagate/{steps}")
        button = page.get_by_role("button", name="Bound phase")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        ends.append(window_of(page))
        eventually(lambda: len(data(page)["x"]) > 100)
    assert ends[0] == ends[1]
    assert ends[0][1] == pytest.approx(985.594487, abs=1e-5)


def test_the_address_restores_what_is_looked_at(page: Page, porta: Installation) -> None:
    opened(page, porta)
    drag(page, 0.2, 0.3)
    page.get_by_role("button", name="Semi-major axis a").click()
    left, width, y = glass(page)
    page.mouse.click(left + width / 2, y)
    page.locator("[data-player=speed]").select_option("4")
    window_of(page)
    other = page.context.new_page()
    other.goto(page.url)
    for one in (page, other):
        drawn(one)
        settled(one)
    for name in ("t", "r", "e"):
        assert value(other, name).inner_text() == value(page, name).inner_text()
    assert words(other).inner_text() == words(page).inner_text()
    expect(other.get_by_role("button", name="Semi-major axis a")).to_have_attribute(
        "aria-pressed", "false"
    )
    expect(other.locator("[data-player=speed]")).to_have_value("4")
    other.close()


# Agents, tables, files.


def test_an_agent_that_is_hidden_is_hidden_for_all_figures(page: Page, porta: Installation) -> None:
    opened(page, porta)
    legend = page.locator("[data-orbit=legend]")
    legend.get_by_role("button", name="Satellite").click()
    expect(page.get_by_text("No agent is shown")).to_be_visible()
    eventually(lambda: page.evaluate(STATE).get("show") == "Planet")
    page.reload()
    expect(page.get_by_text("No agent is shown")).to_be_visible(timeout=WAIT_MS)
    page.locator(".chips").get_by_role("button", name="Satellite").click()
    drawn(page)
    eventually(lambda: "show" not in page.evaluate(STATE))


def names_drawn(page: Page) -> list[str]:
    names: list[str] = page.locator(DRAWN).evaluate("plot => plot.data.map(({ name }) => name)")
    return names


def test_any_of_many_agents_can_be_charted(page: Page, porta: Installation) -> None:
    first: Any = NANO.agents[0].to_json()
    agents = [first | {"name": f"Body {n}", "mu": float(n == 0), "x": float(n)} for n in range(200)]
    scenario = NANO.to_json() | {"agents": agents}
    with porta.client() as client:
        found = ask(client, steps=200, scenario=scenario)
    opened(page, porta, found["links"]["page"])
    page.get_by_text("Choose agents").click()
    search = page.get_by_label("Search")
    search.press_sequentially("body 1 + r")
    expect(search).to_have_value("body 1 + r")
    search.fill("Body 173")
    one = page.locator(".found").get_by_role("button", name="Body 173")
    one.click()
    expect(page.get_by_text("at most 12 agents: remove one first")).to_be_visible()
    search.fill("Body 5")
    page.locator(".found").get_by_role("button", name="Body 5", exact=True).click()
    search.fill("Body 173")
    one.click()
    eventually(lambda: "Body 173" in names_drawn(page))
    assert "Body 5" not in names_drawn(page)


def test_the_table_holds_what_the_charts_show(page: Page, porta: Installation) -> None:
    opened(page, porta)
    page.get_by_text("Data as a table").click()
    rows = page.locator("[data-charts=table] tbody tr")
    expect(rows).to_have_count(200)
    expect(page.locator("[data-charts=table] caption")).to_contain_text("the first 200 of")
    drag(page, 0.3, 0.32)
    expect(words(page)).to_contain_text("every step", timeout=WAIT_MS)
    expect(page.get_by_role("columnheader", name="Step", exact=True)).to_be_visible()


def test_the_charts_are_saved_with_a_title(page: Page, porta: Installation) -> None:
    opened(page, porta)
    with page.expect_download() as saved:
        page.locator("[data-charts=svg]").click()
    text = saved.value.path().read_text("utf-8")
    assert "5,000 steps" in text
    assert saved.value.suggested_filename == f"porta-{STEPS}-steps-over-time.svg"


def test_plotly_is_not_on_the_way_to_the_first_drawing(page: Page, porta: Installation) -> None:
    with porta.client() as client:
        assert 'plotly.min.js"></script>' not in client.get(f"/propagate/{STEPS}").text
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(f"{porta.url}/propagate/{STEPS}")
    settled(page)
    passes(page, 1_500)
    expect(page.locator("script[src*=plotly]")).to_have_count(0)
    drawn(page)
    expect(page.locator("script[src*=plotly]")).to_have_count(1)


# How it looks.


@pytest.mark.parametrize("width", [390, 1_280])
def test_no_text_of_the_charts_is_over_another(page: Page, porta: Installation, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, porta, f"/propagate/{STEPS}?window=95.172184524618,95.172184525358")
    boxes = page.locator("[data-figure=series] text").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect()).filter((box) => box.width)"
        ".map(({ left, right, top, bottom }) => [left, right, top, bottom])"
    )
    assert len(boxes) > 8
    for a, b in itertools.combinations(boxes, 2):
        apart = a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] + 1 or b[3] <= a[2] + 1
        assert apart, (a, b)
    assert all(box[0] >= 0 and box[1] <= width for box in boxes)
    fits(page, width)


def test_targets_are_large_enough_for_a_thumb(page: Page, porta: Installation) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, porta)
    for one in page.locator(".player button:visible, .player select:visible, .scrub input").all():
        box = one.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= TARGET


def test_an_agent_whose_clock_ends_before_the_run_keeps_its_last_state(
    page: Page, porta: Installation
) -> None:
    """Agents of `nano` have clocks of their own: at the end of the run some are behind it."""
    with porta.client() as client:
        found = client.get(f"/api/v1/propagations/{STEPS}/series").raise_for_status().json()
    behind = found["agents"][0]["t1"][-1]
    opened(page, porta, f"/propagate/{STEPS}?at={found['end'] + 1}")
    settled(page)
    assert number(page, "t") >= behind - 0.01
    before = number(page, "step")
    page.keyboard.press("ArrowLeft")
    eventually(lambda: number(page, "step") < before or number(page, "t") <= behind)
