"""What a worker watches of itself."""

from picustream.streams.worker.watch import reached


class TestReached:
    """How far a topic is processed, for lag and health: past markers, and never past what waits."""

    def test_the_marker_behind_the_last_record_is_no_lag(self) -> None:
        assert reached(10, (11, 10)) == 11

    def test_what_is_handed_over_and_not_processed_waits(self) -> None:
        assert reached(9, (11, 10)) == 9

    def test_what_was_processed_before_an_older_look_stays_processed(self) -> None:
        assert reached(12, (11, 10)) == 12

    def test_without_a_look_it_is_what_is_processed(self) -> None:
        assert reached(10, None) == 10
