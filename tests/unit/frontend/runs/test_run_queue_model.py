"""The run protocol against its model: any calls in any order."""

from __future__ import annotations

from frontend.storage.connection import connect
from tests.deadlines import EVENTUALLY_S
from tests.run_machine import hold_to_the_model


def test_the_scripts_agree_with_the_model_whatever_is_called(redis_url: str) -> None:
    # A server that waits two seconds for its disk would make an example fail that passes when it
    # is repeated.
    with connect(redis_url, timeout_s=EVENTUALLY_S) as client:
        hold_to_the_model(client, examples=30, steps=40)
