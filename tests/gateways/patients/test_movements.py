"""What each kind of ADT event makes of a stay, by real messages (HL7 v2)."""

from picustream.gateways.patients.answers import Stay, Waiting
from tests.gateways.patients.hospital import Gateway, adt, subject, time

BORN = "2019-11-20 female"
ADMITTED = f"admitted 03T08:00 PICU-A/12 {BORN}"


def test_an_admission_to_the_unit_opens_a_stay() -> None:
    gateway = Gateway()
    (fact,) = gateway.hl7(adt("A01", "03T08:10", evn6="03T08:00"))
    assert gateway.words() == [ADMITTED]
    assert (fact["status"], fact["recorded_at"]) == ("final", "2025-03-03T00:10:00.000000+00:00")
    assert (fact["patient_id"], fact["stay_id"]) == gateway_names(gateway)


def gateway_names(gateway: Gateway, entered: str = "2025-03-03T00:00:00.000000+00:00") -> tuple[str, str]:
    pseudonyms = gateway.hospital.pseudonyms
    return pseudonyms.patient("HOSP", "000123456"), pseudonyms.stay("HOSP", "V1", entered)


def test_the_begin_of_a_visit_is_that_of_its_stay_where_it_began_in_the_unit() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:10", begun="03T08:00"))
    assert gateway.words() == [ADMITTED]


def test_the_begin_of_a_visit_that_began_elsewhere_is_not_that_of_the_stay() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A04", "03T06:00", "ER"), adt("A01", "03T08:00", begun="03T06:00"))
    assert gateway.words() == [ADMITTED]


def test_a_transfer_into_the_unit_opens_a_stay_whether_or_not_it_says_from_where() -> None:
    for prior in ("", "WARD3^^7"):
        gateway = Gateway()
        gateway.hl7(adt("A01", "02T08:00", "WARD3^^7"), adt("A02", "03T08:05", evn6="03T08:00", prior=prior))
        assert gateway.words() == [ADMITTED]


def test_a_transfer_within_the_unit_is_a_move() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A02", "04T09:00", "PICU-B^^2"))
    assert gateway.words() == [ADMITTED, "moved 04T09:00 PICU-B/2"]


def test_a_transfer_out_of_the_unit_ends_the_stay() -> None:
    for unit, destination in (("WARD3", "ward"), ("NICU", "other-icu")):
        gateway = Gateway()
        gateway.hl7(adt("A01", "03T08:00"), adt("A02", "05T09:00", f"{unit}^^7"))
        assert gateway.words() == [ADMITTED, f"discharged 05T09:00 {destination}"]


def test_a_discharge_says_where_to() -> None:
    said = {"01": "home", "Home": "home", "02": "other-hospital", "": "unknown", "99": "unknown"}
    for disposition, destination in said.items():
        gateway = Gateway()
        gateway.hl7(adt("A01", "03T08:00"), adt("A03", "05T10:00", left="05T09:00", disposition=disposition))
        assert gateway.words() == [ADMITTED, f"discharged 05T09:00 {destination}"]


def test_the_place_of_discharge_counts_where_the_disposition_says_nothing() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A03", "05T09:00", to="other-hcf"))
    assert gateway.words() == [ADMITTED, "discharged 05T09:00 other-hospital"]


def test_a_discharge_from_another_unit_changes_nothing() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A02", "05T09:00", "WARD3^^7"), adt("A03", "06T09:00", "WARD3^^7"))
    assert gateway.words() == [ADMITTED, "discharged 05T09:00 ward"]


def test_death_in_the_unit() -> None:
    """By the disposition, or by PID-30; the time is that of PID-29, and there is no discharge."""
    for how in ({"disposition": "20"}, {"dead": "Y"}):
        gateway = Gateway()
        gateway.hl7(adt("A01", "03T08:00"), adt("A03", "05T09:30", left="05T09:20", died="202503050900+0800", **how))
        assert gateway.words() == [ADMITTED, "died 05T09:00"]
        assert gateway.faults == []


