"""Records under the names that the ward has for its stays."""

from picustream.demo.listen import named

NAMES = {"S-PSEUDONYM": "S-301"}


def test_a_record_is_shown_by_the_ward_s_name_of_its_stay() -> None:
    assert named({"stay_id": "S-PSEUDONYM", "total": 3}, NAMES) == {"stay_id": "S-301", "total": 3}


def test_a_dead_letter_is_shown_by_the_ward_s_name_of_its_key() -> None:
    assert named({"key": "S-PSEUDONYM", "reason": "implausible"}, NAMES) == {"key": "S-301", "reason": "implausible"}


def test_another_record_stays_as_it_is() -> None:
    record = {"stay_id": None, "key": "S-OTHER", "total": 3}
    assert named(record, NAMES) == record
