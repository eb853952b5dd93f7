"""Claims about the memory of this process."""

from __future__ import annotations

import subprocess
import sys

FREED = """
import threading
from frontend.admission.process_memory import economise, give_back
economise()

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

def allocate():
    kept = [bytearray(50_000) for _ in range(1_000)]
    together.wait()
    kept[:] = kept[::100]
    together.wait()

before = resident()
together = threading.Barrier(5)
threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
together.wait()
most = resident()
together.wait()
for thread in threads:
    thread.join()
give_back()
print(most - before, resident() - before)
"""


def test_what_was_freed_goes_back_to_the_system() -> None:
    command = [sys.executable, "-c", FREED]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own script
    most, left = map(int, out.split())
    assert most > 150_000_000
    assert left < 20_000_000
