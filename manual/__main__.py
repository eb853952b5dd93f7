"""Builds the manual: `python -m manual`."""

from __future__ import annotations

import sys

from manual.building import build

if __name__ == "__main__":
    sys.exit(build())
