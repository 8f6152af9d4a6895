"""Log-ins that fail: the wait grows, has an end, and no number of names fills the memory."""

from hypothesis import given
from hypothesis import strategies as st

from picustream.board.access.throttle import FREE, KNOWN, LONGEST, Throttle

ANA = ("account ana", "address 10.0.0.1")


@given(attempts=st.integers(1, 40))
def test_each_failure_makes_the_wait_longer_up_to_a_quarter_of_an_hour(attempts: int) -> None:
    throttle, now, waits = Throttle(), 0.0, []
    for _ in range(attempts):
        throttle.failed(ANA, now)
        waits.append(throttle.wait(ANA, now))
        now += waits[-1]
        assert throttle.wait(ANA, now) == 0.0
    assert all(wait == 0.0 for wait in waits[: FREE - 1])
    assert waits == sorted(waits)
    assert waits[-1] <= LONGEST
    if attempts > FREE + 10:
        assert waits[-1] == LONGEST


def test_another_account_from_the_same_address_waits_too_and_another_address_for_the_same_account() -> None:
    throttle = Throttle()
    for _ in range(FREE):
        throttle.failed(ANA, 0.0)
    assert throttle.wait(("account bob", "address 10.0.0.1"), 0.0) > 0
    assert throttle.wait(("account ana", "address 10.0.0.2"), 0.0) > 0
    assert throttle.wait(("account bob", "address 10.0.0.2"), 0.0) == 0


def test_whoever_is_in_has_failed_no_more_and_what_others_failed_from_there_still_counts() -> None:
    throttle = Throttle()
    for _ in range(FREE):
        throttle.failed(ANA, 0.0)
    for _ in range(10):
        throttle.failed(ANA, 100.0)
        throttle.passed(*ANA)
        assert throttle.wait(ANA, 100.0) == 0
    throttle.failed(ANA, 100.0)
    assert throttle.wait(ANA[:1], 100.0) == 0
    assert throttle.wait(ANA[1:], 100.0) == 2


def test_any_number_of_names_takes_no_more_memory_and_the_last_ones_are_known() -> None:
    throttle = Throttle()
    for number in range(KNOWN + 500):
        for _ in range(FREE):
            throttle.failed((f"account {number}",), 0.0)
    assert throttle.wait(("account 0",), 0.0) == 0
    assert throttle.wait((f"account {KNOWN + 499}",), 0.0) > 0
