"""Claims about how many fields a form may have."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from frontend.web.http.limits import FORM_FIELDS_LIMIT

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.mark.parametrize("path", ["/", "/propagate/500"])
def test_a_form_of_many_fields_is_refused_before_it_is_parsed(web: FlaskClient, path: str) -> None:
    form = "&".join(f"{number:x}=" for number in range(120_000))
    begun = time.thread_time()
    answer = web.post(path, data=form, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert f"more than {FORM_FIELDS_LIMIT} fields" in answer.text
    assert time.thread_time() - begun < 0.5


def test_a_form_of_many_parts_is_refused(web: FlaskClient) -> None:
    form = {f"f{number}": "1" for number in range(FORM_FIELDS_LIMIT + 1)}
    answer = web.post("/", data=form, content_type="multipart/form-data")
    assert answer.status_code == 413


def test_a_form_of_a_few_fields_is_read(web: FlaskClient) -> None:
    answer = web.post("/", data={"steps": "500", "seed": "3"})
    assert (answer.status_code, answer.headers["Location"][:15]) == (303, "/propagate/500-")
