"""Claims about the pictures of runs and presets: real ones of what is there; nothing starts."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from frontend.admission import Admission, fair_gate
from frontend.pictures import THEMES
from frontend.web.app import create_app
from frontend.web.pages.run_picture import SIZES
from sim.presets import NAMES
from sim.scenario import PropagationRequest, Trajectory
from tests.busy_admission import occupied

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from frontend.bootstrap import Services


def pixels(answer: TestResponse) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.data)))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["small", "card"])
def test_a_run_that_is_there_has_its_picture_in_each_size_and_theme(
    web: FlaskClient, size: str, theme: str
) -> None:
    web.get("/propagate/5000")
    answer = web.get(f"/propagate/5000/picture.png?size={size}&theme={theme}")
    picture = pixels(answer)
    assert picture.shape == (*SIZES[size][::-1], 3)
    seen = {tuple(colour) for colour in picture.reshape(-1, 3).tolist()}
    assert {THEMES[theme].ground, *THEMES[theme].agents[:2]} <= seen
    assert "immutable" in answer.headers["Cache-Control"]
    again = web.get(
        f"/propagate/5000/picture.png?size={size}&theme={theme}",
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert again.status_code == 304


def test_what_is_not_there_has_a_neutral_picture_that_nobody_keeps_and_starts_nothing(
    web: FlaskClient, services: Services
) -> None:
    absent = [web.get(f"/propagate/{n}/picture.png") for n in (400, 200_000)]
    assert (pixels(absent[0]) == pixels(absent[1])).all()
    assert {one.headers["Cache-Control"] for one in absent} == {"no-store"}
    assert services.propagations.under_way() == []
    assert services.propagations.recent() == []
    web.get("/propagate/400")
    there = pixels(web.get("/propagate/400/picture.png"))
    assert (there != pixels(absent[0])).any()


def test_a_deleted_run_has_its_picture_no_longer(web: FlaskClient, services: Services) -> None:
    web.get("/propagate/400")
    there = pixels(web.get("/propagate/400/picture.png"))
    services.propagations.remove(PropagationRequest(400))
    assert (pixels(web.get("/propagate/400/picture.png")) != there).any()


def test_runs_of_other_seeds_have_other_pictures(web: FlaskClient) -> None:
    pictures = []
    for seed in (0, 1):
        request = PropagationRequest(400, Trajectory(seed=seed))
        web.get(f"/propagate/400?seed={seed}")
        pictures.append(pixels(web.get(f"/propagate/{request.id}/picture.png")))
    assert (pictures[0] != pictures[1]).any()


def test_an_ensemble_has_the_picture_of_its_density(web: FlaskClient) -> None:
    assert 'data-status="complete"' in web.get("/propagate/200?seed=0&members=20").text
    picture = pixels(web.get("/propagate/200/picture.png?seed=0&members=20"))
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 4


@pytest.mark.parametrize("name", NAMES)
def test_each_preset_has_its_picture_without_redis_and_without_a_run(
    web: FlaskClient, services: Services, name: str
) -> None:
    picture = pixels(web.get(f"/presets/{name}/picture.png?theme=dark"))
    drawn = (picture != THEMES["dark"].ground).any(axis=2)
    assert drawn.mean() > 0.002
    assert services.propagations.recent() == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/presets/kepler/picture.png", 404),
        ("/presets/nano/picture.png?size=huge", 400),
        ("/propagate/500/picture.png?theme=blue", 400),
        ("/propagate/0/picture.png", 400),
    ],
)
def test_what_has_no_picture_is_a_sentence(web: FlaskClient, path: str, status: int) -> None:
    answer = web.get(path)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text


def test_while_too_much_else_is_computed_a_picture_is_neutral_and_no_failure(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    admission = Admission(memory=2**24, waiters=8, cores=1)
    web = create_app(services=replace(services, admission=admission)).test_client()
    web.get("/propagate/400")
    with monkeypatch.context() as hurried, occupied(admission):
        hurried.setattr(fair_gate, "WAIT_S", 0.1)
        for path in ("/propagate/400/picture.png", "/presets/nano/picture.png"):
            answer = web.get(path)
            assert answer.headers["Cache-Control"] == "no-store"
            pixels(answer)
    assert "immutable" in web.get("/propagate/400/picture.png").headers["Cache-Control"]
