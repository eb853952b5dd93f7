"""Claims about results of another Porta, over HTTP, served by the application itself."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.serving import make_server

from frontend.bootstrap import build_services
from frontend.cli.served_verification import verify_served
from frontend.settings import Settings
from frontend.web.app import create_app
from sim.calibration import chain_speed
from sim.cost_model import opened_seconds
from sim.errors import DamagedError, VerificationError
from sim.presets import preset
from sim.scenario import PropagationRequest, Trajectory
from sim.verification import Effort
from tests.stored_ensembles import RunOfEnsemble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.bootstrap import Services

ALL, SAMPLE = Effort(everything=True), Effort(soon_s=1e-9, seed=0)


@contextlib.contextmanager
def serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serving(app) as found:
        yield found


def test_a_run_of_another_porta_is_verified(address: str) -> None:
    whole = verify_served(address, "500", ALL)
    assert whole.ok, whole
    assert (whole.what, whole.share) == ("500 of 127.0.0.1", "all 805 records")


@pytest.fixture
def stub() -> Iterator[tuple[Flask, str]]:
    """A server whose answers a test chooses, and its address."""
    app = Flask("stub")
    with serving(app) as found:
        yield app, found


@pytest.mark.parametrize("asked", ["500-0123456789abcdef", "500"])
def test_a_server_that_answers_with_another_result_is_found(
    asked: str, stub: tuple[Flask, str], app: Flask
) -> None:
    other, address = stub
    client = app.test_client()
    other.add_url_rule(
        "/api/v1/propagations/<_id>/<route>",
        view_func=lambda _id, route: (
            client.get(
                f"/api/v1/propagations/600/{route}", query_string=request.query_string.decode()
            ).data
        ),
    )
    found = verify_served(address, asked, ALL)
    assert not found.ok
    assert str(found) == (
        f"{asked} of 127.0.0.1 is not what {asked} gives: the id: 600 stored, {asked} recomputed."
    )
    assert verify_served(address, "600", ALL).ok
    assert verify_served(address, "q-0123456789abcdef", ALL).ok  # an order, and its answer


def test_an_ensemble_of_another_porta_is_verified(address: str, services: Services) -> None:
    ensemble = PropagationRequest(500, members=40)
    run = RunOfEnsemble(services, ensemble)
    run.compute([range(40)])
    run.publish()
    whole, sample = (verify_served(address, ensemble.id, effort) for effort in (ALL, SAMPLE))
    assert whole.ok, whole
    assert whole.share == "all 80 rows"
    assert sample.ok, sample
    assert sample.share == "a sample: 3 of 40 members (seed 0)"


def test_of_a_long_run_some_intervals_are_compared_and_the_checksum_of_all(redis_url: str) -> None:
    long = PropagationRequest(8_000, Trajectory(preset("pythagorean").scenario))
    settings = Settings(redis_url=redis_url)  # which answers so much at once
    with contextlib.closing(build_services(settings)) as services:
        services.store.remember(long)
        with serving(create_app(services=services)) as address:
            found = verify_served(address, long.id, SAMPLE)
    assert found.ok, found
    sample = "a sample: 3 of 4 intervals (seed 0)"
    assert found.share == f"the checksum of all its checkpoints, and {sample}"


@pytest.mark.parametrize("name", ["nano", "circular"])  # the second steps by leapfrog
@pytest.mark.parametrize("intervals", [1, 3])
def test_of_a_run_that_takes_long_to_integrate_the_beginning_is_compared(
    name: str, intervals: int, redis_url: str
) -> None:
    scenario = preset(name).scenario
    steps = 4 * scenario.interval
    long = PropagationRequest(steps, Trajectory(scenario))
    takes_s = opened_seconds(scenario, steps) / chain_speed()
    reaches = replace(SAMPLE, chain_s=takes_s * (intervals + 0.5) / 4)
    settings = Settings(redis_url=redis_url)
    with contextlib.closing(build_services(settings)) as services:
        services.store.remember(long)
        with serving(create_app(services=services)) as address:
            found = verify_served(address, long.id, reaches)
    assert found.ok, found
    assert found.share == f"a sample: {intervals} of 4 intervals (seed 0)"
    first = f"{intervals * scenario.interval:,} of {steps:,}"
    assert found.notes == (
        f"The sample is of the first {first} steps; --all recomputes the others.",
    )


@pytest.mark.parametrize(
    ("propagation_id", "sentence"),
    [
        ("500-0123456789abcdef", "refused by the server with 404: .* has not been requested"),
        ("many", "refused by the server with 400"),
    ],
)
def test_what_the_server_refuses_is_told(address: str, propagation_id: str, sentence: str) -> None:
    with pytest.raises(VerificationError, match=sentence):
        verify_served(address, propagation_id, ALL)


def test_a_server_that_says_that_it_chooses_among_the_records_is_found(
    stub: tuple[Flask, str], app: Flask
) -> None:
    other, address = stub
    client = app.test_client()

    def metadata() -> dict[str, Any]:
        said = client.get("/api/v1/propagations/500/metadata")
        return {**(said.json or {}), "selection": {"kind": "records", "every": 1000}}

    other.add_url_rule("/api/v1/propagations/500/metadata", view_func=metadata)
    other.add_url_rule(
        "/api/v1/propagations/500/records",
        view_func=lambda: (
            client.get("/api/v1/propagations/500/records?format=parquet&every=1000").data
        ),
    )
    found = verify_served(address, "500", ALL)
    assert found.differences[0].where == "what it says of itself as selection"


@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_without_an_end_is_not_read_on(status: int, stub: tuple[Flask, str]) -> None:
    other, address = stub
    sent = []

    def endless() -> Iterator[bytes]:
        for _ in range(2_000):
            sent.append(1)
            yield b" " * 2**20

    other.add_url_rule(
        "/api/v1/propagations/500/metadata", view_func=lambda: Response(endless(), status)
    )
    with pytest.raises(VerificationError, match=r"than it can have|does not say why"):
        verify_served(address, "500", ALL)
    assert len(sent) < 100


def test_an_answer_that_is_nested_deeply_is_refused(stub: tuple[Flask, str]) -> None:
    other, address = stub
    other.add_url_rule(
        "/api/v1/propagations/500/metadata",
        view_func=lambda: b'{"id":' + b"[" * 1_000 + b"]" * 1_000 + b"}",
    )
    with pytest.raises(VerificationError, match="nested deeply: is that a Porta"):
        verify_served(address, "500", ALL)


def test_what_is_no_whole_file_is_told_by_its_id(stub: tuple[Flask, str], app: Flask) -> None:
    other, address = stub
    client = app.test_client()
    said = client.get("/api/v1/propagations/500/metadata").data
    other.add_url_rule(
        "/api/v1/propagations/500/<route>",
        view_func=lambda route: said if route == "metadata" else b"PAR1 and no end",
    )
    with pytest.raises(DamagedError, match=r"^500 of 127\.0\.0\.1 is not a whole Parquet file"):
        verify_served(address, "500", ALL)


def test_a_redirect_to_another_server_is_not_followed(
    stub: tuple[Flask, str], address: str
) -> None:
    other, there = stub
    other.add_url_rule(
        "/api/v1/propagations/500/<route>",
        view_func=lambda route: redirect(f"{address}/api/v1/propagations/500/{route}"),
    )
    with pytest.raises(VerificationError, match=f"redirects to another .* --server {address}"):
        verify_served(there, "500", ALL)


def test_a_redirect_within_a_server_is_followed(stub: tuple[Flask, str], app: Flask) -> None:
    other, address = stub
    client = app.test_client()
    other.add_url_rule(
        "/api/v1/propagations/500/<route>",
        view_func=lambda route: redirect(f"/p/{route}?{request.query_string.decode()}"),
    )
    other.add_url_rule(
        "/p/<route>",
        endpoint="elsewhere",
        view_func=lambda route: (
            client.get(
                f"/api/v1/propagations/500/{route}", query_string=request.query_string.decode()
            ).data
        ),
    )
    assert verify_served(address, "500", ALL).ok


@pytest.mark.parametrize(
    "server",
    [
        *("http://127.0.0.1:1", "nowhere", "ftp://x", "http://h:port", "http://[", ""),
        *("http://porta.example\x7f", "http://127.0.0.1:1/?token=x"),
    ],
)
def test_a_server_that_is_not_there_is_told(server: str) -> None:
    with pytest.raises(VerificationError, match="can't be asked for 500"):
        verify_served(server, "500", ALL)


def test_a_password_in_an_address_is_not_shown() -> None:
    with pytest.raises(VerificationError, match=r"porta\.example can't be asked") as found:
        verify_served("http://ada:secret@porta.example", "500", ALL)
    assert "secret" not in str(found.value)


def test_a_proxy_is_not_asked_for_what_is_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert verify_served(address, "500", ALL).ok


def test_the_token_of_the_environment_is_sent_to_this_machine(
    monkeypatch: pytest.MonkeyPatch, stub: tuple[Flask, str]
) -> None:
    other, address = stub
    seen: list[str | None] = []

    def refuse() -> Response:
        seen.append(request.headers.get("Authorization"))
        return Response(b'{"detail": "A token is required."}', 401)

    other.add_url_rule("/api/v1/propagations/500/metadata", view_func=refuse)
    for token in ("secret\n", ""):
        monkeypatch.setenv("PORTA_TOKEN", token)
        with pytest.raises(VerificationError, match=r"token is required\. PORTA_TOKEN is sent"):
            verify_served(address, "500", ALL)
    assert seen == ["Bearer secret", None]
    monkeypatch.setenv("PORTA_TOKEN", "se cret")
    with pytest.raises(VerificationError, match="PORTA_TOKEN must be of printable") as found:
        verify_served(address, "500", ALL)
    assert "cret" not in str(found.value)