def test_a_death_without_its_minute_is_for_a_person() -> None:
    for died in ("20250305", "2025030509", ""):
        gateway = Gateway()
        gateway.hl7(adt("A01", "03T08:00"), adt("A03", "05T09:30", disposition="20", died=died))
        assert (gateway.words(), gateway.faults) == ([ADMITTED], ["death-time-unknown"])
        gateway.hl7(adt("A31", "05T12:00", None, dead="Y", died="202503050900+0800"))
        assert (gateway.words(), gateway.faults) == ([ADMITTED, "died 05T09:00"], ["death-time-unknown"])


def test_a_registration_counts_in_the_unit_alone() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A04", "02T08:00", "ER"))
    assert gateway.facts == []
    gateway.hl7(adt("A04", "03T08:00", visit="V2^^^HOSP^VN"))
    assert gateway.words() == [ADMITTED]


def test_an_update_corrects_birth_sex_unit_and_time() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:10", born="", sex=""))
    assert gateway.hl7(adt("A08", "03T09:00", born="", sex="")) == []
    (fact,) = gateway.hl7(adt("A08", "03T10:00", "PICU-B^^1", begun="03T08:00", born="201911", sex="M"))
    assert gateway.words() == ["admitted 03T08:00 PICU-B/1 2019-11 male"]
    assert (fact["status"], fact["recorded_at"]) == ("corrected", "2025-03-03T02:00:00.000000+00:00")
    assert fact["stay_id"] == gateway.facts[0]["stay_id"]
    assert gateway.hl7(adt("A08", "03T11:00", "PICU-B^^1", begun="03T08:00", born="201911", sex="M")) == []


def test_an_update_without_a_visit_is_one_of_the_patient() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A31", "04T08:00", None, sex="M"))
    assert gateway.words() == ["admitted 03T08:00 PICU-A/12 2019-11-20 male"]


def test_an_update_by_which_the_patient_has_died() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A08", "05T10:00", dead="Y", died="202503050900+0800"))
    assert gateway.words() == [ADMITTED, "died 05T09:00"]
    gateway.hl7(adt("A08", "05T11:00"))
    assert gateway.words() == [ADMITTED, "died 05T09:00"]
    gateway.hl7(adt("A08", "05T12:00", dead="N"))
    assert gateway.words() == [ADMITTED]


def test_an_update_cannot_move_a_patient_into_or_out_of_the_unit() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A08", "04T08:00", "WARD3^^7"))
    assert (gateway.words(), gateway.faults) == ([ADMITTED], ["moved-by-update"])
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", "WARD3^^7"), adt("A08", "04T08:00"))
    assert (gateway.words(), gateway.faults) == ([], ["moved-by-update"])


def test_a_death_after_the_discharge_is_follow_up() -> None:
    for event in ("A08", "A31"):
        gateway = Gateway()
        gateway.hl7(adt("A01", "03T08:00"), adt("A03", "05T09:00", disposition="01"))
        gateway.hl7(adt(event, "12T10:00", "WARD3^^7", dead="Y", died="202503110830+0800"))
        assert gateway.words() == [ADMITTED, "discharged 05T09:00 home", "vital_status 11T08:30 False"]


def test_a_death_in_a_second_stay_is_follow_up_of_the_first() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A03", "04T08:00"), adt("A01", "05T08:00", visit="V2^^^HOSP^VN"))
    gateway.hl7(adt("A03", "06T08:00", visit="V2^^^HOSP^VN", disposition="20", died="202503060800+0800"))
    died = [(fact["type"], fact["stay_id"]) for fact in gateway.holds() if fact["occurred_at"].startswith("2025-03-06")]
    first, second = (fact["stay_id"] for fact in gateway.holds() if fact["type"] == "admitted")
    assert sorted(died) == [("died", second), ("vital_status", first)]


def test_a_cancelled_admission_is_withdrawn() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A02", "03T09:00", "PICU-A^^13"))
    made = gateway.hl7(adt("A11", "03T10:00"))
    assert gateway.words() == []
    assert {(fact["status"], fact["recorded_at"]) for fact in made} == {
        ("entered-in-error", "2025-03-03T02:00:00.000000+00:00")
    }
    gateway.hl7(adt("A01", "03T11:00", evn6="03T08:30"))
    assert gateway.words() == [f"admitted 03T08:30 PICU-A/12 {BORN}"]
    assert len({fact["stay_id"] for fact in gateway.facts}) == 1


