"""Who gets in: a real browser and real programs, at a real web that knows two people."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from playwright.sync_api import expect

from frontend.web.auth.tokens import new_token, token_line
from tests import redis_servers
from tests.guarded import bearer
from tests.installation import Installation, at_work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.redis_servers import RedisServer

TOKEN: Final = new_token()
ROOT: Final = "/api/v1/propagations"


@pytest.fixture(scope="module")
def porta(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    folder: Path = tmp_path_factory.mktemp("guarded")
    tokens = folder / "tokens"
    tokens.write_text(token_line("ada", TOKEN))
    environ = {
        "REDIS_URL": redis_server.url,
        "PORTA_AUTH": "token",
        "PORTA_TOKENS_FILE": str(tokens),
        "PORTA_SESSION_KEY": "k" * 32,
        "PORTA_LOG_FORMAT": "json",
    }
    with at_work(environ, folder) as porta:
        porta.start_web()
        yield porta


def test_a_person_signs_in_starts_a_run_cancels_it_and_signs_out(
    porta: Installation, page: Page
) -> None:
    page.goto(f"{porta.url}/propagate/300000")
    expect(page.get_by_role("heading", name="Not computed yet")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    page.get_by_label("Token").fill("porta_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{porta.url}/propagate/300000")
    expect(page.get_by_text("Queued", exact=True)).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    page.get_by_role("button", name="Propagate again").click()
    expect(page.get_by_text("Queued", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    page.goto(f"{porta.url}/propagate/300000")
    expect(page.get_by_text("Queued", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_the_form_of_the_first_page_works_for_whoever_is_signed_in(
    porta: Installation, page: Page
) -> None:
    page.goto(f"{porta.url}/sign-in")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("textbox", name="Steps").fill("501")
    page.get_by_role("button", name="Propagate").click()
    expect(page.get_by_role("heading", name=re.compile("^501 steps"))).to_be_visible()
    cookies = page.context.cookies()
    assert [one["httpOnly"] for one in cookies] == [True]
    assert [one["sameSite"] for one in cookies] == ["Strict"]


def test_programs_come_with_a_token_and_the_log_says_what_they_did(porta: Installation) -> None:
    with porta.client() as client:
        assert client.post(ROOT, json={"steps": 400_000}).status_code == 401
        ada = bearer(TOKEN)
        assert client.post(ROOT, json={"steps": 400_000}, headers=ada).status_code == 202
        gone = client.delete(f"{ROOT}/400000", headers=ada)
        assert gone.status_code == httpx.codes.NO_CONTENT
    log = (porta.logs / "web.log").read_text()
    audit = [line for line in log.splitlines() if '"event": "audit"' in line]
    done = [line for line in audit if '"id": "400000"' in line and '"who": "ada"' in line]
    assert len(done) == 2
    assert any('"outcome": "refused"' in line and '"anonymous"' in line for line in audit)
    assert TOKEN not in log


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"url": f"{ROOT}/500?seed={'7' * 5_000}"}, 414),
        ({"url": f"{ROOT}/500", "headers": {"X-Long": "x" * 9_000}}, 431),
        ({"url": f"{ROOT}/500", "headers": {f"X-{n}": "x" for n in range(120)}}, 431),
        ({"url": ROOT, "content": b"[" * 100_000}, 400),
    ],
    ids=["long line", "long header", "many headers", "deep JSON"],
)
def test_what_is_larger_than_anybody_needs_is_refused(
    porta: Installation, sent: dict[str, Any], status: int
) -> None:
    if "content" in sent:
        sent["headers"] = bearer(TOKEN) | {"Content-Type": "application/json"}
    with porta.client() as client:
        answer = client.request("POST" if "content" in sent else "GET", **sent)
        assert answer.status_code == status
        assert "Traceback" not in answer.text
        assert client.get("/healthz").status_code == httpx.codes.OK


def test_a_body_that_does_not_end_is_refused_before_it_does(porta: Installation) -> None:
    left = iter(range(16_384))  # a gigabyte
    headers = bearer(TOKEN) | {"Content-Type": "application/json"}
    with porta.client() as client:
        # Whoever still sends when the refusal comes may find the connection reset instead.
        with contextlib.suppress(httpx.NetworkError, httpx.RemoteProtocolError):
            answer = client.post(ROOT, content=(b" " * 65_536 for _ in left), headers=headers)
            assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
        assert next(left, None) is not None
        assert client.get("/healthz").status_code == httpx.codes.OK
