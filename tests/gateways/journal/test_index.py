"""What became of messages is kept in order, however many are kept at a time, and forgotten in portions."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picustream.gateways.journal.index import Done, Index
from picustream.gateways.journal.outcome import Answer, Outcome
from picustream.gateways.journal.received import Received
from picustream.gateways.state import Change
from tests.gateways.server.fakes import FakeLetter

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
CHANGES = st.lists(
    st.builds(Change, st.sampled_from("ab"), st.sampled_from("kl"), st.none() | st.integers(0, 3)), max_size=3
)
WORDS = st.lists(st.sampled_from("wxyz"), max_size=2, unique=True)


def done(sequence: int, **more: Any) -> Done:
    name = more.pop("name", f"h-{sequence}")
    changes, again = more.pop("changes", ()), more.pop("again", False)
    outcome = Outcome(name, "lab", "ORU^R01", "done", Answer(), **more)
    received = Received(b"raw", AT + timedelta(seconds=sequence), "mllp", sequence=sequence)
    return Done(received, outcome, changes, frozenset(), again, known=again)


def held(index: Index) -> list[list[tuple[Any, ...]]]:
    tables = ("meta", "messages", "letters", "waits", "redo", "state")
    return [index.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]


@given(st.lists(st.tuples(CHANGES, WORDS, WORDS, st.booleans()), max_size=8), st.integers(1, 8))
@settings(max_examples=40)
def test_many_at_a_time_are_kept_like_one_after_the_other(
    tmp_path_factory: pytest.TempPathFactory,
    messages: list[tuple[list[Change], list[str], list[str], bool]],
    size: int,
) -> None:
    batch: list[Done] = []
    for number, (changes, waits, opened, again) in enumerate(messages, 1):
        sequence = max(number - 2, 1) if again else number
        letters = [FakeLetter("no-stay", f"OBX[{one}]") for one in waits]
        batch.append(done(sequence, changes=changes, waits=waits, opened=opened, letters=letters, again=again))
    found = []
    for portion in (1, size):
        index = Index(tmp_path_factory.mktemp("index"))
        for at in range(0, len(batch), portion):
            index.commit(batch[at : at + portion], "site")
        found.append(held(index))
        index.close()
    assert found[0] == found[1]


def test_what_is_old_is_forgotten_in_portions_with_its_letters(tmp_path: Path) -> None:
    index = Index(tmp_path)
    letters = [FakeLetter("no-stay")]
    index.commit([done(number, letters=letters) for number in range(1, 8)], "site")
    index.commit([done(8, name="h-1"), done(9, waits=["k"]), done(10)], "site")
    rounds = 0
    while index.prune(AT + timedelta(seconds=10), most=2):
        rounds += 1
    assert rounds == 4
    assert [row[0] for row in index.rows("SELECT sequence FROM messages ORDER BY 1")] == [9, 10]
    assert index.rows("SELECT message FROM letters") == []
    index.close()


def test_what_another_source_takes_when_it_is_done_again_has_no_letter_of_before(tmp_path: Path) -> None:
    """Its id is another one, for that is of source and bytes."""
    index = Index(tmp_path)
    refused = [FakeLetter("source-unknown")]
    index.commit([done(number, name="h-nobody", letters=refused) for number in (1, 2)], "site")
    index.commit([done(2, name="h-poct", again=True, letters=[FakeLetter("unit-unknown")])], "other")
    assert index.rows("SELECT message, reason FROM letters") == [("h-poct", "unit-unknown")]
    index.commit([done(2, name="h-poct", again=True)], "other")
    assert index.rows("SELECT message FROM letters") == []
    index.close()


def test_a_letter_stays_as_long_as_a_message_of_its_bytes_does(tmp_path: Path) -> None:
    index = Index(tmp_path)
    index.commit([done(1, letters=[FakeLetter("no-stay")]), done(2, name="h-1")], "site")
    assert index.prune(AT + timedelta(seconds=2), most=1)
    assert index.rows("SELECT message FROM letters") == [("h-1",)]
    index.close()
