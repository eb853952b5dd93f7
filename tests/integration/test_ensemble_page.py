"""The page of an ensemble in a real browser, over true figures of real members."""

from __future__ import annotations

import contextlib
import copy
import itertools
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from frontend.bootstrap import build_services
from frontend.settings import Settings
from sim.scenario import PropagationRequest, Trajectory
from tests import redis_servers
from tests.ensemble_runs import EnsembleRun
from tests.ensemble_site import Site
from tests.page_time import fits
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from tests.redis_servers import RedisServer

DRAWN_MS: Final = 30_000
FANS: Final = ("distance", "energy", "semi_major_axis", "eccentricity")
FIGURES: Final = (*FANS, "survival", "density")
MEMBERS: Final = 60


@pytest.fixture(scope="module")
def run() -> EnsembleRun:
    return EnsembleRun(PropagationRequest(100_000, Trajectory(seed=3), MEMBERS))


@pytest.fixture
def site(redis_server: RedisServer, run: EnsembleRun) -> Iterator[Site]:
    settings = Settings(redis_url=redis_servers.as_porta(redis_server.url))
    with (
        contextlib.closing(build_services(settings)) as services,
        Site(services, run).serving() as site,
    ):
        yield site


@pytest.fixture
def clean(page: Page) -> Iterator[None]:
    """No error, no message on the console, and no request that fails."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    yield
    assert found == []


def figure(page: Page, name: str) -> Locator:
    return page.locator(f"[data-figure={name}]")


def is_drawn(page: Page, names: tuple[str, ...] = FIGURES) -> None:
    for name in names:
        expect(page.locator(f"[data-figure={name}][data-drawn]")).to_be_visible(timeout=DRAWN_MS)


def drawn(page: Page, name: str, what: str) -> Any:  # noqa: ANN401 - whatever the script returns
    """Evaluate a script about a Plotly figure: its `data`, `layout`, `_fullLayout`."""
    return figure(page, name).evaluate(f"figure => {what}")


@pytest.mark.usefixtures("clean")
def test_a_complete_ensemble_shows_its_sentence_and_all_figures(page: Page, site: Site) -> None:
    page.goto(site.page)
    is_drawn(page)
    agent = site.run.document()["agents"]["Satellite"]
    expect(page.get_by_text(agent["sentence"])).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("60 members of 100,000 steps")
    expect(figure(page, "partial")).to_be_hidden()
    for name in FANS:
        median = drawn(page, name, "figure.data.find(one => one.name === 'median').y")
        assert median == agent["quantiles"][name]["50"]
        nominal = drawn(page, name, "figure.data.find(one => one.name === 'nominal run').y")
        assert nominal == agent["nominal"][name]
    assert drawn(page, "survival", "figure.data[1].y") == agent["bound"]["fraction"]


@pytest.mark.usefixtures("clean")
def test_a_band_is_filled_between_its_quantiles_and_ends_where_an_edge_does(
    page: Page, site: Site
) -> None:
    page.goto(site.page)
    is_drawn(page)
    agent = site.run.document()["agents"]["Satellite"]
    for name in FANS:
        low, high = (agent["quantiles"][name][p] for p in ("5", "95"))
        both = [i for i, pair in enumerate(zip(low, high, strict=True)) if None not in pair]
        outline = drawn(page, name, "figure.data[0].y.filter(one => one !== null)")
        assert max(outline) == max(high[i] for i in both)
        assert min(outline) == min(low[i] for i in both)
    assert None in agent["quantiles"]["semi_major_axis"]["95"]


@pytest.mark.usefixtures("clean")
def test_what_is_wide_has_a_logarithmic_axis_until_the_reader_wants_another(
    page: Page, site: Site
) -> None:
    page.goto(site.page)
    is_drawn(page)
    assert drawn(page, "distance", "figure.layout.yaxis.type") == "log"
    card = page.locator("section", has=page.get_by_role("heading", name="Distance"))
    card.get_by_label("Logarithmic").uncheck()
    eventually(lambda: drawn(page, "distance", "figure._fullLayout.yaxis.type") == "linear")
    assert drawn(page, "energy", "figure._fullLayout.yaxis.type") == "linear"


@pytest.mark.parametrize("half", [None, 0.0123, 54_321_000.0])
@pytest.mark.usefixtures("clean")
def test_labels_of_the_density_do_not_collide_on_a_phone_or_when_it_is_turned(
    page: Page, site: Site, half: float | None
) -> None:
    assert site.document is not None
    if half is not None:
        site.document["agents"]["Satellite"]["density"]["half_width"] = half
    page.set_viewport_size({"width": 844, "height": 800})
    page.goto(site.page)
    is_drawn(page)
    boxes = """figure => [...figure.querySelectorAll('.xtick text')]
        .map(one => one.getBoundingClientRect()).map(one => [one.left, one.right])"""
    for width in (844, 390, 360):
        page.set_viewport_size({"width": width, "height": 800})

        def stand_apart() -> bool:
            found = sorted(figure(page, "density").evaluate(boxes))
            pairs = itertools.pairwise(found)
            return len(found) > 1 and all(left[1] + 2 < right[0] for left, right in pairs)

        eventually(stand_apart)


@pytest.mark.usefixtures("clean")
def test_the_density_has_axes_in_lengths_and_a_span_of_time(page: Page, site: Site) -> None:
    page.goto(site.page)
    is_drawn(page)
    density = site.run.document()["agents"]["Satellite"]["density"]
    half = density["half_width"]
    image = drawn(page, "density", "figure.layout.images[0]")
    assert (image["x"], image["y"], image["sizex"]) == (-half, half, 2 * half)
    assert drawn(page, "density", "figure.layout.xaxis.range") == [-half, half]
    span = page.get_by_label("Span of time")
    expect(span.locator("option")).to_have_count(1 + len(density["spans"]))
    span.select_option(label="Steps 16,385 to 32,768")
    expect(page.locator("[data-figure=density][data-drawn='1']")).to_be_visible()
    assert any("span=1" in path for path in site.asked)
    assert drawn(page, "density", "figure.layout.images[0].source") != image["source"]
    page.get_by_label("Nominal orbit").uncheck()
    eventually(lambda: any("orbit=none" in path for path in site.asked))


@pytest.mark.usefixtures("clean")
def test_each_figure_of_quantiles_has_a_table_of_its_data(page: Page, site: Site) -> None:
    page.goto(site.page)
    is_drawn(page)
    document = site.run.document()
    for name in (*FANS, "survival"):
        rows = page.locator(f"[data-rows={name}]")
        rows.locator("summary").click()
        expect(rows.locator("tbody tr")).to_have_count(len(document["grid"]["iterations"]))
    bound = document["agents"]["Satellite"]["bound"]["count"][-1]
    last = page.locator("[data-rows=survival] tbody tr").last
    expect(last.locator("th")).to_have_text("100,000")
    expect(last.locator("td").first).to_have_text(str(bound))


@pytest.mark.usefixtures("clean")
def test_the_table_of_members_sorts_filters_and_pages_on_the_server(page: Page, site: Site) -> None:
    page.goto(site.page)
    rows = figure(page, "members").locator("tbody tr")
    expect(rows).to_have_count(20, timeout=DRAWN_MS)
    expect(page.get_by_text("Rows 1 to 20 of 60.")).to_be_visible()
    page.get_by_role("button", name="Closest approach").click()
    page.get_by_role("button", name="Closest approach ▲").click()
    furthest = max(site.run.rows(), key=lambda row: row["closest"])
    expect(rows.first.get_by_role("link")).to_have_text(str(furthest["member"]))
    header = page.get_by_role("columnheader", name="Closest approach ▼")
    expect(header).to_have_attribute("aria-sort", "descending")
    page.locator("[name=where]").select_option("escaped")
    gone = sum(row["outcome"] == "escaped" for row in site.run.rows())
    expect(page.get_by_text(f"of {gone}.")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text(f"Rows 21 to {min(40, gone)} of {gone}.")).to_be_visible()
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_text(f"Rows 1 to 20 of {gone}.")).to_be_visible()
    assert any("where=escaped" in path and "agent=Satellite" in path for path in site.asked)


def test_members_are_links_to_runs_of_their_own(page: Page, site: Site) -> None:
    page.goto(site.page)
    is_drawn(page)
    address = f"/propagate/{site.run.request.id}?member="
    member = site.run.document()["agents"]["Satellite"]["closest"]["members"]["50"]
    notable = page.get_by_role("row", name="50 %, the median").get_by_role("link").last
    expect(notable).to_have_attribute("href", f"{address}{member}")
    second = figure(page, "members").locator("tbody tr").nth(1)
    expect(second.get_by_role("link")).to_have_attribute("href", f"{address}1")
    with page.expect_navigation(url=f"**{address}1", wait_until="commit"):
        second.get_by_text("Satellite").click(force=True)  # the link lies over the row


def test_the_figures_sharpen_while_the_run_goes_on_and_stay_when_it_is_over(
    page: Page, site: Site
) -> None:
    site.state, site.document = "running", site.run.document(20)
    page.goto(site.page)
    page.evaluate("window.untouched = true")
    is_drawn(page)
    expect(page.get_by_text("Partial: 20 of 60 members are drawn. It sharpens")).to_be_visible()
    expect(figure(page, "members-card")).to_be_hidden()
    assert "partial=1" in site.asked[0]
    site.document = site.run.document(40)
    site.tell("running", 40)
    expect(page.get_by_text("Partial: 40 of 60 members are drawn.")).to_be_visible(timeout=DRAWN_MS)
    expect(page.locator("#done")).to_have_text("40 of 60")
    page.get_by_label("Span of time").select_option("2")
    site.state, site.document = "complete", site.run.document()
    site.tell("complete", MEMBERS)
    expect(page.locator("[data-figure=distance][data-drawn='60']")).to_be_visible(timeout=DRAWN_MS)
    expect(figure(page, "partial")).to_be_hidden()
    expect(page.locator(".stages")).to_have_count(0)
    expect(page.get_by_label("Span of time")).to_have_value("2")
    expect(page.get_by_text("Rows 1 to 20 of 60.")).to_be_visible()
    assert page.evaluate("window.untouched")


def test_a_run_whose_first_members_are_not_there_yet_shows_no_figure(
    page: Page, site: Site
) -> None:
    site.state, site.document, site.done = "running", None, 0
    page.goto(site.page)
    expect(page.locator(".stages")).to_be_visible()
    expect(figure(page, "figures")).to_be_hidden()
    assert not [path for path in site.asked if "/ensemble" in path]
    site.document = site.run.document(10)
    site.tell("running", 10)
    expect(page.get_by_text("Partial: 10 of 60 members are drawn.")).to_be_visible(timeout=DRAWN_MS)


@pytest.mark.parametrize(
    ("state", "words", "button"),
    [
        ("failed", "The workers were lost.", "Try again"),
        ("cancelled", "Cancelled", "Propagate again"),
    ],
)
@pytest.mark.usefixtures("clean")
def test_what_has_stopped_says_so_and_shows_what_there_is(
    page: Page, site: Site, state: str, words: str, button: str
) -> None:
    site.state, site.document = state, site.run.document(20)
    page.goto(site.page)
    is_drawn(page)
    expect(page.locator(".stopped")).to_contain_text(words)
    expect(page.get_by_role("button", name=button)).to_be_visible()
    expect(
        page.get_by_text("Partial: 20 of 60 members are drawn. The run came no further.")
    ).to_be_visible()


def ended_at_once(document: dict[str, Any]) -> dict[str, Any]:
    """Of all members only the start is left, and the nominal run has ended, too."""
    changed = copy.deepcopy(document)
    for agent in changed["agents"].values():
        columns = [agent["nominal"], *(agent["quantiles"][name] for name in FANS)]
        for column in columns:
            for key, values in column.items():
                column[key] = values[:1] + [None] * (len(values) - 1)
        agent["ended"] = [0] + [MEMBERS] * (len(agent["ended"]) - 1)
        agent["bound"]["count"] = [MEMBERS] + [0] * (len(agent["ended"]) - 1)
        agent["outcomes"] = dict.fromkeys(agent["outcomes"], 0) | {"collision": MEMBERS}
        for notable in (agent["escape"], agent["closest"]):
            for key in notable:
                notable[key] = dict.fromkeys(notable[key])
    return changed


@pytest.mark.usefixtures("clean")
def test_an_ensemble_that_ends_at_once_is_drawn_without_numbers(page: Page, site: Site) -> None:
    site.document = ended_at_once(site.run.document())
    page.goto(site.page)
    is_drawn(page)
    expect(page.get_by_role("row", name="Ended by a collision")).to_contain_text("100.0")
    page.locator("[data-rows=distance] summary").click()
    last = page.locator("[data-rows=distance] tbody tr").last
    expect(last.locator("td").first).to_have_text("–")  # noqa: RUF001  # as the page has it
    expect(page.get_by_role("row", name="50 %, the median")).to_contain_text("has not escaped")


@pytest.mark.usefixtures("clean")
def test_names_are_text_and_an_agent_is_chosen_by_name(page: Page, site: Site) -> None:
    document = site.run.document()
    satellite = document["agents"]["Satellite"]
    name = "<b onmouseover=alert(1)>Twin</b>"
    twin = copy.deepcopy(satellite)
    twin["quantiles"]["energy"]["50"] = [0.5] * len(document["grid"]["iterations"])
    document["agents"][name] = twin
    site.document = document
    page.goto(site.page)
    is_drawn(page)
    expect(page.locator("main b")).to_have_count(0)
    page.locator("[name=shown-agent]").select_option(name)
    median = "figure.data.find(one => one.name === 'median').y[0]"
    eventually(lambda: drawn(page, "energy", median) == 0.5)


@pytest.mark.usefixtures("clean")
def test_the_page_fits_a_phone_and_follows_the_colour_scheme(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(site.page)
    is_drawn(page)
    expect(figure(page, "members").locator("tbody tr")).to_have_count(20, timeout=DRAWN_MS)
    fits(page, 360)
    colour = "figure.data.find(one => one.name === 'median').line.color"
    light = drawn(page, "energy", colour)
    page.emulate_media(color_scheme="dark")
    eventually(lambda: drawn(page, "energy", colour) != light)
    eventually(lambda: any("theme=dark" in path for path in site.asked))


@pytest.mark.usefixtures("clean")
def test_the_controls_are_used_by_keyboard(page: Page, site: Site) -> None:
    page.goto(site.page)
    is_drawn(page)
    span = page.get_by_label("Span of time")
    span.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-figure=density][data-drawn='0']")).to_be_visible()
    summary = page.locator("[data-rows=energy] summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-rows=energy] tbody tr").first).to_be_visible()
    sorter = figure(page, "members").get_by_role("button", name="Closest approach")
    sorter.focus()
    page.keyboard.press("Enter")
    nearest = min(site.run.rows(), key=lambda row: row["closest"])
    rows = figure(page, "members").locator("tbody tr")
    expect(rows.first.get_by_role("link")).to_have_text(str(nearest["member"]))
    expect(figure(page, "members").locator("[data-key=closest]")).to_be_focused()
