"""What is remembered, how much of it, and when it is forgotten."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.patients.answers import Stay, Waiting
from picustream.gateways.patients.memory import MERGES, OTHERS, STAYS
from picustream.gateways.patients.values import KEPT, MOST, VERSIONS, Values, Version
from picustream.gateways.patients.visits import squeezed
from picustream.gateways.site.config import Source
from picustream.gateways.state import Change, State
from picustream.gateways.statement import Identifier, Move, Movement, Statements, Subject
from tests.gateways.patients.hospital import RECEIVED, Gateway, adt, moved, subject, time
from tests.gateways.patients.oracle import place as place_of

LATER = timedelta(days=1)


def pass_time(gateway: Gateway, until: datetime) -> None:
    """Another patient's message comes."""
    gateway.learn(moved(Movement("EVN", Move.UPDATE, until), whom=subject("9", "V9")), f"at {until}", received_at=until)


def tables(gateway: Gateway) -> dict[str, int]:
    return {name: len(gateway.state.table(name)) for name in ("people", "visits", "sent", "beds")}


def test_a_stay_that_is_over_is_forgotten_after_its_follow_up() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A03", "05T08:00"))
    pass_time(gateway, RECEIVED + STAYS)
    assert isinstance(gateway.patients.stay(subject(), time("04T08:00")), Stay)
    pass_time(gateway, RECEIVED + STAYS + LATER)
    assert isinstance(gateway.patients.stay(subject(), time("04T08:00")), Waiting)
    assert tables(gateway) == {"people": 1, "visits": 1, "sent": 0, "beds": 0}


def test_an_open_stay_is_never_forgotten_nor_what_leads_to_it() -> None:
    gateway = Gateway()
    reference = Identifier("p1", "https://his/fhir/Patient", field="Patient")
    number = Identifier("000123456", "HOSP", "MR", "Patient")
    gateway.hl7(adt("A40", "02T08:00", None, loser="5^^^HOSP^MR"), adt("A01", "03T08:00"))
    gateway.learn(Statements("Patient", Subject((reference, number)), same=(reference, number)), "m1")
    pass_time(gateway, RECEIVED + MERGES - LATER)
    for who in (subject(), subject("5", None), Subject((reference,))):
        assert isinstance(gateway.patients.stay(who, time("04T08:00")), Stay)


def test_visits_of_other_units_are_forgotten_sooner() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", "WARD3^^7"))
    pass_time(gateway, RECEIVED + OTHERS + LATER)
    assert tables(gateway) == {"people": 1, "visits": 1, "sent": 0, "beds": 0}


def test_a_merge_of_two_who_are_not_here_is_forgotten_in_the_end() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A40", "02T08:00", None, loser="5^^^HOSP^MR"))
    pass_time(gateway, RECEIVED + STAYS)
    assert tables(gateway)["people"] == 3
    pass_time(gateway, RECEIVED + MERGES)
    assert tables(gateway)["people"] == 1


def test_a_forgotten_stay_that_is_stated_again_has_the_same_pseudonyms() -> None:
    gateway = Gateway()
    (first,) = gateway.hl7(adt("A01", "03T08:00"))
    gateway.hl7(adt("A03", "05T08:00"))
    pass_time(gateway, RECEIVED + STAYS + LATER)
    assert gateway.hl7(adt("A01", "03T08:00")) == [first]


def test_updates_that_say_nothing_new_take_no_room() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"))
    for minute in range(60):
        gateway.hl7(adt("A08", f"04T08:{minute:02}"))
    (row,) = gateway.state.table("visits").values()
    assert len(row["said"]) == 3
    assert len(gateway.state.table("sent")) == 1


@given(st.lists(st.sampled_from([("PICU-A/1", "male"), ("PICU-A/2", "male"), ("PICU-A/2", None)]), max_size=9))
def test_what_is_left_out_decides_nothing(updates: list[tuple[str, str]]) -> None:
    """Left out one after another, or none of them, whatever comes between them later."""
    gateway, plain = Gateway(), []
    for index, (spot, sex) in enumerate(updates):
        sex_: Any = sex
        update = Movement(
            "EVN", Move.UPDATE, time("03T08:00"), time("04T08:00") + index * LATER, place_of(spot), sex=sex_
        )
        plain.append((moved(update), f"m{index}"))
    admission = Movement("EVN", Move.ADMIT, time("03T08:00"), time("03T08:00"), place_of("PICU-B/1"))
    gateway.learn(moved(admission), "a")
    for stated, name in [*plain[::2], *plain[1::2]]:
        gateway.learn(stated, name)
    place = updates[-1][0] if updates else "PICU-B/1"
    sexes = [sex for _, sex in updates if sex]
    assert gateway.words() == [f"admitted 03T08:00 {place}{' male' if sexes else ''}"]
    assert squeezed([]) == []


