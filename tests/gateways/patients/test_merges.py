"""Merges of patients: a stay keeps its pseudonyms, and an inverse merge undoes one."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.patients.answers import Stay, Waiting
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.statement import Move, Movement
from tests.gateways.converting import Result, converted
from tests.gateways.patients.hospital import KEY, SOURCE, Gateway, adt, in_force, moved, site, subject, time, word

SURVIVOR, LOSER = "1^^^HOSP^MR", "2^^^HOSP^MR"


def merged(at: str, survivor: str = SURVIVOR, loser: str = LOSER) -> str:
    return adt("A40", at, None, pid=survivor, loser=loser)


def whose(gateway: Gateway, patient: str, visit: str | None = None) -> Stay | None:
    found = gateway.patients.stay(subject(patient, visit), time("03T09:00"))
    return found if isinstance(found, Stay) else None


def test_after_a_merge_either_number_means_the_stay_and_nothing_is_sent() -> None:
    for order in ((SURVIVOR, LOSER), (LOSER, SURVIVOR)):
        gateway = Gateway()
        gateway.hl7(adt("A01", "03T08:00", pid=LOSER))
        stay = whose(gateway, "2")
        assert stay is not None and whose(gateway, "1") is None
        assert gateway.hl7(merged("04T08:00", *order)) == []
        assert whose(gateway, "1") == whose(gateway, "2") == stay


def test_what_waited_for_the_survivor_goes_on() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", pid=LOSER))
    waiting = gateway.patients.stay(subject("1", None), time("03T09:00"))
    gateway.hl7(merged("04T08:00"))
    assert isinstance(waiting, Waiting) and set(waiting.keys) & set(gateway.opened)


def test_what_comes_later_for_the_survivor_is_of_the_stay_with_its_pseudonyms() -> None:
    gateway = Gateway()
    gateway.hl7(
        adt("A01", "03T08:00", pid=LOSER), merged("04T08:00"), adt("A02", "05T08:00", "PICU-B^^1", pid=SURVIVOR)
    )
    assert len({(fact["patient_id"], fact["stay_id"]) for fact in gateway.facts}) == 1
    gateway.hl7(adt("A03", "06T08:00", pid=SURVIVOR), adt("A01", "09T08:00", pid=SURVIVOR, visit="V2^^^HOSP^VN"))
    assert len({fact["patient_id"] for fact in gateway.facts}) == 1
    assert len({fact["stay_id"] for fact in gateway.facts}) == 2


def test_the_inverse_merge_undoes_it_and_the_merge_again_does_it_again() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", pid=LOSER), merged("04T08:00"))
    gateway.hl7(merged("05T08:00", LOSER, SURVIVOR))
    assert whose(gateway, "1") is None and whose(gateway, "2") is not None
    gateway.hl7(merged("05T09:00", LOSER, SURVIVOR))
    assert whose(gateway, "1") is None, "the inverse, sent once more, is no merge"
    gateway.hl7(merged("06T08:00"))
    assert whose(gateway, "1") == whose(gateway, "2") is not None


@given(st.lists(st.booleans(), max_size=6), st.randoms(use_true_random=False))
def test_merges_count_in_the_order_of_filing(ways: list[bool], chance: object) -> None:
    said = [
        merged(f"{day + 4:02}T08:00", *((SURVIVOR, LOSER) if way else (LOSER, SURVIVOR)))
        for day, way in enumerate(ways)
    ]
    is_merged, last = False, None
    for way in ways:
        if way != last:
            is_merged, last = not is_merged, way
    shuffled = list(said)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    for order in (said, shuffled, [*shuffled, *said]):
        gateway = Gateway()
        gateway.hl7(adt("A01", "03T08:00", pid=LOSER), *order)
        assert (whose(gateway, "1") is not None) == is_merged


def test_merges_lead_on_from_one_to_the_next() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", pid="3^^^HOSP^MR"))
    gateway.hl7(merged("04T08:00", "2^^^HOSP^MR", "3^^^HOSP^MR"), merged("05T08:00", "1^^^HOSP^MR", "2^^^HOSP^MR"))
    assert whose(gateway, "1") == whose(gateway, "2") == whose(gateway, "3") is not None


def test_one_message_with_two_merges() -> None:
    gateway = Gateway()
    gateway.hl7(
        adt("A01", "03T08:00", pid="2^^^HOSP^MR"), adt("A01", "03T08:00", pid="4^^^HOSP^MR", visit="V4^^^HOSP^VN")
    )
    both = merged("04T08:00") + "PID|2||3^^^HOSP^MR\rMRG|4^^^HOSP^MR\r"
    gateway.hl7(both)
    assert whose(gateway, "1") == whose(gateway, "2") is not None
    assert whose(gateway, "3") == whose(gateway, "4") is not None
    assert whose(gateway, "1") != whose(gateway, "3")


def test_a_death_of_the_survivor_is_one_of_the_loser_s_stay_until_it_is_undone() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", pid=LOSER), adt("A03", "04T08:00", pid=LOSER))
    gateway.hl7(adt("A01", "05T08:00", pid=SURVIVOR, visit="V2^^^HOSP^VN"))
    gateway.hl7(adt("A03", "06T08:00", pid=SURVIVOR, visit="V2^^^HOSP^VN", disposition="20", died="202503060800+0800"))
    assert not [fact for fact in gateway.holds() if fact["type"] == "vital_status"]
    gateway.hl7(merged("07T08:00"))
    assert [fact["stay_id"] for fact in gateway.holds() if fact["type"] == "vital_status"] == [
        gateway.facts[0]["stay_id"]
    ]
    gateway.hl7(merged("08T08:00", LOSER, SURVIVOR))
    assert not [fact for fact in gateway.holds() if fact["type"] == "vital_status"]


def test_a_visit_of_another_patient_waits_for_the_merge_and_so_does_its_movement() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", pid=LOSER))
    assert whose(gateway, "1", "V1") is None
    waiting = gateway.learn(moved(discharge(), whom=subject("1", "V1")), "m2")
    assert (waiting.facts, gateway.faults) == ((), [])
    assert [fault.reason for fault in waiting.in_vain] == ["visit-of-another"]
    gateway.hl7(merged("05T08:00"))
    assert set(waiting.waits) & set(gateway.opened) and whose(gateway, "1", "V1") is not None
    again = gateway.learn(moved(discharge(), whom=subject("1", "V1")), "m2")
    assert [fact["type"] for fact in again.facts] == ["discharged"]


def discharge() -> Movement:
    return Movement("EVN", Move.DISCHARGE, time("04T08:00"), recorded_at=time("04T08:00"))


def test_a_movement_of_a_visit_of_another_patient_is_a_letter_where_no_merge_comes() -> None:
    found = through([adt("A01", "03T08:00", pid=LOSER), adt("A03", "04T08:00", pid=SURVIVOR)])
    assert found.reasons == ["visit-of-another"]
    assert [fact["type"] for fact in found.bodies] == ["admitted"]


def through(texts: list[str]) -> Result:
    """Messages through the whole gateway: what waits is done again."""
    return converted([text.encode() for text in texts], LoadedSite(site(source=[SOURCE]), KEY))


@given(st.data())
def test_movements_by_either_number_count_in_the_order_of_filing_once_there_is_a_merge(data: Any) -> None:
    """Whether the merge comes before them or behind them."""
    numbers = st.sampled_from([SURVIVOR, LOSER])
    course = [
        adt("A02", "04T08:00", "PICU-B^^1", pid=data.draw(numbers)),
        adt("A08", "05T08:00", "PICU-B^^2", pid=data.draw(numbers)),
        adt("A03", "06T08:00", pid=data.draw(numbers)),
        adt("A13", "06T09:00", pid=data.draw(numbers)),
        adt("A03", "07T08:00", pid=data.draw(numbers), disposition="01"),
        merged("07T09:00"),
    ]
    admitted = adt("A01", "03T08:00", pid=data.draw(numbers))
    found = through([admitted, *data.draw(st.permutations(course))])
    assert found.letters == []
    facts = [word(fact).split(" 2019")[0] for fact in in_force(found.bodies)]
    assert facts == ["admitted 03T08:00 PICU-A/12", "moved 04T08:00 PICU-B/2", "discharged 07T08:00 home"]


def test_a_merge_that_names_nobody_is_a_fault() -> None:
    gateway = Gateway()
    gateway.hl7(merged("04T08:00", loser="2^^^CN^NI"))
    assert gateway.faults == ["merge-incomplete"]
