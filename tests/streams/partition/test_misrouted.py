"""A record whose key does not belong on its partition is forwarded once, and never processed where it is."""

import json

import pytest

from picustream.models.event import LAB
from picustream.streams.partition.misrouted import FORWARDED_HEADER, forwarded, is_misrouted
from picustream.streams.store.outbox import Entry
from tests.streams.records import ELSEWHERE, HOME, PARTITIONS, STAY


class TestMisrouted:
    """A record whose key does not belong on its partition is forwarded once, never processed where it is."""

    def send(self, key: bytes | None, value: bytes | None, partition: int) -> Entry | None:
        return forwarded(LAB, partition, 7, key, value, [("trace", b"1")], PARTITIONS)

    def test_a_record_at_home_stays(self) -> None:
        assert self.send(STAY.encode(), b"{}", HOME) is None

    def test_a_record_elsewhere_goes_home_unchanged_with_its_headers_and_its_origin(self) -> None:
        entry = self.send(STAY.encode(), b"anything", ELSEWHERE)
        assert entry is not None
        assert (entry.topic, entry.partition, entry.key, entry.value) == (LAB, HOME, STAY.encode(), b"anything")
        assert dict(entry.headers) == {"trace": b"1", FORWARDED_HEADER: f"{LAB}/{ELSEWHERE}/7".encode()}

    def test_what_was_forwarded_is_at_home(self) -> None:
        entry = self.send(STAY.encode(), b"{}", ELSEWHERE)
        assert entry is not None
        assert forwarded(LAB, entry.partition, 9, entry.key, entry.value, entry.headers, PARTITIONS) is None

    def test_a_record_without_a_key_goes_by_the_stay_in_its_body_and_is_keyed_by_it(self) -> None:
        entry = self.send(None, json.dumps({"stay_id": STAY}).encode(), ELSEWHERE)
        assert entry is not None
        assert (entry.partition, entry.key) == (HOME, STAY.encode())

    def test_what_was_forwarded_for_its_key_shows_its_feeds_partitioner_and_nothing_else_does(self) -> None:
        with_key = self.send(STAY.encode(), b"{}", ELSEWHERE)
        without = self.send(None, json.dumps({"stay_id": STAY}).encode(), ELSEWHERE)
        assert with_key is not None and without is not None
        assert [is_misrouted(headers) for headers in (with_key.headers, without.headers, [("trace", b"1")])] == [
            True, False, False,
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "value", [b"", b"no json", b"[]", b'{"stay_id": 5}', b'{"stay_id": "a b"}', b"[" * 100_000]
    )
    def test_what_names_no_stay_is_left_to_the_dead_letters_of_its_partition(self, value: bytes) -> None:
        assert all(self.send(None, value, partition) is None for partition in range(PARTITIONS))

    @pytest.mark.parametrize("key", [b"", b"\xff\xfe", b"not an id", b"x" * 129])
    def test_a_key_that_can_be_no_stay_is_left_to_the_dead_letters_of_its_partition(self, key: bytes) -> None:
        assert all(self.send(key, b"{}", partition) is None for partition in range(PARTITIONS))
