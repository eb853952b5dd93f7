"""Claims about the reasons to wait."""

from __future__ import annotations

from frontend.domain.waiting import NO_CLUSTER, REASONS, STORAGE_FULL


def test_each_reason_is_a_sentence_under_its_code_with_growing_pauses() -> None:
    for code, reason in REASONS.items():
        assert reason.code == code
        assert reason.sentence.endswith(".")
        assert 0 < reason.first_pause_ms < reason.longest_pause_ms


def test_a_run_that_gives_up_says_what_it_waited_for() -> None:
    sentence = STORAGE_FULL.given_up(86_400)
    assert sentence.startswith(STORAGE_FULL.sentence)
    assert "86,400 seconds" in sentence


def test_a_reason_may_say_what_happened_and_stays_the_same_reason() -> None:
    reason = NO_CLUSTER.because("The Gateway answers: no.")
    assert reason.sentence == f"The Gateway answers: no. {NO_CLUSTER.sentence}"
    assert (reason.code, reason.longest_pause_ms) == ("no_cluster", NO_CLUSTER.longest_pause_ms)