LAB, MONITOR = Source(name="lis", kind="laboratory"), Source(name="mon", kind="monitor")
FIRST, SECOND = Stay("P-1", "S-1"), Stay("P-1", "S-2")


def version(minute: int, stay: Stay = FIRST) -> Version:
    return Version(stay, time("03T08:00") + timedelta(minutes=minute), {"value": str(minute)})


def values() -> Values:
    return Values(State().table("values"))


def give(kept: Values, one: Version, source: Source = LAB, at: datetime = RECEIVED) -> tuple[Stay, ...]:
    return kept.sent(source, "o-1", one, "h-1", at)


@given(st.lists(st.integers(0, VERSIONS - 1), unique=True, min_size=1), st.integers(0, VERSIONS))
def test_the_version_that_held_at_a_time_of_filing(minutes: list[int], asked: int) -> None:
    kept = values()
    for minute in minutes:
        give(kept, version(minute))
    before = [minute for minute in minutes if minute <= asked]
    assert kept.last(LAB, "o-1", version(asked).filed) == (version(max(before)) if before else None)
    assert kept.last(LAB, "o-2", version(asked).filed) is None


def test_another_stay_of_a_value_is_named_so_that_it_can_be_withdrawn_there() -> None:
    kept = values()
    assert give(kept, version(1)) == ()
    for _ in range(2):
        assert give(kept, version(2, SECOND)) == (FIRST,)
    assert give(kept, version(1)) == ()


def test_what_a_device_measures_is_not_kept() -> None:
    kept = values()
    give(kept, version(1), MONITOR)
    assert kept.last(MONITOR, "o-1", version(1).filed) is None


MESSAGES = st.lists(
    st.tuples(
        st.integers(0, 3),  # observation
        st.integers(0, 12),  # filed
        st.integers(0, 5),  # received
        st.sampled_from(["sent", "undone", "begun anew"]),
    ),
    max_size=40,
)


@given(MESSAGES)
def test_what_is_known_of_values_is_what_is_in_their_table(messages: list[tuple[int, int, int, str]]) -> None:
    """Whether a message is taken back, or the gateway begins anew with what the table has."""
    state = State()
    kept, expected = Values(state.table("values")), dict[str, dict[datetime, Version]]()
    for observation, minute, second, then in messages:
        name, one = f"o-{observation}", version(minute)
        kept.sent(LAB, name, one, f"h-{minute}", RECEIVED + timedelta(seconds=second))
        if then == "undone":
            state.undo()
            continue
        state.take_changes()
        known = expected.setdefault(name, {}) | {one.filed: one}
        expected[name] = {filed: known[filed] for filed in sorted(known)[-VERSIONS:]}
        if then == "begun anew":
            rows, state = dict(state.table("values")), State()
            state.load(Change("values", key, json.loads(json.dumps(row))) for key, row in rows.items())
            kept = Values(state.table("values"))
    for observation in range(4):
        for minute in range(13):
            known = expected.get(f"o-{observation}", {})
            held = [one for filed, one in known.items() if filed <= version(minute).filed]
            found = kept.last(LAB, f"o-{observation}", version(minute).filed)
            assert found == (max(held, key=lambda one: one.filed) if held else None)
    assert sum(map(len, state.table("values").values())) == sum(map(len, expected.values()))


def test_values_are_bounded_by_number_and_by_age() -> None:
    state = State()
    kept = Values(state.table("values"))
    for index in range(MOST + 1):
        kept.sent(LAB, f"o-{index}", version(1), f"h-{index // 3}", RECEIVED + timedelta(seconds=index // 3))
    assert sum(map(len, state.table("values").values())) <= MOST
    assert kept.last(LAB, "o-0", version(1).filed) is None
    assert kept.last(LAB, f"o-{MOST}", version(1).filed) is not None
    for minute in range(2 * VERSIONS):
        kept.sent(LAB, "many", version(minute), "h-many", datetime(2025, 4, 1, tzinfo=UTC))
    (last,) = [row for row in state.table("values") if row.endswith("h-many")]
    assert len(state.table("values")[last]) == VERSIONS
    kept.forget(datetime(2025, 4, 1, tzinfo=UTC) + KEPT)
    assert list(state.table("values")) == [last]


def test_a_gateway_forgets_values_by_the_time_of_its_messages() -> None:
    gateway = Gateway()
    give(gateway.patients.values, version(1))
    pass_time(gateway, RECEIVED + KEPT + LATER)
    assert gateway.patients.values.last(LAB, "o-1", version(1).filed) is None
