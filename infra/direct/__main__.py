"""Runs `python -m infra.direct`."""

from __future__ import annotations

import os
import sys

from infra.direct.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
