"""ADT events: where a patient is, who that is, how it ended."""

from datetime import UTC, date, datetime

import pytest

from picustream.gateways.hl7.movements import BY_HAND, MOVES
from picustream.gateways.statement import Identifier, Move, Place
from picustream.scoring.faults import Fault
from tests.gateways.hl7.texts import PID, PV1, laboratory, moved, msh, obx, pid, segment, stated, text

AT = "20250303093000+0800"
AT_2, AT_6 = datetime(2025, 3, 3, 1, 30, tzinfo=UTC), datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
AT_SENT = datetime(2025, 3, 3, 2, 21, tzinfo=UTC)
EVN = segment("EVN", {2: AT, 6: "20250303090000+0800"})


@pytest.mark.parametrize(
    ("event", "move"),
    [
        ("A01", Move.ADMIT),
        ("A02", Move.TRANSFER),
        ("A03", Move.DISCHARGE),
        ("A04", Move.ADMIT),
        ("A08", Move.UPDATE),
        ("A11", Move.CANCEL_ADMIT),
        ("A12", Move.CANCEL_TRANSFER),
        ("A13", Move.CANCEL_DISCHARGE),
        ("A31", Move.UPDATE),
    ],
)
def test_events(event: str, move: Move) -> None:
    found = moved(event, EVN, PID, PV1)
    assert (found.move, found.path, found.place) == (move, "EVN", Place("PICU-A", "12", "HOSP"))
    assert MOVES[event] is move


def test_when_it_happened_and_when_it_was_filed() -> None:
    assert moved("A02", EVN, PID, PV1).occurred_at == AT_6
    assert moved("A02", segment("EVN", {2: AT}), PID, PV1).occurred_at == AT_2
    assert moved("A02", "EVN|A02", PID, PV1).occurred_at is None
    assert moved("A02", PID, PV1).occurred_at is None
    assert moved("A02", EVN, PID, PV1).recorded_at == AT_SENT
    assert moved("A02", EVN, PID, PV1, source=laboratory(recorded_at="evn2")).recorded_at == AT_2
    coarse = moved("A02", segment("EVN", {2: AT, 6: "20250303"}), PID, PV1).occurred_at
    assert isinstance(coarse, Fault)
    assert (coarse.reason, coarse.path) == ("time-too-coarse", "EVN-6")


def test_what_a_visit_says() -> None:
    pv1 = segment("PV1", {3: "WARD3^^7", 6: "PICU-A^^12", 36: "01", 37: "HOME^x", 44: AT, 45: "20250310"})
    found = moved("A02", EVN, PID, pv1)
    assert (found.place, found.prior) == (Place("WARD3", "7"), Place("PICU-A", "12"))
    assert (found.disposition, found.destination, found.admitted_at) == ("01", "HOME", AT_2)
    assert isinstance(found.discharged_at, Fault)
    assert found.discharged_at.path == "PV1-45"


@pytest.mark.parametrize("event", ["A34", "A35", "A36", "A41", "A44", "A45", "A47", "A24", "A37", *sorted(BY_HAND)])
def test_other_merges_are_for_a_person(event: str) -> None:
    found = stated(text(msh(f"ADT^{event}"), EVN, PID, "MRG|7", PV1, obx()))
    assert [fault.reason for one in found for fault in one.faults] == ["merge-by-hand"]
    assert all(one.movements == () for one in found)
    assert [one.unused for one in found if one.values] == ["unused-kind"]


@pytest.mark.parametrize("event", ["A05", "A06", "A07", "A14", "A15", "A16", "A25", "A28", "A60"])
def test_other_events_are_not_used(event: str) -> None:
    (found,) = stated(text(msh(f"ADT^{event}"), EVN, PID, PV1))
    assert (found.kind, found.unused, found.movements, found.faults) == (f"ADT^{event}", "unused-kind", (), ())


def test_msh_9_names_the_event_and_evn_1_only_where_it_does_not() -> None:
    assert moved("A02", segment("EVN", {1: "A01", 2: AT}), PID, PV1).move is Move.TRANSFER
    (found,) = stated(text(msh("ADT"), segment("EVN", {1: "A03", 2: AT}), PID, PV1))
    assert (found.kind, found.movements[0].move) == ("ADT^A03", Move.DISCHARGE)


