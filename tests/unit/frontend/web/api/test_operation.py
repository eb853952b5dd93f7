"""Claims about what operations share: each status says what it means, and errors are in 400s."""

from __future__ import annotations

import pytest

from frontend.web.api import operation


@pytest.mark.parametrize(
    "name", [name for name in operation.__all__ if name not in {"JSON", "Operation"}]
)
def test_a_status_that_operations_share_has_a_sentence(name: str) -> None:
    for status, meaning in getattr(operation, name).items():
        assert 200 < status < 600
        assert meaning.endswith((".", ")."))


def test_an_operation_that_says_nothing_else_answers_json_and_needs_no_principal() -> None:
    plain = operation.Operation(
        method="get", path="/", name="x", summary="X", description="X.", answers={200: "X."}
    )
    assert plain.media_types == (operation.JSON,)
    assert (plain.schema, plain.example, plain.body) == (None, None, None)
    assert not plain.needs_principal
