"""Claims about the routes of ensembles: what is there, what is not yet, and what can't be."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from frontend.bootstrap import Services, build_services
from frontend.domain.resource import API_ROOT
from frontend.pictures import THEMES
from frontend.settings import Settings
from frontend.storage import keys
from frontend.web.app import create_app
from sim.reference import simulate
from sim.scenario import NANO, PropagationRequest, Trajectory
from tests.stored_ensembles import RunOfEnsemble

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

MEMBERS = 12
SMALL = PropagationRequest(300, Trajectory(seed=3), MEMBERS)
URL = f"{API_ROOT}/{SMALL.id}"
VIEWS = ("ensemble", "density", "members")
# One of each kind of response.
EVERY_VIEW = (
    "ensemble",
    "density",
    "density?format=json&size=128",
    "density?format=npy",
    "members",
    "members?format=csv",
    "members?format=arrow&sort=-closest",
    "members?format=parquet&limit=5",
)


def a_problem(answer: TestResponse, status: int) -> str:
    """Check that it is one, and return its sentence."""
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    sentence: str = answer.get_json()["detail"]
    return sentence


@pytest.fixture
def patient(redis_url: str) -> Iterator[Services]:
    """An installation that answers nothing at once."""
    settings = Settings(redis_url=redis_url, inline_work=0)
    with contextlib.closing(build_services(settings)) as made:
        yield made


@pytest.fixture
def waiting(patient: Services) -> FlaskClient:
    """A client of the same."""
    return create_app(services=patient).test_client()


@pytest.fixture
def asked(web: FlaskClient) -> FlaskClient:
    """A client of an installation that has answered the small ensemble at once."""
    body = {"steps": SMALL.steps, "seed": 3, "members": MEMBERS}
    assert web.post(API_ROOT, json=body).get_json()["id"] == SMALL.id
    return web


def get(web: FlaskClient, view: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.get(f"{URL}/{view}", headers=named)


# What is there.


def test_a_small_ensemble_is_answered_at_once_and_its_links_lead_to_it(web: FlaskClient) -> None:
    answer = web.post(API_ROOT, json={"steps": 300, "seed": 3, "members": MEMBERS})
    assert answer.status_code == 200
    links = answer.get_json()["links"]
    for view in VIEWS:
        assert web.get(links[view]).status_code == 200


def test_the_summary_counts_all_members(asked: FlaskClient) -> None:
    document = get(asked, "ensemble").get_json()
    assert (document["id"], document["members"], document["finished"]) == (SMALL.id, 12, 12)
    assert document["partial"] is False
    satellite = document["agents"]["Satellite"]
    assert sum(satellite["outcomes"].values()) == MEMBERS
    assert len(satellite["quantiles"]["distance"]["50"]) == len(document["grid"]["iterations"])


def test_steps_and_members_in_the_query_name_the_same_ensemble(asked: FlaskClient) -> None:
    named = asked.get(f"{API_ROOT}/300/ensemble?seed=3&members={MEMBERS}")
    assert named.data == get(asked, "ensemble").data


def test_each_row_is_the_end_of_the_run_that_its_link_opens(asked: FlaskClient) -> None:
    rows = get(asked, "members?agent=Satellite").get_json()["rows"]
    assert [row["member"] for row in rows] == list(range(MEMBERS))
    for row in rows:
        last = [r.state for r in simulate(NANO, 3, 300, row["member"]) if r.agent == 1][-1]
        assert [row[name] for name in ("t", "x", "y", "vx", "vy")] == [
            last.time, last.x, last.y, last.vx, last.vy
        ]  # fmt: skip
    run = asked.post(API_ROOT, json={"steps": 300, "seed": 3, "member": 7}).get_json()
    table = asked.get(f"{URL}/records?member=7&format=csv").text
    assert table == asked.get(f"{API_ROOT}/{run['id']}/records?format=csv").text


@pytest.mark.parametrize("view", EVERY_VIEW)
def test_what_the_client_has_is_not_sent_again(asked: FlaskClient, view: str) -> None:
    first = get(asked, view)
    assert first.status_code == 200
    is_file = view.startswith("members?")
    assert ("no-cache" if is_file else "immutable") in first.headers["Cache-Control"]
    again = get(asked, view, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]


def test_each_view_has_an_etag_of_its_own(asked: FlaskClient) -> None:
    views = (
        *EVERY_VIEW,
        "density?theme=dark",
        "density?span=0",
        "members?limit=3",
        "density?orbit=nominal",
    )
    assert len({get(asked, view).headers["ETag"] for view in views}) == len(views)


@pytest.mark.parametrize("view", EVERY_VIEW)
def test_a_question_for_the_headers_is_answered_without_a_body(
    asked: FlaskClient, view: str
) -> None:
    head = asked.head(f"{URL}/{view}")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == get(asked, view).headers["ETag"]
    assert head.content_type == get(asked, view).content_type


@pytest.mark.parametrize("view", ["ensemble", "density?format=json", "members"])
def test_documents_are_compressed_for_those_who_take_it(asked: FlaskClient, view: str) -> None:
    packed = get(asked, view, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    plain = get(asked, view)
    assert "Content-Encoding" not in plain.headers
    assert len(packed.data) < len(plain.data)
    assert packed.headers["ETag"] == plain.headers["ETag"]


# Densities.


@pytest.mark.parametrize("size", [512, 256, 128])
def test_a_picture_shows_the_counts_with_y_up(asked: FlaskClient, size: int) -> None:
    counts = np.load(io.BytesIO(get(asked, f"density?format=npy&size={size}").data))
    assert (counts.shape, counts.dtype) == ((size, size), np.uint64)
    answer = get(asked, f"density?size={size}&theme=dark")
    assert answer.content_type == "image/png"
    picture = np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGB"))
    inked = (picture != THEMES["dark"].ground).any(axis=2)
    assert (inked == (counts[::-1] > 0)).all()
    assert inked.any()


def test_all_forms_of_a_density_hold_the_same_counts(asked: FlaskClient) -> None:
    outline = get(asked, "ensemble").get_json()["agents"]["Satellite"]["density"]
    whole = get(asked, "density?format=json").get_json()
    array = np.load(io.BytesIO(get(asked, "density?format=npy").data))
    assert (np.array(whole["counts"]) == array).all()
    assert (whole["inside"], whole["outside"]) == (outline["inside"], outline["outside"])
    assert whole["half_width"] == outline["half_width"]
    assert whole["span"] == [1, 300]
    spans = [
        get(asked, f"density?format=json&span={span}").get_json()
        for span in range(len(outline["spans"]))
    ]
    assert [one["span"] for one in spans] == outline["spans"]
    assert (sum(np.array(one["counts"]) for one in spans) == array).all()


def test_the_nominal_orbit_is_a_line_over_the_picture(asked: FlaskClient) -> None:
    plain, crossed = (
        np.asarray(Image.open(io.BytesIO(get(asked, f"density?orbit={o}").data)).convert("RGB"))
        for o in ("none", "nominal")
    )
    changed = (plain != crossed).any(axis=2).sum()
    assert 500 < changed < 20_000


# Members.


def test_pages_follow_one_another_in_the_order_that_is_asked_for(asked: FlaskClient) -> None:
    rows: list[dict[str, Any]] = []
    query = "members?sort=-closest&where=bound,escaped&limit=5"
    cursor = ""
    while cursor is not None:
        one = get(asked, f"{query}&cursor={cursor}").get_json()
        assert len(one["rows"]) <= 5
        assert one["matching"] == MEMBERS
        rows += one["rows"]
        cursor = one["next"]
    closest = [row["closest"] for row in rows]
    assert closest == sorted(closest, reverse=True)
    assert {row["member"] for row in rows} == set(range(MEMBERS))


def test_files_hold_the_whole_table_filtered_and_sorted(asked: FlaskClient) -> None:
    query = "&sort=-closest&where=none,bound"
    arrow = pa.ipc.open_file(get(asked, f"members?format=arrow{query}").data).read_all()
    parquet = pq.read_table(io.BytesIO(get(asked, f"members?format=parquet{query}").data))
    rows = get(asked, f"members?limit=100{query}").get_json()["rows"]
    assert arrow.to_pylist() == parquet.to_pylist() == rows
    assert len(rows) == 2 * MEMBERS
    lines = get(asked, f"members?format=csv{query}").text.splitlines()
    assert lines[0].split(",") == arrow.column_names
    assert [line.split(",")[0] for line in lines[1:]] == [str(row["member"]) for row in rows]
    first = get(asked, f"members?format=csv&limit=3{query}").text.splitlines()
    assert first == lines[:4]


def test_a_file_has_a_name(asked: FlaskClient) -> None:
    headers = get(asked, "members?format=parquet").headers
    assert headers["Content-Disposition"] == f'attachment; filename="members-{SMALL.id}.parquet"'
    headers = get(asked, "density?format=npy").headers
    assert headers["Content-Disposition"] == f'attachment; filename="density-{SMALL.id}.npy"'


# What makes no sense.


@pytest.mark.parametrize(
    ("view", "says"),
    [
        ("ensemble?partial=yes", "partial must be one of"),
        ("ensemble?agent=Satellite", "not a parameter here"),
        ("ensemble?seed=3", "seed and members already"),
        ("ensemble?member=2", "is one trajectory"),
        ("density?agent=Planet", "agent must be one that is analysed: Satellite"),
        ("density?agent=", "agent must be one that is analysed"),
        ("density?size=100", "size must be one of"),
        ("density?span=8", "span must be one of"),
        ("density?format=gif", "format must be one of"),
        ("density?theme=red", "theme must be one of"),
        ("density?limit=3", "not a parameter here"),
        ("members?where=lost", "where must be of bound, escaped"),
        ("members?where=bound,,escaped", "where must be of"),
        ("members?agent=Moon", "agent must be one of the scenario's: Planet, Satellite"),
        ("members?sort=mass", "sort must be one of member, agent"),
        ("members?sort=--x", "sort must be one of"),
        ("members?limit=0", "limit must be a whole number from 1 to"),
        ("members?limit=10001", "limit must be a whole number from 1 to"),
        ("members?cursor=abc", "cursor is none that a page has given"),
        ("members?format=csv&cursor=abc", "cursor is the beginning of a page"),
        ("members?format=xml", "format must be one of json, csv"),
        ("members?partial=1", "not a parameter here"),
        ("members?limit=3&limit=4", "given 2 times"),
    ],
)
def test_a_query_that_makes_no_sense_is_400_with_a_sentence(
    asked: FlaskClient, view: str, says: str
) -> None:
    assert says in a_problem(get(asked, view), 400)


def test_a_span_of_time_that_a_short_ensemble_has_not_is_400(web: FlaskClient) -> None:
    made = web.post(API_ROOT, json={"steps": 3, "members": 2}).get_json()
    sentence = a_problem(web.get(f"{made['links']['density']}?span=3"), 400)
    assert "span must be below 3" in sentence


def test_a_cursor_of_another_order_is_400(asked: FlaskClient) -> None:
    cursor = get(asked, "members?sort=closest&limit=1").get_json()["next"]
    answer = get(asked, f"members?sort=-closest&cursor={cursor}")
    assert "belongs to another order" in a_problem(answer, 400)


@pytest.mark.parametrize("view", VIEWS)
def test_one_trajectory_is_no_ensemble(web: FlaskClient, view: str) -> None:
    web.post(API_ROOT, json={"steps": 300})
    assert "is one trajectory" in a_problem(web.get(f"{API_ROOT}/300/{view}"), 400)


@pytest.mark.parametrize("view", ["records", "records?times=1,2", "overview"])
def test_what_is_of_one_run_needs_a_member(asked: FlaskClient, view: str) -> None:
    assert "member" in a_problem(get(asked, view), 400)
    joint = "&" if "?" in view else "?"
    assert get(asked, f"{view}{joint}member=5").status_code == 200
    sentence = a_problem(get(asked, f"{view}{joint}member={MEMBERS}"), 400)
    assert f"0 to {MEMBERS - 1}" in sentence


def test_states_and_data_js_need_a_member_too(asked: FlaskClient) -> None:
    body = {"times": [1.0]}
    assert "member" in a_problem(asked.post(f"{URL}/records", json=body), 400)
    assert asked.post(f"{URL}/records?member=1", json=body).status_code == 200
    page = f"/propagate/{SMALL.id}/data.js"
    assert asked.get(page).status_code == 400
    assert asked.get(f"{page}?member=1").status_code == 200


# What is not there, or not yet.


@pytest.mark.parametrize("view", VIEWS)
def test_what_nobody_has_asked_for_is_404_and_looking_starts_nothing(
    waiting: FlaskClient, patient: Services, view: str
) -> None:
    answer = waiting.get(f"{API_ROOT}/300/{view}?members=12")
    assert "has not been requested" in a_problem(answer, 404)
    assert "Retry-After" not in answer.headers
    assert patient.runs.under_way() == []


@pytest.mark.parametrize("view", VIEWS)
def test_while_a_run_goes_on_there_is_a_404_that_says_when_to_ask_again(
    waiting: FlaskClient, patient: Services, view: str
) -> None:
    RunOfEnsemble(patient, SMALL)
    answer = get(waiting, view)
    assert "not complete yet" in a_problem(answer, 404)
    assert int(answer.headers["Retry-After"]) > 0


def test_a_partial_result_is_there_for_those_who_ask_for_it(
    waiting: FlaskClient, patient: Services
) -> None:
    run = RunOfEnsemble(patient, SMALL)
    for view in ("ensemble", "density"):
        assert "Retry-After" in get(waiting, f"{view}?partial=1").headers
    run.compute([range(5, 8), range(3)])
    run.publish_partial()
    answer = get(waiting, "ensemble?partial=1")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    document = answer.get_json()
    assert (document["finished"], document["members"], document["partial"]) == (6, 12, True)
    for form in ("png", "json", "npy"):
        shown = get(waiting, f"density?partial=1&format={form}")
        assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    inside = get(waiting, "density?partial=1&format=json").get_json()["inside"]
    assert inside == document["agents"]["Satellite"]["density"]["inside"] > 0
    for view in VIEWS:
        assert get(waiting, view).status_code == 404
    run.compute([range(8, 12), range(3, 5)])
    run.publish()
    whole = get(waiting, "ensemble?partial=1")
    assert whole.data == get(waiting, "ensemble").data
    assert whole.get_json()["finished"] == MEMBERS


def test_a_run_in_blocks_serves_the_bytes_of_an_answer_at_once(
    waiting: FlaskClient, patient: Services, redis_client: redis.Redis
) -> None:
    run = RunOfEnsemble(patient, SMALL)
    run.compute([range(7, 12), range(1), range(1, 7)])
    run.publish()
    views = (*EVERY_VIEW, "members?sort=-closest&limit=4")
    from_run = [(get(waiting, view).data, get(waiting, view).headers["ETag"]) for view in views]
    redis_client.flushdb()
    at_once = create_app(Settings(redis_url=patient.settings.redis_url)).test_client()
    at_once.post(API_ROOT, json={"steps": 300, "seed": 3, "members": MEMBERS})
    assert from_run == [
        (get(at_once, view).data, get(at_once, view).headers["ETag"]) for view in views
    ]


@pytest.mark.parametrize("query", ["", "?format=csv", "?format=parquet&sort=x", "?limit=1"])
def test_members_that_are_not_kept_are_404_and_the_rest_stays(
    waiting: FlaskClient, patient: Services, redis_client: redis.Redis, query: str
) -> None:
    run = RunOfEnsemble(patient, SMALL)
    run.compute([range(8), range(8, 12)])
    run.publish()
    redis_client.delete(keys.ensemble_block(SMALL.trajectory.digest, SMALL.steps, 8))
    answer = get(waiting, f"members{query}")
    assert "POST it again" in a_problem(answer, 404)
    assert int(answer.headers["Retry-After"]) > 0
    assert get(waiting, "ensemble").status_code == get(waiting, "density").status_code == 200
    body = {"steps": 300, "seed": 3, "members": MEMBERS}
    assert waiting.post(API_ROOT, json=body).status_code == 202, "they are not computed again"


def test_members_that_there_was_no_room_for_are_404_and_stay_so(
    waiting: FlaskClient, patient: Services
) -> None:
    run = RunOfEnsemble(patient, SMALL)
    run.compute([range(8)])
    run.compute([range(8, 12)], keep=False)
    run.publish()
    answer = get(waiting, "members")
    assert "PORTA_SLICE_BUDGET" in a_problem(answer, 404)
    assert "Retry-After" not in answer.headers
    again = waiting.post(API_ROOT, json={"steps": 300, "seed": 3, "members": MEMBERS})
    assert again.status_code == 200


def test_a_block_that_was_altered_is_not_served(
    waiting: FlaskClient, patient: Services, redis_client: redis.Redis
) -> None:
    run = RunOfEnsemble(patient, SMALL)
    run.compute([range(12)])
    run.publish()
    name = keys.ensemble_block(SMALL.trajectory.digest, SMALL.steps, 0, "")
    redis_client.hset(name, "members", b"altered")
    assert "POST it again" in a_problem(get(waiting, "members"), 404)


def test_a_table_that_is_too_large_to_be_sorted_here_says_what_to_do(
    redis_url: str, patient: Services
) -> None:
    many = PropagationRequest(1, Trajectory(seed=5), 200_000)
    run = RunOfEnsemble(patient, many)
    run.compute(range(first, first + 10_000) for first in range(0, 200_000, 10_000))
    run.publish()
    small = Settings(redis_url=redis_url, inline_work=0, read_memory=2**20)
    with contextlib.closing(build_services(small)) as services:
        web = create_app(services=services).test_client()
        url = f"{API_ROOT}/{many.id}/members"
        assert "leave sort out" in a_problem(web.get(f"{url}?format=csv&sort=x"), 400)
        assert web.get(f"{url}?format=csv&sort=x&limit=10").status_code == 200
        rows = web.get(f"{url}?format=csv").data.count(b"\n") - 1
        assert rows == 2 * many.members
