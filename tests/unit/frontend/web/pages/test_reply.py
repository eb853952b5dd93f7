from __future__ import annotations

from http import HTTPStatus

from frontend.web.pages.reply import page


def test_a_page_is_html_that_no_cache_keeps() -> None:
    answer = page("<p>", HTTPStatus.BAD_REQUEST)
    assert answer.status_code == 400
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
