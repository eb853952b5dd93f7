"""What a machine makes up from the description: every answer is as described, and none is a 5xx.

All checks of schemathesis, on a real Redis. Event streams end at once here (the process is
about to stop), for a run that nobody conducts would hold one for ever.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from frontend.bootstrap import build_services
from frontend.settings import Settings
from frontend.web.api.file_routes import FILE_OPERATIONS
from frontend.web.api.operations import OPERATIONS
from frontend.web.app import create_app
from frontend.web.auth.tokens import new_token, token_line
from tests.guarded import bearer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from schemathesis import Case
    from schemathesis.specs.openapi.schemas import OpenApiSchema

    from frontend.web.api.operations import Operation

ADA: Final = new_token()
# A scenario that fits its schema may still make no sense: agents at the same place, for example.
CONFIG: Final = SchemathesisConfig.from_str("""
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "429", "304"]
""")

BOUNDED: Final = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@contextlib.contextmanager
def _application(redis_url: str, **more: str) -> Iterator[Flask]:
    environ = {"REDIS_URL": redis_url, "PORTA_MAX_STEPS": "1000000", **more}
    with contextlib.closing(build_services(Settings.from_environ(environ))) as services:
        app = create_app(services=services)
        services.hub.close()
        yield app


@pytest.fixture
def open_to_all(redis_url: str) -> Iterator[OpenApiSchema]:
    with _application(redis_url) as app:
        app.test_client().post("/api/v1/propagations", json={"steps": 500})
        yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=CONFIG)


@pytest.fixture
def for_some(redis_url: str, tmp_path: Path) -> Iterator[OpenApiSchema]:
    tokens = tmp_path / "tokens"
    tokens.write_text(token_line("ada", ADA, starts="none", work="none"))
    guarded = {"PORTA_AUTH": "token", "PORTA_TOKENS_FILE": str(tokens)}
    with _application(redis_url, PORTA_SESSION_KEY="k" * 32, **guarded) as app:
        yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=CONFIG)


def ask_everything(schema: OpenApiSchema, operation: Operation, **headers: str) -> None:
    """Ask what fits the description, and what does not; the same requests each time."""
    takes_something = operation.body or operation.query
    plain = headers | {"Accept-Encoding": "identity"}  # which this client does not undo
    for mode in GenerationMode if takes_something else (GenerationMode.POSITIVE,):
        strategy = schema[operation.path][operation.method].as_strategy(generation_mode=mode)

        @settings(BOUNDED)
        @given(case=strategy)
        def ask(case: Case[Any]) -> None:
            case.call_and_validate(headers=plain)

        ask()


EACH: Final = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
# Of the addresses that end like files, which share their code, one.
WITH_TOKENS: Final = pytest.mark.parametrize(
    "operation",
    [one for one in OPERATIONS if one not in FILE_OPERATIONS[1:]],
    ids=lambda one: one.name,
)


@EACH
def test_whatever_is_asked_the_answer_is_as_described(
    open_to_all: OpenApiSchema, operation: Operation
) -> None:
    ask_everything(open_to_all, operation)


@WITH_TOKENS
def test_the_same_with_tokens_and_none_is_needed_where_it_is_not_said(
    for_some: OpenApiSchema, operation: Operation
) -> None:
    ask_everything(for_some, operation, **bearer(ADA))
