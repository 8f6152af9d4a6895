"""The current versions of observations are found by their ids, whatever these are made of (V1)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.models.envelope import Status
from picustream.models.event import VITAL
from picustream.models.variable import Variable
from picustream.scoring.chart.current import Current
from picustream.scoring.chart.entries import Meant, Observed, filed
from tests.scoring.build import at
from tests.scoring.histories import SHIPPED, written

NOON = at("day 1 12:00")
EVENTS, CODES = ("e", "f", "e#a", "#", "a"), ("a", "b", "#")


def observed(event_id: str, code: str, own_id: str | None) -> Observed:
    event = filed(VITAL, "monitor", event_id, "P", "S", Status.FINAL, NOON, None, event_id)
    return Observed(event, Meant(Variable.HEART_RATE, Decimal(1), None, True, Decimal(1), None, 2, f"#{code}"), own_id)


MADE = st.builds(observed, st.sampled_from(EVENTS), st.sampled_from(("a", "b")), st.none())
NAMED = st.builds(
    observed,
    st.sampled_from(EVENTS),
    st.sampled_from(CODES),
    st.sampled_from([*EVENTS, *(f"{event_id}#{code}" for event_id in EVENTS for code in CODES)]),
)


@pytest.mark.proves("V1")
@given(st.lists(MADE | NAMED, max_size=30), st.booleans())
def test_what_is_current_is_found_by_its_id(versions: list[Observed], whole: bool) -> None:
    """As in a dictionary: a version takes the place of the one that has its id, and every other one leaves again."""
    current, expected = Current(), dict[str, Observed]()
    for number, one in enumerate(versions):
        old = current.find(one)
        assert old is expected.get(one.id)
        if whole and old is None and one.own_id is None and current.take_all(one.filed, (one,)):
            expected[one.id] = one
            continue
        if old is not None:
            current.drop(old)
            del expected[one.id]
        if number % 2 or old is None:
            current.put(one)
            expected[one.id] = one
        assert len(current) == len(expected)
        assert current.named == sum(one.own_id is not None for one in expected.values())
    assert all(current.find(one) is expected.get(one.id) for one in versions)


@pytest.mark.proves("V1")
@given(st.sampled_from(EVENTS), st.sampled_from([*CODES, "a#b"]), st.sampled_from([None, "e", "e#a", "e#a#b"]))
def test_an_id_is_the_one_given_or_the_events_with_the_code(event_id: str, code: str, given_id: str | None) -> None:
    """And only where it can be taken apart again is it not kept."""
    body = {"event_id": event_id, "source": "s", "patient_id": "P", "stay_id": "S", "observed_at": NOON.isoformat()}
    one = {"code": code, "value": 1, "id": given_id}
    accepted = SHIPPED.reader.read_again(VITAL, written(body | {"observations": [one]}).decode())
    [found] = accepted.reading.observed
    assert found.id == (given_id or f"{event_id}#{code}")
    assert (found.own_id is None) == ("#" not in code and found.id == f"{event_id}#{code}")
