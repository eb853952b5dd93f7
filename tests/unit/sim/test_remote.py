"""Claims about calls by name, which the scheduler reads before a worker has them."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys

import pytest

from sim.remote import call


def test_it_calls_the_function_that_has_the_name() -> None:
    assert call("math", "hypot", 3, 4) == 5.0
    with pytest.raises(AttributeError, match="no_such"):
        call("math", "no_such")


def test_it_can_be_sent_and_its_errors_are_the_functions_own() -> None:
    sent = pickle.loads(pickle.dumps(call))  # noqa: S301 - our own
    assert sent("math", "sqrt", 2.0) == math.sqrt(2.0)
    with pytest.raises(ValueError, match="math domain"):
        sent("math", "sqrt", -1.0)


def test_who_reads_a_task_does_not_import_the_engine() -> None:
    asked = "import sys, sim.remote; print('numba' in sys.modules, 'sim.engine' in sys.modules)"
    done = subprocess.run(  # noqa: S603 - this Python
        (sys.executable, "-c", asked), check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["False", "False"]
