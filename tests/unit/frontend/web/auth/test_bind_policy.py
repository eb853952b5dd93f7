"""Claims about which addresses need a decision on who may start things."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from frontend.bootstrap import build_services
from frontend.errors import SettingsError
from frontend.settings import Settings
from frontend.web.app import create_app
from frontend.web.auth.bind_policy import check_auth, refuse_strangers

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    refuse_strangers(Settings(), host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "porta.example", "", "*"])  # noqa: S104 - refused
def test_any_other_address_does(host: str) -> None:
    with pytest.raises(SettingsError, match="PORTA_AUTH"):
        refuse_strangers(Settings(), host)
    refuse_strangers(Settings(auth="none"), host)


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (Settings(auth="token", session_key="k" * 32), "PORTA_TOKENS_FILE"),
        (Settings(auth="token", tokens_file="tokens"), "PORTA_SESSION_KEY"),
        (Settings(auth="token", tokens_file="/nowhere", session_key="k"), "PORTA_TOKENS_FILE"),
        (Settings(auth="header"), "PORTA_TRUSTED_PROXIES"),
    ],
)
def test_a_way_to_authenticate_needs_all_that_belongs_to_it(
    settings: Settings, missing: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        check_auth(settings)
    assert caught.value.variable == missing


@pytest.mark.parametrize("name", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080"])
def test_this_machine_answers_to_its_own_names(web: FlaskClient, name: str) -> None:
    assert web.get("/healthz", headers={"Host": name}).status_code == 200
    assert web.get("/propagate/500", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("name", ["evil.example", "evil.example:8080", "localhost.evil.example"])
def test_a_page_whose_name_points_to_this_machine_reads_and_starts_nothing(
    web: FlaskClient, name: str
) -> None:
    ours = {"Host": name, "Origin": f"http://{name}", "Sec-Fetch-Site": "same-origin"}
    answer = web.post("/api/v1/propagations", json={"steps": 1_000_000}, headers=ours)
    assert answer.status_code == 403
    assert "PORTA_AUTH" in answer.get_json()["detail"]
    assert web.get("/propagate/1000000", headers=ours).status_code == 403
    assert web.get("/api/v1/propagations/1000000").status_code == 404


@pytest.mark.parametrize("name", ["[", "a b", "]:80", "\xe4", ""])
def test_a_name_that_is_none_is_refused_with_a_sentence(web: FlaskClient, name: str) -> None:
    assert web.get("/", headers={"Host": name}).status_code == 403


def test_any_name_will_do_where_somebody_has_decided(redis_url: str) -> None:
    settings = Settings(redis_url=redis_url, auth="none")
    with contextlib.closing(build_services(settings)) as services:
        web = create_app(services=services).test_client()
        assert web.get("/", headers={"Host": "porta.example"}).status_code == 200
