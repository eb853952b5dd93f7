"""Synthesises both stacks: `cdktf synth` runs this, and so does `python -m infra.main`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from infra.settings import Settings, SettingsError

__all__ = ["main", "synthesise"]


def synthesise(settings: Settings, output: Path | None = None) -> Path:
    """Write what Terraform reads; return its folder (default: cdktf.out or CDKTF_OUTDIR)."""
    from infra._cdk import App
    from infra.stacks.apps import AppsStack
    from infra.stacks.base import BaseStack

    app = App() if output is None else App(outdir=str(output))
    folder = Path(app.outdir)
    base = BaseStack(app, settings)
    AppsStack(app, settings, output=folder).add_dependency(base)
    app.synth()
    return folder


def main() -> None:
    """Read the settings and synthesise; exit with a sentence if a setting is invalid."""
    try:
        settings = Settings.load(os.environ)
    except SettingsError as error:
        sys.exit(f"infra: {error}")
    synthesise(settings)


if __name__ == "__main__":
    main()
