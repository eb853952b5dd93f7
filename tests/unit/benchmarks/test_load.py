from __future__ import annotations

import pytest

from benchmarks.load import wrk

TOLD = """\
Running 2s test @ http://127.0.0.1:8080/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.91ms    1.49ms  43.87ms   95.77%
    Req/Sec     2.83k   331.33     3.07k    95.24%
  Latency Distribution
     50%    2.73ms
     75%    3.01ms
     90%    3.40ms
     99%  {p99}
  5925 requests in 2.10s, 15.92MB read
{wrong}Requests/sec:   2821.47
Transfer/sec:      7.58MB
"""


@pytest.mark.parametrize(
    ("p99", "ms"), [("900.00us", 0.9), ("7.33ms", 7.33), ("1.20s", 1_200), ("1.00m", 60_000)]
)
def test_what_wrk_says_is_read_in_milliseconds(p99: str, ms: float) -> None:
    pressed = wrk.read(TOLD.format(p99=p99, wrong=""))
    assert pressed.requests_s == 2821.47
    assert pressed.p99_ms == pytest.approx(ms)


@pytest.mark.parametrize(
    "wrong",
    [
        "  Non-2xx or 3xx responses: 3\n",
        "  Socket errors: connect 0, read 2, write 0, timeout 0\n",
    ],
)
def test_errors_are_no_answers(wrong: str) -> None:
    with pytest.raises(ValueError, match="wrk tells of"):
        wrk.read(TOLD.format(p99="7.33ms", wrong=wrong))


def test_what_is_not_wrks_is_refused() -> None:
    with pytest.raises(ValueError, match="something else"):
        wrk.read("wrk 4.1.0")
