"""Synthesises both stacks: what `cdktf synth` runs, and `python -m infra.main` by itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from infra.settings import Settings, SettingsError

__all__ = ["main", "synthesise"]


def synthesise(settings: Settings, output: Path | None = None) -> Path:
    """Write what Terraform reads; return where (cdktf.out, or where cdktf's command says)."""
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
    """Read the settings and synthesise; a mistake in them is told in a sentence."""
    try:
        settings = Settings.load(os.environ)
    except SettingsError as error:
        sys.exit(f"infra: {error}")
    synthesise(settings)


if __name__ == "__main__":
    main()
