"""The story of the ward."""

from picustream.demo.ward import ward


def test_the_story_lies_within_the_days_of_the_ward() -> None:
    days = ward()
    assert all(days.opens < beat.at < days.closes for beat in days.beats)
