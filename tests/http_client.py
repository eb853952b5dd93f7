"""Requests of tests: httpx with the patience that a busy machine needs.

httpx alone gives up after 5 s. Beside the other parts of the tests a right answer may take longer,
and which answers must be quick is asserted with a deadline (`tests.deadlines`).
"""

from __future__ import annotations

import functools

import httpx

from tests.deadlines import ANSWER_S

get = functools.partial(httpx.get, timeout=ANSWER_S, trust_env=False)
post = functools.partial(httpx.post, timeout=ANSWER_S, trust_env=False)
new_client = functools.partial(httpx.Client, timeout=ANSWER_S, trust_env=False)
