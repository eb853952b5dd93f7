"""A bare Flask application under the same gunicorn as `porta web`: what Porta is compared with.

`python -m benchmarks.load.bare PORT`. `/<n>` answers with n bytes, `/304` with that status.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import Any

from flask import Flask, Response
from gunicorn.app.base import BaseApplication

from frontend.settings import Settings
from frontend.web.server import gunicorn_app

OURS = ("worker_class", "post_worker_init", "worker_int", "child_exit", "when_ready")

app = Flask(__name__, static_folder=None)


@app.get("/<int:size>")
def body(size: int) -> Response:
    """Answer with so many bytes."""
    return Response(_bytes(size), content_type="application/json")


@app.get("/304")
def unchanged() -> Response:
    """Answer that nothing has changed."""
    response = Response(status=304)
    response.set_etag("unchanged")
    return response


@functools.cache
def _bytes(size: int) -> bytes:
    return b"x" * size


class Bare(BaseApplication):  # type: ignore[misc] # gunicorn is not annotated
    """gunicorn with Porta's processes, threads and queues, and none of its hooks."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application."""
        return app


def main() -> None:
    """Serve until it is stopped."""
    settings = Settings.from_environ(os.environ)
    options = gunicorn_app.options(settings, "127.0.0.1", int(sys.argv[1]))
    kept = {name: value for name, value in options.items() if name not in OURS}
    Bare(kept | {"worker_class": "gthread"}).run()


if __name__ == "__main__":
    main()