def test_a_cancelled_admission_takes_one_back_to_where_one_was_registered() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A04", "03T06:00", "ER"), adt("A01", "03T08:00"), adt("A11", "03T09:00"))
    assert gateway.words() == []
    gateway.hl7(adt("A02", "03T10:00"))
    assert gateway.words() == [f"admitted 03T10:00 PICU-A/12 {BORN}"]


def test_a_cancelled_transfer_withdraws_what_it_opened() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "02T08:00", "WARD3^^7"), adt("A02", "03T08:00"))
    gateway.hl7(adt("A12", "03T09:30", "WARD3^^7", evn6="03T09:30"))
    assert gateway.words() == []


def test_a_cancelled_transfer_withdraws_what_it_ended() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A02", "05T08:00", "WARD3^^7"))
    gateway.hl7(adt("A12", "05T09:00", "PICU-A^^12"))
    assert gateway.words() == [ADMITTED]


def test_a_cancellation_names_its_transfer_by_time_or_by_place() -> None:
    for how in ({"evn6": "04T08:00"}, {"prior": "PICU-B^^1"}):
        gateway = Gateway()
        gateway.hl7(adt("A01", "03T08:00"), adt("A02", "04T08:00", "PICU-B^^1"), adt("A02", "05T08:00", "PICU-C^^1"))
        gateway.hl7(adt("A12", "06T09:00", **how))
        assert gateway.words() == [ADMITTED, "moved 05T08:00 PICU-C/1"]


def test_a_cancelled_discharge_withdraws_it_and_its_death() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A03", "05T09:00", disposition="01"), adt("A13", "05T10:00"))
    assert gateway.words() == [ADMITTED]
    gateway.hl7(adt("A03", "06T09:00", disposition="20", died="202503060900+0800"), adt("A13", "06T10:00"))
    assert gateway.words() == [ADMITTED]


def test_a_discharge_that_is_sent_again_replaces_the_first() -> None:
    gateway = Gateway()
    gateway.hl7(
        adt("A01", "03T08:00"), adt("A03", "05T09:00"), adt("A03", "05T12:00", left="05T10:00", disposition="01")
    )
    assert gateway.words() == [ADMITTED, "discharged 05T10:00 home"]
    gateway.hl7(adt("A08", "05T13:00", left="05T11:00"))
    assert gateway.words() == [ADMITTED, "discharged 05T11:00 home"]


def test_the_second_stay_of_a_visit_is_another_stay() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A02", "04T08:00", "WARD3^^7"), adt("A02", "06T08:00"))
    stays = [fact["stay_id"] for fact in gateway.holds() if fact["type"] == "admitted"]
    assert len(set(stays)) == 2
    assert [gateway.patients.stay(subject(), time(at)) for at in ("03T12:00", "06T12:00")] == [
        Stay(gateway.facts[0]["patient_id"], stay) for stay in stays
    ]


def test_the_samples_sequence_of_a_transfer_its_cancellation_and_a_death() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T07:00", "WARD3^^7"), adt("A02", "03T09:00"), adt("A12", "03T09:30", "WARD3^^7"))
    gateway.hl7(adt("A02", "03T10:00"), adt("A03", "10T05:00", disposition="20", died="20250310040000+0800", dead="Y"))
    assert gateway.words() == [f"admitted 03T10:00 PICU-A/12 {BORN}", "died 10T04:00"]


def test_what_waits_goes_on_when_the_stay_is_known() -> None:
    gateway = Gateway()
    waiting = gateway.patients.stay(subject(), time("03T09:00"))
    assert isinstance(waiting, Waiting) and not waiting.elsewhere
    gateway.hl7(adt("A01", "02T08:00", "WARD3^^7"))
    assert gateway.opened == []
    waiting = gateway.patients.stay(subject(), time("03T09:00"))
    assert isinstance(waiting, Waiting) and waiting.elsewhere
    gateway.hl7(adt("A02", "03T08:00"))
    assert set(waiting.keys) <= set(gateway.opened)
    assert isinstance(gateway.patients.stay(subject(), time("03T09:00")), Stay)


