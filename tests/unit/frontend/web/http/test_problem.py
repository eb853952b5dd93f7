"""Claims about the document of an error."""

from __future__ import annotations

from http import HTTPStatus

from frontend.web.http.problem import Problem


def test_a_problem_has_the_members_of_the_standard() -> None:
    assert Problem(HTTPStatus.CONFLICT, "Twice.").to_json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "Twice.",
    }
