"""Runs `python -m infra.check`."""

from __future__ import annotations

import os
import sys

from infra.check.command import main

if __name__ == "__main__":
    sys.exit(main(os.environ))
