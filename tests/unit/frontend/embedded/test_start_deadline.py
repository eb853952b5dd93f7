from __future__ import annotations

import os
import signal
import time

from frontend.embedded.start_deadline import StartDeadline
from tests.deadlines import EVENTUALLY_S
from tests.processes import eventually, line_of, python

WORKING = "print(1, flush=True)\nwhile True: pass"
IN_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WORKING!r}])"
WAITING = "import time; print(1, flush=True); time.sleep(600)"


def test_a_start_that_works_is_not_late_and_one_that_hangs_is() -> None:
    for program, late in ((WORKING, False), (IN_A_CHILD, False), (WAITING, True)):
        with python(program) as process:
            line_of(process)
            deadline = StartDeadline(process.pid, 1.0)
            if late:
                eventually(deadline.has_passed, within_s=EVENTUALLY_S)
            else:
                ends_at = time.monotonic() + 3.0
                while time.monotonic() < ends_at:
                    assert not deadline.has_passed()
                    time.sleep(0.05)
            os.killpg(process.pid, signal.SIGKILL)


def test_a_process_that_is_gone_makes_no_progress() -> None:
    with python("pass") as process:
        process.wait()
        deadline = StartDeadline(process.pid, 0.1)
        eventually(deadline.has_passed, within_s=EVENTUALLY_S)
