"""`scripts/audit` tells an audit that found nothing from one that could not be made.

The advisory service stands in for the real one, which can't be relied on to be reached: it speaks
the part of OSV's interface that pip-audit uses, https://google.github.io/osv.dev/post-v1-query/.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.integration  # pip-audit takes seconds to start, and needs nobody's answer

HOUSE: Final = Path(__file__).parents[2]
UNREACHED: Final = 3
KNOWN: Final = {"jinja2": "CVE-2020-28493"}


@contextmanager
def advisories(known: dict[str, str]) -> Iterator[str]:
    """A service that knows of these packages' advisories."""

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = asked["package"]["name"]
            vulns = [advisory(name, known[name])] if name in known else []
            told = json.dumps({"vulns": vulns} if vulns else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


def advisory(name: str, number: str) -> dict[str, object]:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]
    package = {"name": name, "ecosystem": "PyPI"}
    return {"id": number, "affected": [{"package": package, "ranges": ranges}]}


def audit(url: str) -> subprocess.CompletedProcess[str]:
    """Audit the smallest lock, with PyPI's own service out of reach."""
    away = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}
    return subprocess.run(  # noqa: S603 - our own script
        (HOUSE / "scripts" / "audit", "requirements/uv.txt"),
        env={**os.environ, **away, "PIP_AUDIT_OSV_URL": url},
        check=False,
        capture_output=True,
        text=True,
    )


def test_where_no_service_is_reached_it_says_that_nothing_was_audited() -> None:
    done = audit("http://127.0.0.1:1/v1/query")
    assert done.returncode == UNREACHED
    assert "nothing was audited" in done.stderr


def test_a_service_that_knows_nothing_is_not_believed() -> None:
    with advisories({}) as url:
        done = audit(url)
    assert done.returncode == UNREACHED


def test_locks_without_an_advisory_pass() -> None:
    with advisories(KNOWN) as url:
        done = audit(url)
    assert done.returncode == 0, done.stderr
    assert "auditing requirements/uv.txt (osv)" in done.stdout


def test_a_locked_release_with_an_advisory_fails() -> None:
    with advisories({**KNOWN, "uv": "CVE-2026-0001"}) as url:
        done = audit(url)
    assert done.returncode == 1
    assert "CVE-2026-0001" in done.stdout
