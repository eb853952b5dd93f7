"""The command: `python -m benchmarks.load [--repeats N] [--list] [WORD...]`."""

from __future__ import annotations

import sys

from benchmarks import load
from benchmarks.__main__ import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], load))
