"""Claims about the table of operations; test_openapi.py holds it to the application's routes."""

from __future__ import annotations

import pytest

from frontend.web.api.operations import OPERATIONS, Operation

EACH = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def test_each_operation_has_a_name_and_an_address_of_its_own() -> None:
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    assert len({operation.summary for operation in OPERATIONS}) == len(OPERATIONS)
    assert len({(one.method, one.path) for one in OPERATIONS}) == len(OPERATIONS)


@EACH
def test_each_status_has_a_sentence_and_one_of_them_is_a_success(operation: Operation) -> None:
    assert operation.description.endswith(".")
    assert all(meaning.endswith((".", ").")) for meaning in operation.answers.values())
    assert any(200 <= status < 300 for status in operation.answers)


@EACH
def test_what_changes_something_needs_a_principal_and_can_be_refused(operation: Operation) -> None:
    only_reads = operation.method == "get" or operation.body == "TimesBody"
    assert operation.needs_principal == (not only_reads)
    assert {401, 403} <= set(operation.answers) or not operation.needs_principal
