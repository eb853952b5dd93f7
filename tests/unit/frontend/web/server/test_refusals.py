"""Claims about what a client reads whose request never reached the application."""

from __future__ import annotations

import json

from gunicorn.http.errors import InvalidHeader, LimitRequestLine

from frontend.web.server.refusals import overloaded, problem_of, response


def test_a_response_is_a_problem_document_and_ends_the_connection() -> None:
    head, _, body = response(problem_of(overloaded())).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 503 Service Unavailable"
    assert {"Connection: close", "Retry-After: 5", f"Content-Length: {len(body)}"} < set(lines)
    assert any(line.startswith("Content-Security-Policy: default-src 'none'") for line in lines)
    assert json.loads(body)["title"] == "Service Unavailable"


def test_no_refusal_repeats_what_the_client_sent() -> None:
    for error in (
        InvalidHeader("<evil>"),
        LimitRequestLine(9_999, 4_094),
        ValueError("<evil>"),
    ):
        assert b"evil" not in response(problem_of(error))
