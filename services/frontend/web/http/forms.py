"""Forms with a bounded number of fields: reading 120,000 of them holds a thread for seconds."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

import flask
from werkzeug.formparser import FormDataParser

from frontend.errors import BadRequest
from frontend.web.http.limits import FORM_FIELDS_LIMIT

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage, MultiDict

__all__ = ["Request"]


class _BoundedParser(FormDataParser):
    """Counts the fields of a URL-encoded form before it parses them; werkzeug does not."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        """Read a form; raises BadRequest for one with too many fields."""
        if mimetype == "application/x-www-form-urlencoded":
            form = stream.read()
            if form.count(b"&") >= FORM_FIELDS_LIMIT:
                raise BadRequest(f"This form has more than {FORM_FIELDS_LIMIT} fields.")
            stream = io.BytesIO(form)
        return super().parse(stream, mimetype, content_length, options)


class Request(flask.Request):
    """Flask's request, with such forms."""

    form_data_parser_class = _BoundedParser
