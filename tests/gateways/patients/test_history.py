"""A history of locations (FHIR Encounter) gives the same facts as the ADT messages of the same visit."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.patients.answers import Stay
from picustream.gateways.patients.history import BRIDGED
from picustream.gateways.statement import Identifier, Move, Movement, Place, Stretch, Subject
from picustream.scoring.faults import Fault
from tests.gateways.patients.hospital import CHILD, Gateway, moved, time

ENCOUNTER = Subject((CHILD,), (Identifier("e1", "https://his/fhir/Encounter", field="Encounter"),))
BEGIN = time("03T08:00")


def part(place: str, start: str | datetime, end: str | datetime | None = None) -> Stretch:
    unit, _, bed = place.partition("/")
    times = [time(one) if isinstance(one, str) else one for one in (start, end)]
    assert times[0] is not None
    return Stretch(Place(unit, bed), times[0], times[1])


def encounter(*parts: Stretch, filed: datetime | None = None, ended: bool = False, **other: Any) -> Movement:
    left = parts[-1].end if ended and parts else None
    fields = {"discharged_at": left, "disposition": "home" if ended else "", **other}
    return Movement("/entry/0", Move.HISTORY, None, filed or time("10T08:00"), history=parts, ended=ended, **fields)


def test_an_encounter_with_its_locations() -> None:
    gateway = Gateway()
    gateway.learn(
        moved(
            encounter(
                part("ER", "03T06:00", "03T08:00"),
                part("PICU-A/12", "03T08:00", "04T08:00"),
                part("PICU-B/1", "04T08:00"),
            ),
            whom=ENCOUNTER,
        ),
        "m1",
    )
    assert gateway.words() == ["admitted 03T08:00 PICU-A/12", "moved 04T08:00 PICU-B/1"]


@pytest.mark.parametrize(
    ("last", "end"),
    [
        (part("WARD3", "05T08:00"), "ward"),
        (part("NICU", "05T08:00"), "other-icu"),
        (part("WARD3", "05T09:00"), "ward"),
    ],
)
def test_where_the_next_location_is_is_where_the_stay_ended_to(last: Stretch, end: str) -> None:
    gateway = Gateway()
    gateway.learn(moved(encounter(part("PICU-A/12", "03T08:00", "05T08:00"), last), whom=ENCOUNTER), "m1")
    assert gateway.words() == ["admitted 03T08:00 PICU-A/12", f"discharged 05T08:00 {end}"]


def test_a_visit_that_is_over_ends_the_stay() -> None:
    gateway = Gateway()
    gateway.learn(moved(encounter(part("PICU-A/12", "03T08:00", "05T08:00"), ended=True), whom=ENCOUNTER), "m1")
    assert gateway.words() == ["admitted 03T08:00 PICU-A/12", "discharged 05T08:00 home"]


def test_a_visit_that_ended_with_death_takes_its_time_from_the_patient() -> None:
    gateway = Gateway()
    gateway.learn(
        moved(encounter(part("PICU-A/12", "03T08:00", "05T08:00"), ended=True, disposition="exp"), whom=ENCOUNTER), "m1"
    )
    assert (gateway.words(), gateway.faults) == (["admitted 03T08:00 PICU-A/12"], ["death-time-unknown"])
    died = Movement("/entry/1", Move.UPDATE, None, time("05T09:00"), dead=True, died_at=time("05T07:55"))
    gateway.learn(moved(died, whom=Subject((CHILD,))), "m2")
    assert gateway.words() == ["admitted 03T08:00 PICU-A/12", "died 05T07:55"]


def test_who_the_patient_is_may_be_known_before_the_visit() -> None:
    gateway = Gateway()
    born = Movement("", Move.UPDATE, None, time("02T09:00"), birth_date="2019-11", sex="male")
    gateway.learn(moved(born, whom=Subject((CHILD,))), "m1")
    gateway.learn(moved(encounter(part("PICU-A/12", "03T08:00")), whom=ENCOUNTER), "m2")
    assert gateway.words() == ["admitted 03T08:00 PICU-A/12 2019-11 male"]


def test_a_deceased_without_its_minute_is_for_a_person() -> None:
    gateway = Gateway()
    gateway.learn(moved(encounter(part("PICU-A/12", "03T08:00")), whom=ENCOUNTER), "m1")
    for died in (None, time("05T08:00").date(), Fault("time-too-coarse", "", "")):
        gateway.learn(
            moved(Movement("", Move.UPDATE, None, time("05T09:00"), dead=True, died_at=died), whom=Subject((CHILD,))),
            f"{died}",
        )
    assert gateway.words() == ["admitted 03T08:00 PICU-A/12"]
    assert set(gateway.faults) == {"death-time-unknown"}


def test_an_encounter_entered_in_error_is_withdrawn_and_may_come_back() -> None:
    gateway = Gateway()
    here = encounter(part("PICU-A/12", "03T08:00"), filed=time("03T09:00"))
    gateway.learn(moved(here, whom=ENCOUNTER), "m1")
    gateway.learn(moved(Movement("/entry/0", Move.WITHDRAW, None, time("03T10:00")), whom=ENCOUNTER), "m2")
    assert gateway.words() == []
    gateway.learn(moved(encounter(part("PICU-A/12", "03T08:30"), filed=time("03T11:00")), whom=ENCOUNTER), "m3")
    assert gateway.words() == ["admitted 03T08:30 PICU-A/12"]
    assert len({fact["stay_id"] for fact in gateway.facts}) == 1


def test_a_corrected_start_keeps_the_stay() -> None:
    gateway = Gateway()
    gateway.learn(moved(encounter(part("PICU-A/12", "03T08:00"), filed=time("03T09:00")), whom=ENCOUNTER), "m1")
    gateway.learn(moved(encounter(part("PICU-A/12", "03T07:00"), filed=time("03T10:00")), whom=ENCOUNTER), "m2")
    assert gateway.words() == ["admitted 03T07:00 PICU-A/12"]
    assert len({fact["stay_id"] for fact in gateway.facts}) == 1


def test_a_gap_between_two_beds_is_none_of_the_stay() -> None:
    for gap, words in ((BRIDGED, 2), (BRIDGED + timedelta(minutes=1), 3)):
        gateway = Gateway()
        back = time("05T08:00") + gap
        history = encounter(part("PICU-A/12", "03T08:00", "05T08:00"), part("PICU-A/13", back))
        gateway.learn(moved(history, whom=ENCOUNTER), "m1")
        assert len(gateway.words()) == words


@pytest.mark.parametrize(
    ("movement", "reason"),
    [
        (encounter(), "no-location"),
        (
            Movement("", Move.HISTORY, None, BEGIN, history=(part("PICU-A", "03T08:00"),), ended=True),
            "no-location-time",
        ),
        (encounter(Stretch(Place("PICU-A"), Fault("time-without-zone", "", ""))), "time-without-zone"),
    ],
)
def test_a_history_that_cannot_be_used_leaves_the_one_before(movement: Movement, reason: str) -> None:
    gateway = Gateway()
    gateway.learn(moved(encounter(part("PICU-A/12", "03T08:00")), whom=ENCOUNTER), "m1")
    gateway.learn(moved(movement, whom=ENCOUNTER), "m2")
    assert (gateway.words(), gateway.faults) == (["admitted 03T08:00 PICU-A/12"], [reason])


PLACES = ("PICU-A/1", "PICU-A/2", "PICU-B/1", "WARD3/7", "NICU/1")
paths = st.lists(
    st.tuples(st.sampled_from(PLACES), st.integers(1, 48)), min_size=1, max_size=6
).filter(lambda path: all(one[0] != other[0] for one, other in pairwise(path)))  # fmt: skip


def parts_of(path: list[tuple[str, int]], ended: bool) -> list[Stretch]:
    found, at = [], BEGIN
    for index, (place, hours) in enumerate(path):
        end = at + timedelta(hours=hours)
        found.append(part(place, at, end if ended or index < len(path) - 1 else None))
        at = end
    return found


def as_adt(gateway: Gateway, parts: list[Stretch], ended: bool) -> None:
    """The same as an admission, transfers and a discharge."""
    for index, one in enumerate(parts):
        assert isinstance(one.start, datetime)
        move = Move.TRANSFER if index else Move.ADMIT
        gateway.learn(moved(Movement("EVN", move, one.start, one.start, place=one.place), whom=ENCOUNTER), f"a{index}")
    if ended:
        end = parts[-1].end
        discharge = Movement("EVN", Move.DISCHARGE, end, end, disposition="home")
        gateway.learn(moved(discharge, whom=ENCOUNTER), "last")


@given(paths, st.booleans())
def test_a_history_says_what_the_adt_messages_say(path: list[tuple[str, int]], ended: bool) -> None:
    parts = parts_of(path, ended)
    by_adt, by_history = Gateway(), Gateway()
    as_adt(by_adt, parts, ended)
    by_history.learn(moved(encounter(*parts, ended=ended), whom=ENCOUNTER), "m1")
    plain = [{**fact, "recorded_at": "", "status": ""} for fact in by_history.holds()]
    assert plain == [{**fact, "recorded_at": "", "status": ""} for fact in by_adt.holds()]


@given(paths, st.booleans(), st.randoms(use_true_random=False))
def test_the_version_filed_last_holds_in_any_order(path: list[tuple[str, int]], ended: bool, chance: Any) -> None:
    """An Encounter is sent again with each move; versions overtake one another and come twice."""
    parts = parts_of(path, ended)
    versions = []
    for count in range(1, len(parts) + 1):
        known = [*parts[: count - 1], Stretch(parts[count - 1].place, parts[count - 1].start)]
        versions.append(encounter(*known, filed=time("20T08:00") + timedelta(minutes=count)))
    versions.append(encounter(*parts, filed=time("21T08:00"), ended=ended))
    straight, mixed = Gateway(), Gateway()
    for index, version in enumerate(versions):
        straight.learn(moved(version, whom=ENCOUNTER), f"m{index}")
    order = list(range(len(versions))) * 2
    chance.shuffle(order)
    for index in order:
        mixed.learn(moved(versions[index], whom=ENCOUNTER), f"m{index}")
    assert mixed.words() == straight.words()


def test_values_find_the_stay_by_the_encounter() -> None:
    gateway = Gateway()
    gateway.learn(moved(encounter(part("PICU-A/12", "03T08:00")), whom=ENCOUNTER), "m1")
    assert isinstance(gateway.patients.stay(Subject((), ENCOUNTER.visits), time("04T08:00")), Stay)