def test_a_registration_elsewhere_keeps_the_begin_of_the_visit_out_of_the_stay() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A04", "03T06:00", "ER"), adt("A01", "03T07:50", begun="03T06:00"))
    gateway.hl7(adt("A01", "03T09:00", evn6="03T08:00", begun="03T06:00"))
    assert gateway.words() == [ADMITTED]


def test_a_readmission_in_one_visit_begins_when_it_happens() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", begun="03T08:00"), adt("A03", "04T08:00"))
    gateway.hl7(adt("A01", "06T08:00", begun="03T08:00"), adt("A03", "07T08:00", disposition="01"))
    assert gateway.words() == [
        ADMITTED, "discharged 04T08:00 unknown", f"admitted 06T08:00 PICU-A/12 {BORN}", "discharged 07T08:00 home",
    ]  # fmt: skip


def test_a_cancellation_names_its_admission_or_discharge_by_time() -> None:
    course = [adt("A01", "03T08:00"), adt("A03", "04T08:00"), adt("A01", "06T08:00"), adt("A03", "07T08:00")]
    first = [ADMITTED, "discharged 04T08:00 unknown"]
    second = [f"admitted 06T08:00 PICU-A/12 {BORN}", "discharged 07T08:00 unknown"]
    for event, when, left in (
        ("A11", "03T08:00", second),
        ("A11", "06T08:00", first),
        ("A11", "", first),
        ("A13", "04T08:00", [ADMITTED, second[1]]),
        ("A13", "", [*first, second[0]]),
    ):
        gateway = Gateway()
        gateway.hl7(*course, adt(event, "08T08:00", evn6=when))
        assert gateway.words() == left


def test_a_cancellation_that_names_where_one_is_again_takes_the_last_transfer() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A02", "04T08:00", "PICU-B^^1"), adt("A02", "05T08:00", "PICU-C^^1"))
    gateway.hl7(adt("A12", "06T08:00", "PICU-B^^1", prior="PICU-B^^1"))
    assert gateway.words() == [ADMITTED, "moved 04T08:00 PICU-B/1"]


def test_a_transfer_that_is_sent_again_for_its_time_replaces_the_first() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A02", "03T08:00", "PICU-A^^11"), adt("A02", "03T09:00", "PICU-A^^12", evn6="03T08:00"))
    assert gateway.words() == [ADMITTED]


def test_an_update_without_a_bed_leaves_the_bed() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A08", "03T09:00", "PICU-A"))
    assert gateway.words() == [ADMITTED]


def test_an_update_may_say_how_the_stay_ended() -> None:
    for disposition, end in (("01", "discharged 05T09:00 home"), ("20", "died 05T09:00")):
        gateway = Gateway()
        gateway.hl7(adt("A01", "03T08:00"), adt("A03", "05T09:00"))
        gateway.hl7(
            adt("A08", "05T10:00", disposition=disposition, died="202503050900+0800" if "20" in disposition else "")
        )
        assert gateway.words() == [ADMITTED, end]


def test_a_death_at_the_moment_of_the_discharge_is_one_in_the_unit() -> None:
    gateway = Gateway()
    gateway.hl7(
        adt("A01", "03T08:00"), adt("A03", "05T09:00"), adt("A31", "05T10:00", died="202503050900+0800", dead="Y")
    )
    assert gateway.words() == [ADMITTED, "died 05T09:00", "discharged 05T09:00 unknown"]


def test_a_movement_without_a_number_leaves_its_visit_one_with_a_number() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"), adt("A03", "04T08:00", visit=""), adt("A01", "06T08:00", begun="03T08:00"))
    assert [word.split()[:2] for word in gateway.words()] == [
        ["admitted", "03T08:00"], ["discharged", "04T08:00"], ["admitted", "06T08:00"],
    ]  # fmt: skip


def test_the_place_to_which_a_child_is_discharged_may_be_another_icu() -> None:
    for place, destination in (("NICU", "other-icu"), ("1X", "home"), ("WARD3", "unknown")):
        gateway = Gateway()
        gateway.hl7(adt("A01", "03T08:00"), adt("A03", "05T08:00", to=place))
        assert gateway.words()[1:] == [f"discharged 05T08:00 {destination}"]
