from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from frontend.embedded.messages import Event, Lines, Plan

events = st.builds(
    Event,
    kind=st.sampled_from(["started", "ready", "waiting", "restarted", "failed"]),
    process=st.text(),
    detail=st.text(),
    pid=st.none() | st.integers(1, 2**22),
)


@given(st.text(), st.integers(0, 65_535), st.booleans(), st.booleans(), st.booleans())
def test_a_plan_reads_back(data: str, port: int, redis: bool, gateway: bool, porta: bool) -> None:  # noqa: FBT001 - hypothesis gives them
    plan = Plan(data=data, lock=3, host="::1", port=port, redis=redis, gateway=gateway, porta=porta)
    assert Plan.from_text(plan.to_text()) == plan


@given(st.lists(events, max_size=5), st.integers(1, 50))
def test_events_read_back_however_the_stream_is_cut(sent: list[Event], size: int) -> None:
    stream = b"".join(event.to_line() for event in sent)
    lines = Lines()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [event for piece in pieces for event in lines.feed(piece)] == sent
