"""Real intensive-care data: every record equals the independent reference, in order and shuffled."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from picustream.models.record import DEAD_LETTERS
from picustream.scoring.outputs import Output
from tests import reference
from tests.paths import REAL_DATA, needs_real_data
from tests.scoring.compare import Key, assert_of_its_model, current
from tests.scoring.histories import SHIPPED, compared, replayed, shuffled

MODS_DAYS, APPS_RECORDS = 653, 134

pytestmark = [
    needs_real_data,
    pytest.mark.xdist_group("real-data"),  # replayed once, and not by each process
]

Records = dict[Key, dict[str, Any]]


@pytest.fixture(scope="module")
def events() -> list[tuple[str, dict[str, Any]]]:
    return list(reference.read(REAL_DATA))


@pytest.fixture(scope="module")
def expected(events: list[tuple[str, dict[str, Any]]]) -> Records:
    """The reference's records at the end of a replay."""
    return reference.current_records(events, reference.replay_clock(events))


@pytest.fixture(scope="module", params=["in-order", "shuffled-with-every-tenth-sent-again"])
def published(request: pytest.FixtureRequest, events: list[tuple[str, dict[str, Any]]]) -> list[Output]:
    mixed = events if request.param == "in-order" else shuffled(events, 1)
    return replayed(mixed, SHIPPED)


def counts(records: Iterable[Key]) -> Counter[Any]:
    return Counter(key[0] for key in records)


@pytest.mark.proves("I1")
def test_every_record_in_force_equals_the_references(published: list[Output], expected: Records) -> None:
    """MODS, APPS, screening and outcomes, in every field."""
    ours = current(published)
    found = counts(ours)
    assert (found["mods"], found["apps"]) == (MODS_DAYS, APPS_RECORDS)
    assert found == counts(expected)
    lines = compared(ours, expected)
    assert not lines, "\n".join(lines[:5])


@pytest.mark.proves("I7")
def test_every_record_of_the_real_data_is_one_of_its_model(published: list[Output]) -> None:
    """Byte for byte what the model writes of it."""
    assert_of_its_model(published, SHIPPED)


@pytest.mark.proves("I3")
def test_every_chain_of_the_real_data_is_whole(published: list[Output]) -> None:
    """Revisions 1, 2, ... of every record in their order, and no event id twice."""
    chains: dict[str, list[int]] = defaultdict(list)
    for output in published:
        record, _, revision = output.event_id.rpartition("/r")
        if output.topic not in DEAD_LETTERS:
            chains[record].append(int(revision))
    assert [record for record, chain in chains.items() if chain != list(range(1, len(chain) + 1))] == []
    assert len({output.event_id for output in published}) == len(published)