def test_values_in_an_adt_message_are_seen_and_not_used() -> None:
    moves, values = stated(text(msh("ADT^A08"), EVN, PID, PV1, obx(), obx()))
    assert (moves.unused, moves.values, len(moves.movements)) == ("", (), 1)
    assert (values.unused, len(values.values), values.movements) == ("unused-kind", 2, ())


# Who it is


@pytest.mark.parametrize(
    ("written", "expected"),
    [("20191120", "2019-11-20"), ("201911", "2019-11"), ("2019", "2019"), ("20191120083000", "2019-11-20"),
     ("201911200830+0800", "2019-11-20"), ("20191120083000.5-0500", "2019-11-20"), ("", None), ('""', None),
     ("00000000", None)],
)  # fmt: skip
def test_the_date_of_birth_to_the_precision_that_was_given(written: str, expected: str | None) -> None:
    assert moved("A01", EVN, pid(f7=written), PV1).birth_date == expected
    assert [one.faults for one in stated(text(msh("ADT^A01"), EVN, pid(f7=written), PV1))] == [()]


@pytest.mark.parametrize("written", ["196203520", "20190230", "20.11.2019", "201913", "today", "2019112"])
def test_a_date_of_birth_that_cannot_be_read_is_a_fault(written: str) -> None:
    (found,) = stated(text(msh("ADT^A01"), EVN, pid(f7=written), PV1))
    assert [(fault.reason, fault.path) for fault in found.faults] == [("birth-date-unreadable", "PID[1]-7")]
    assert written not in found.faults[0].message
    assert found.movements[0].birth_date is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [("F", "female"), ("M", "male"), ("O", "other"), ("A", "other"), ("U", "unknown"), ("N", "unknown"),
     ("f", "female"), ("1", "unknown"), ("", None), ('""', None)],
)  # fmt: skip
def test_sex(written: str, expected: str | None) -> None:
    assert moved("A01", EVN, pid(f8=written), PV1).sex == expected


@pytest.mark.parametrize(("written", "expected"), [("Y", True), ("N", False), ("y", True), ("", None), ('""', None)])
def test_death(written: str, expected: bool | None) -> None:
    assert moved("A08", EVN, pid(f30=written), PV1).dead is expected


def test_the_time_of_death_is_never_midnight_for_want_of_a_better_one() -> None:
    def died(written: str) -> object:
        return moved("A03", EVN, pid(f29=written, f30="Y"), PV1).died_at

    assert died(AT) == AT_2
    assert died("20250303") == date(2025, 3, 3)
    assert not isinstance(died("20250303"), datetime)
    assert died("2025030309") == date(2025, 3, 3)
    assert died("") is None
    for nothing in ("202503", "nonsense"):
        fault = died(nothing)
        assert isinstance(fault, Fault)
        assert fault.path == "PID[1]-29"


# Merges


def test_a_merge_names_who_stays_and_what_is_given_up() -> None:
    found = stated(text(msh("ADT^A40"), EVN, pid(f3="1^^^H^MR"), "MRG|2^^^H^MR~3^^^H^PI", pid(f3="4"), "MRG|5"))
    assert [one.subject.patients[0].value for one in found] == ["1", "4"]
    merges = [movement for one in found for movement in one.movements]
    assert [(one.move, one.path) for one in merges] == [(Move.MERGE, "PID[1]"), (Move.MERGE, "PID[2]")]
    assert merges[0].loser == (Identifier("2", "H", "MR", "MRG-1"), Identifier("3", "H", "PI", "MRG-1"))
    assert merges[0].occurred_at == AT_6


@pytest.mark.parametrize(
    ("segments", "path"),
    [([PID], "MRG-1"), ([PID, "MRG|"], "MRG-1"), ([PID, 'MRG|""'], "MRG-1"), ([pid(f3=""), "MRG|7"], "PID-3")],
)
def test_a_merge_that_does_not_say_so_is_a_fault(segments: list[str], path: str) -> None:
    (found,) = stated(text(msh("ADT^A40"), EVN, *segments))
    assert [(fault.reason, fault.path) for fault in found.faults] == [("merge-incomplete", path)]
    assert found.movements == ()
