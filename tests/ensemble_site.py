"""The pages of ensembles over the figures of `tests.ensemble_runs`, for tests in a real browser.

The application is the real one. What is put in the place of the runner's results is the documents
of the API, each in the state that a test asks for.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import struct
import threading
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.serving import make_server

from frontend.domain.resource import ErrorReport, Progress, Resource, Status, Timings
from frontend.web.api.event_routes import EVENTS_PATH
from frontend.web.app import create_app
from frontend.web.pages.ensemble_view import EnsembleView

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from frontend.bootstrap import Services
    from sim.kernel import Integers
    from tests.ensemble_runs import EnsembleRun


class Site:
    """A server of the pages, whose documents tests change."""

    def __init__(self, services: Services, run: EnsembleRun) -> None:
        self.run = run
        self.document: dict[str, Any] | None = run.document()
        self.state = "complete"
        self.done: int | None = None
        self.asked: list[str] = []
        self.told: queue.Queue[tuple[str, int]] = queue.Queue()
        self.url = ""
        self.app = create_app(services=services)
        self.app.register_blueprint(self._blueprint())

    @contextlib.contextmanager
    def serving(self) -> Iterator[Site]:
        server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{server.port}"
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self.tell("closed", 0)
            server.shutdown()
            thread.join()

    @property
    def page(self) -> str:
        """The address of the ensemble's page, in the present state."""
        return f"{self.url}/ensembles/present"

    def resource(self, state: str) -> Resource:
        wanted = self.run.request
        done = wanted.members if state == "complete" else wanted.members // 3
        done = done if self.done is None else self.done
        return Resource(
            id=wanted.id,
            steps=wanted.steps,
            seed=wanted.trajectory.seed,
            member=0,
            members=wanted.members,
            status=Status(state),
            progress=Progress(done=done, total=wanted.members),
            timings=Timings(total_s=8.4, running_s=6.2, starting_s=2.2, where="cluster"),
            error=ErrorReport(detail="The workers were lost.") if state == "failed" else None,
        )

    def _blueprint(self) -> Blueprint:
        site = Blueprint("site", __name__)
        root = f"/api/v1/propagations/{self.run.request.id}"

        @site.get("/ensembles/present")
        def show() -> str:
            view = EnsembleView(self.run.request, self.resource(self.state))
            return render_template("ensemble.html", view=view)

        @site.get(f"{root}/ensemble")
        def ensemble() -> Response | tuple[Response, int]:
            self.asked.append(request.full_path)
            if self.document is None:
                return jsonify(detail="No member has finished yet."), 404
            return jsonify(self.document)

        @site.before_app_request
        def events() -> Response | None:
            if request.path != EVENTS_PATH:
                return None
            assert request.args["ids"] == self.run.request.id
            return Response(self._events(), mimetype="text/event-stream")

        @site.get(f"{root}/density")
        def density() -> Response:
            self.asked.append(request.full_path)
            names = self.run.request.trajectory.scenario.names  # a document may have others
            cells = self.run.density(names.index("Satellite"))
            span = request.args["span"]
            chosen = cells.sum(axis=0) if span == "all" else cells[int(span)]
            return Response(png(chosen, request.args["theme"]), mimetype="image/png")

        @site.get(f"{root}/members")
        def members() -> Response:
            self.asked.append(request.full_path)
            return jsonify(self.table(request.args))

        return site

    def tell(self, state: str, done: int) -> None:
        """Send an event of the run's progress, or that it is over."""
        self.told.put((state, done))

    def _events(self) -> Iterator[str]:
        yield ": hello\n\n"
        while True:
            state, done = self.told.get()
            if state == "closed":
                return
            resource = replace(
                self.resource(state), progress=Progress(done=done, total=self.run.request.members)
            )
            name = "done" if resource.status.is_over else "progress"
            data = f'{{"id":"{resource.id}","resource":{resource.document.decode()}}}'
            yield f"event: {name}\ndata: {data}\n\n"
            if resource.status.is_over:
                return

    def table(self, query: Mapping[str, str]) -> dict[str, Any]:
        rows = list(self.run.rows())
        for name, key in (("where", "outcome"), ("agent", "agent")):
            if query.get(name):
                rows = [row for row in rows if row[key] == query[name]]
        sort = query.get("sort", "member")
        key = sort.removeprefix("-")
        there = [row for row in rows if row[key] is not None]
        there.sort(key=lambda row: (row[key], row["member"]), reverse=sort.startswith("-"))
        rows = there + [row for row in rows if row[key] is None]
        first, limit = int(query.get("cursor", 0)), int(query["limit"])
        last = first + limit
        return {
            "rows": rows[first:last],
            "matching": len(rows),
            "next": str(last) if last < len(rows) else None,
        }


def png(cells: Integers, theme: str) -> bytes:
    """Write counts as a small picture; row 0 is the lowest."""
    shade = np.log1p(cells) / np.log1p(max(1, cells.max()))
    low, high = (
        ((22, 27, 36), (255, 255, 200)) if theme == "dark" else ((255, 255, 255), (20, 30, 90))
    )
    pixels = (np.array(low) + shade[::-1, :, None] * (np.array(high) - np.array(low))).astype("u1")
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", cells.shape[1], cells.shape[0], 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
