"""Requests of tests: httpx with the patience that a busy machine needs.

httpx alone gives up after 5 s. Beside the other parts of the tests a right answer may take longer,
and which answers must be quick is asserted with a deadline (`tests.deadlines`).
"""

from __future__ import annotations

import functools
import ssl
from typing import Final

import httpx

from tests.deadlines import ANSWER_S

# To read all the authorities that a machine trusts takes longer than most answers: once is enough.
_TRUSTED: Final = ssl.create_default_context()

get = functools.partial(httpx.get, timeout=ANSWER_S, trust_env=False, verify=_TRUSTED)
post = functools.partial(httpx.post, timeout=ANSWER_S, trust_env=False, verify=_TRUSTED)
new_client = functools.partial(httpx.Client, timeout=ANSWER_S, trust_env=False, verify=_TRUSTED)
