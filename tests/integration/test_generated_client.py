"""A client that is generated from the API's description, typed, and used against a real web."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.installation import Installation, web_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer

API: Final = "/api/v1/propagations"
BYTES: Final = "application/octet-stream"
# As docs/data-tools.md says: the generator knows these three by no other name.
OVERRIDES: Final = {
    "content_type_overrides": {
        "application/vnd.apache.parquet": BYTES,
        "application/vnd.apache.arrow.file": BYTES,
    }
}


@pytest.fixture(scope="module")
def porta(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("web")
    exports = str(folder / "exports")
    with web_alone(
        redis_server.url, folder, PORTA_EXPORT_FOLDER=exports, PORTA_INLINE_WORK="1000000"
    ) as porta:
        yield porta


@pytest.fixture(scope="module")
def generated(porta: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Make the client, and return its package."""
    folder = tmp_path_factory.mktemp("client")
    with porta.client() as client:
        (folder / "openapi.json").write_bytes(client.get("/api/v1/openapi.json").content)
    (folder / "config.json").write_text(json.dumps(OVERRIDES | {"post_hooks": []}))
    generator = (sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning")
    words = (*("--path", "openapi.json", "--config", "config.json"), *("--meta", "none"))
    done = subprocess.run(  # noqa: S603 - our own words
        (*generator, *words, "--output-path", "porta_client"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("porta_client")
    finally:
        sys.path.remove(str(folder))


Generated = Any  # a package that there is only after it was generated


def called(
    generated: Generated, porta: Installation, name: str, *args: object, **more: object
) -> Any:  # noqa: ANN401 - a generated module's
    """Call an operation of the client by its name."""
    module = importlib.import_module(f"porta_client.api.default.{name}")
    with generated.Client(base_url=porta.url) as client:
        return module.sync(*args, client=client, **more)


@pytest.fixture(scope="module")
def models(generated: Any) -> Any:  # noqa: ANN401 - a generated module
    assert generated
    return importlib.import_module("porta_client.models")


def test_a_propagation_is_started_and_its_statistics_are_typed(
    generated: Generated, models: Generated, porta: Installation
) -> None:
    body = models.PropagationBody(steps=500)
    resource = called(generated, porta, "start_propagation", body=body)
    assert isinstance(resource, models.Resource)
    assert isinstance(resource.statistics, models.Result)
    orbit = resource.statistics.statistics["Satellite"]
    assert isinstance(orbit, models.OrbitStatistics)
    assert orbit.primary == "Planet"
    assert orbit.r.min_ < orbit.r.mean < orbit.r.max_
    assert resource.statistics.end["Satellite"].time > 0.0
    assert resource.statistics.system.barycentre.departure < 1e-12


def test_an_ensemble_is_typed_down_to_its_quantiles(
    generated: Generated, models: Generated, porta: Installation
) -> None:
    body = models.PropagationBody(steps=500, members=20)
    resource = called(generated, porta, "start_propagation", body=body)
    assert isinstance(resource, models.Resource), resource
    assert isinstance(resource.statistics, models.EnsembleResult)
    assert resource.statistics.agents["Satellite"].outcomes.bound == 20
    ensemble = called(generated, porta, "get_ensemble", resource.id)
    assert isinstance(ensemble, models.Ensemble)
    satellite = ensemble.agents["Satellite"]
    assert len(satellite.quantiles.distance["50"]) == len(ensemble.grid.iterations)
    page = called(generated, porta, "get_members", resource.id, limit=3)
    assert [row.member for row in page.rows] == [0, 0, 1]


def test_the_listing_is_followed_by_its_rows(
    generated: Generated, models: Generated, porta: Installation
) -> None:
    for steps in (11, 12):
        body = models.PropagationBody(steps=steps)
        called(generated, porta, "start_propagation", body=body)
    listing = called(generated, porta, "list_propagations", min_steps=11, max_steps=12)
    assert isinstance(listing, models.Listing)
    assert {row.id for row in listing.propagations} == {"11", "12"}
    assert listing.propagations[0].records > 0


def test_binary_answers_are_the_files(generated: Generated, porta: Installation) -> None:
    parquet = called(generated, porta, "get_records_as_parquet", "500").payload.read()
    arrow = called(generated, porta, "get_records_as_arrow", "500").payload.read()
    read = pq.read_table(io.BytesIO(parquet))
    assert read.num_rows == 805
    assert read.equals(pa.ipc.open_file(arrow).read_all(), check_metadata=False)


def test_text_and_errors_are_what_they_are(
    generated: Generated, models: Generated, porta: Installation
) -> None:
    text = called(generated, porta, "get_records_as_csv", "500")
    assert text.splitlines()[0].startswith("agent,t0,t1")
    problem = called(generated, porta, "get_propagation", "501")
    assert isinstance(problem, models.Problem)
    assert "POST it" in problem.detail
