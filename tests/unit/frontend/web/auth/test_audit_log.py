"""Claims about the audit: what is written of whom, and what never is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from tests.guarded import bearer, form_token

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.guarded import Guarded

ROOT = "/api/v1/propagations"
LONG = {"steps": 200_000}


def audited(act: Callable[[], object]) -> list[dict[str, Any]]:
    with capture_logs() as lines:
        act()
    return [dict(line) for line in lines if line["event"] == "audit"]


def test_a_start_and_a_cancellation_say_who_what_which_run_and_from_where(
    guarded: Guarded,
) -> None:
    web = guarded.client()
    ada = bearer(guarded.ada)
    (start,) = audited(lambda: web.post(ROOT, json=LONG, headers=ada))
    (run,) = guarded.services.runs.under_way()
    expected = {"who": "ada", "id": "200000", "run": run.digest, "address": "127.0.0.1"}
    assert start.items() >= (expected | {"action": "start", "outcome": "done"}).items()
    (cancel,) = audited(lambda: web.delete(f"{ROOT}/200000", headers=ada))
    assert cancel.items() >= (expected | {"action": "cancel", "outcome": "done"}).items()


def test_a_deletion_is_written_and_joining_and_looking_are_not(guarded: Guarded) -> None:
    web = guarded.client()
    ada = bearer(guarded.ada)
    web.post(ROOT, json=LONG, headers=ada)
    assert audited(lambda: web.post(ROOT, json=LONG, headers=ada)) == []
    assert audited(lambda: web.post(ROOT, json={"steps": 500}, headers=ada)) == []
    assert audited(lambda: web.get("/propagate/500", headers=ada)) == []
    (line,) = audited(lambda: web.delete(f"{ROOT}/500", headers=ada))
    assert (line["action"], line["id"]) == ("delete", "500")


def test_every_refusal_is_written(guarded: Guarded) -> None:
    web = guarded.client()
    bob = bearer(guarded.bob)

    def refused() -> None:
        web.post(ROOT, json=LONG)
        web.delete(f"{ROOT}/500", headers=bob | {"Sec-Fetch-Site": "cross-site"})
        for seed in range(3):
            web.post(ROOT, json=LONG | {"seed": seed}, headers=bob)

    lines = [line for line in audited(refused) if line["outcome"] == "refused"]
    assert [(line["who"], line["action"]) for line in lines] == [
        ("anonymous", f"POST {ROOT}"),
        ("bob", f"DELETE {ROOT}/500"),
        ("bob", f"POST {ROOT}"),
    ]
    assert all(line["reason"] for line in lines)


def test_signing_in_and_out_is_written(guarded: Guarded) -> None:
    client = guarded.client()
    form = {"csrf_token": form_token(client, "/sign-in")}
    (refused,) = audited(lambda: client.post("/sign-in", data=form | {"token": "wrong"}))
    assert (refused["who"], refused["outcome"]) == ("anonymous", "refused")
    (done,) = audited(lambda: client.post("/sign-in", data=form | {"token": guarded.ada}))
    assert (done["who"], done["outcome"]) == ("ada", "done")
    form = {"csrf_token": form_token(client, "/")}
    (out,) = audited(lambda: client.post("/sign-out", data=form))
    assert (out["who"], out["action"]) == ("ada", "sign out")


def test_no_line_of_any_log_holds_a_token(guarded: Guarded) -> None:
    web = guarded.client()
    with capture_logs() as lines:
        web.post(ROOT, json=LONG, headers=bearer(guarded.ada))
        web.post(ROOT, json=LONG, headers=bearer("porta_guessed"))
        web.get(f"/sign-in?token={guarded.ada}")
        guarded.signed_in()
        guarded.tokens.write_text(guarded.ada)
        web.post(ROOT, json=LONG, headers=bearer(guarded.ada))
    assert lines
    assert guarded.ada not in str(lines)
    assert "porta_guessed" not in str(lines)
