"""The facts are those of what happened, whatever way the messages took."""

import json
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.statement import Move, Movement, Statements
from picustream.models.event import ADT, validate
from tests.gateways.patients.hospital import Fact, Gateway, moved, subject
from tests.gateways.patients.oracle import BEGIN, PLACES, at, expected, lives, place, reports

Messages = list[tuple[Statements, str]]


def words(gateway: Gateway) -> list[str]:
    """The facts in force, as the oracle says them."""
    found = []
    for fact in gateway.holds():
        hour = (datetime.fromisoformat(fact["occurred_at"]) - BEGIN) / timedelta(hours=1)
        spot = "/".join(fact[name] for name in ("unit", "bed") if name in fact)
        more = [str(fact[name]) for name in ("destination", "alive") if name in fact]
        found.append(" ".join([fact["type"], f"{hour:g}", *([spot] if spot else []), *more]))
    return sorted(found)


@given(st.data())
def test_the_facts_are_those_of_what_happened(data: Any) -> None:
    life = data.draw(lives())
    gateway = Gateway()
    for stated, name in data.draw(reports(life)):
        gateway.learn(stated, name)
    assert words(gateway) == expected(life)


@given(st.data())
def test_in_any_order_with_repeats_and_restarts(data: Any) -> None:
    life = data.draw(lives())
    messages = data.draw(reports(life))
    gateway = Gateway()
    for stated, name in data.draw(st.permutations(messages + messages)):
        gateway.learn(stated, name)
        if data.draw(st.sampled_from([False, False, False, True])):
            gateway = gateway.restarted()
    assert words(gateway) == expected(life)


times = st.integers(0, 8).map(at)
optional = st.one_of(st.none(), times)


@st.composite
def anything(draw: Any) -> Messages:
    """Movements of two visits of a child that need make no sense."""
    found = []
    for index in range(draw(st.integers(1, 9))):
        spot = draw(st.sampled_from([None, *PLACES]))
        movement = Movement(
            "EVN",
            draw(st.sampled_from([move for move in Move if move not in (Move.HISTORY, Move.MERGE)])),
            draw(times),
            recorded_at=draw(times),
            place=place(spot) if spot else None,
            prior=draw(st.sampled_from([None, *map(place, PLACES)])),
            admitted_at=draw(optional),
            discharged_at=draw(optional),
            disposition=draw(st.sampled_from(["", "01", "20"])),
            sex=draw(st.sampled_from([None, "male", "female"])),
            dead=draw(st.sampled_from([None, None, True, False])),
            died_at=draw(st.one_of(st.none(), st.none(), times)),
        )
        visit = draw(st.sampled_from(["V1", "V1", "V2"]))
        found.append((moved(movement, whom=subject("000123456", visit)), f"m{index}"))
    return found


@given(st.data())
def test_whatever_is_said_counts_in_the_order_of_filing(data: Any) -> None:
    messages = data.draw(anything())
    straight, mixed = Gateway(), Gateway()
    for stated, name in messages:
        straight.learn(stated, name)
    for stated, name in data.draw(st.permutations(messages)):
        mixed.learn(stated, name)
    assert mixed.words() == straight.words()


@given(anything())
def test_the_same_message_makes_the_same_facts_and_changes_nothing(messages: Messages) -> None:
    gateway, made = Gateway(), {}
    for stated, name in messages:
        made[name] = gateway.learn(stated, name).facts
    kept = json.dumps(sorted(gateway.kept.items()), sort_keys=True)
    for stated, name in [*messages, *reversed(messages)]:
        again = gateway.learn(stated, name)
        assert again.facts == made[name] and not again.opened
    assert json.dumps(sorted(gateway.kept.items()), sort_keys=True) == kept


@given(anything())
def test_what_is_sent_is_what_the_topic_takes(messages: Messages) -> None:
    """Each fact is an event of the contract; each stay in force has one admission, and no two of a visit overlap."""
    gateway = Gateway()
    for stated, name in messages:
        gateway.learn(stated, name)
    for number, fact in enumerate(gateway.facts):
        validate[ADT]({**fact, "event_id": f"h/{number}", "source": "his"})
    stays: dict[str, list[Fact]] = {}
    for fact in gateway.holds():
        stays.setdefault(fact["stay_id"], []).append(fact)
    for facts in stays.values():
        assert [fact["type"] for fact in facts].count("admitted") == 1
    versions = [(fact["stay_id"], fact["type"], fact.get("id"), fact["recorded_at"]) for fact in gateway.facts]
    assert len(set(versions)) == len(versions), "two versions of one fact of the same time: which holds?"
