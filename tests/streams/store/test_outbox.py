"""Records on their way out: as they are kept, and in portions for one transaction each."""

import pytest

from picustream.models.event import LAB
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.store import outbox
from picustream.streams.store.outbox import OUTBOX_HEADER, Entry, portions


class TestOutboxEntry:
    def test_an_entry_comes_back_from_redis_as_it_went(self) -> None:
        entry = Entry(7, LAB, 3, b"\x00key", "id-ä", b"\xffvalue", (("a", b"1"), ("b", b"")))
        flat = [part if isinstance(part, bytes) else part.encode() for part in entry.fields()]
        assert Entry.of(b"7-0", zip(flat[::2], flat[1::2], strict=True)) == entry

    def test_an_entry_without_key_and_headers_too(self) -> None:
        entry = Entry(1, LAB, 0, None, "id", b"")
        flat = [part if isinstance(part, bytes) else part.encode() for part in entry.fields()]
        assert Entry.of(b"1-0", zip(flat[::2], flat[1::2], strict=True)) == entry

    def test_the_mark_names_group_partition_sequence_and_event(self) -> None:
        assert Entry(7, LAB, 3, None, "e/1", b"").mark("g", 5) == (OUTBOX_HEADER, b"g/5/7/e/1")


def entries(*sizes: int) -> list[Entry]:
    return [Entry(number, MODS, 0, b"S", f"e{number}", b"x" * size) for number, size in enumerate(sizes, start=1)]


@pytest.mark.parametrize(("sizes", "expected"), [
    ([], []), ([1], [1]), ([1, 1, 1, 1], [3, 1]), ([6, 6], [1, 1]), ([99, 1, 1], [1, 2]), ([4, 4, 4], [2, 1]),
])  # fmt: skip
def test_a_transaction_has_so_many_entries_and_bytes(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], expected: list[int]
) -> None:
    """All of them, in their order; one that is larger goes alone."""
    monkeypatch.setattr(outbox, "MOST_ENTRIES", 3)
    monkeypatch.setattr(outbox, "MOST_BYTES", 10)
    found = list(portions(entries(*sizes)))
    assert [len(one) for one in found] == expected
    assert [one for some in found for one in some] == entries(*sizes)
