"""Claims about what a shared link is shown with: whole addresses, a card, and nothing started."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from frontend.pictures.cards import CARD
from sim.scenario import NANO

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from frontend.bootstrap import Services


def pixels(answer: TestResponse) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.data)))


def meta(html: str, name: str) -> str:
    found = re.search(rf'<meta (?:property|name)="{name}" content="([^"]*)">', html)
    assert found is not None, name
    return found[1]


def test_a_result_has_a_card_that_may_be_kept(web: FlaskClient) -> None:
    web.get("/propagate/5000")
    answer = web.get("/propagate/5000/card.png")
    assert pixels(answer).shape == (*CARD[::-1], 3)
    assert "immutable" in answer.headers["Cache-Control"]
    again = web.get("/propagate/5000/card.png", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["7", "200000", "500-0123456789abcdef", "nonsense", "0"])
def test_of_what_is_not_there_there_is_a_neutral_card_that_starts_nothing(
    web: FlaskClient, services: Services, name: str
) -> None:
    answer = web.get(f"/propagate/{name}/card.png")
    assert pixels(answer).shape == (*CARD[::-1], 3)
    assert answer.headers["Cache-Control"] == "no-store"
    assert services.propagations.under_way() == []
    assert services.propagations.recent() == []


def test_an_ensemble_has_a_card(web: FlaskClient) -> None:
    web.post("/api/v1/propagations", json={"steps": 200, "members": 8})
    page = web.get("/propagate/200?members=8").text
    card = meta(page, "og:image").removeprefix("http://localhost")
    assert "immutable" in web.get(card).headers["Cache-Control"]


def test_a_page_says_what_it_is_to_whoever_shows_its_link(web: FlaskClient) -> None:
    html = web.get("/propagate/5000").text
    assert meta(html, "og:title") == "Planet and Satellite: 5,000 steps"
    assert meta(html, "og:image") == "http://localhost/propagate/5000/card.png"
    assert meta(html, "og:url") == "http://localhost/propagate/5000"
    assert meta(html, "og:description").startswith(
        "Nobody escapes. Energy of Satellite departs by "
    )
    assert meta(html, "twitter:card") == "summary_large_image"
    assert (meta(html, "og:image:width"), meta(html, "og:image:height")) == ("1200", "630")


def test_names_in_a_description_are_text(web: FlaskClient) -> None:
    scenario = NANO.to_json()
    scenario["agents"][1]["name"] = '"><script>alert(1)</script>'  # type: ignore[index]  # it is a list
    found = web.post("/api/v1/propagations", json={"steps": 500, "scenario": scenario}).get_json()
    assert "<script>alert" not in web.get(found["links"]["page"]).text
    assert pixels(web.get(found["links"]["page"] + "/card.png")).shape == (*CARD[::-1], 3)
