"""Which identifier of a message is taken: by the site's rules, never by its order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.patients.answers import Stay, Waiting
from picustream.gateways.patients.identity import chosen
from picustream.gateways.patients.people import People
from picustream.gateways.patients.who import Who
from picustream.gateways.site.config import Authority
from picustream.gateways.state import State
from picustream.gateways.statement import Identifier, Statements, Subject
from picustream.scoring.faults import Fault
from tests.gateways.patients.hospital import Gateway, adt, hospital, rules, subject, time

KEY = hospital().pseudonyms.patient
MR = Identifier("7", "HOSP", "MR", "PID-3")
OTHERS = [
    Identifier("000", "CN", "NI", "PID-3"),
    Identifier("9", "LAB", "PI", "PID-3"),
    Identifier("3", "", "SS", "PID-3"),
]


@given(st.permutations([MR, *OTHERS]))
def test_the_order_of_identifiers_does_not_matter(given_: list[Identifier]) -> None:
    (one,) = chosen(given_, [Authority(type="MR"), Authority(type="PI")], KEY)
    assert one.key == KEY("HOSP", "7")


@pytest.mark.parametrize(
    ("rule", "takes"),
    [
        (Authority(authority="LAB"), ("LAB", "9")),
        (Authority(type="NI", strip_leading_zeros=True), ("CN", "0")),
        (Authority(field="PID-3", type="MR", name="hospital"), ("hospital", "7")),
        (Authority(authority="HOSP", type="PI"), None),
        (Authority(field="PID-2"), None),
    ],
)
def test_a_rule_fits_by_authority_type_and_field(rule: Authority, takes: tuple[str, str] | None) -> None:
    found = chosen([*OTHERS, MR], [rule], KEY)
    assert [(one.authority, one.value) for one in found] == ([takes] if takes else [])


def test_the_first_rule_that_fits_decides() -> None:
    (one,) = chosen([MR, *OTHERS], [Authority(type="XX"), Authority(type="PI"), Authority(type="MR")], KEY)
    assert one.value == "9"


def test_an_empty_or_deleted_number_is_none() -> None:
    given_ = [Identifier(value, "HOSP", "MR", "PID-3") for value in ("", " ", '""')]
    assert chosen(given_, [Authority(type="MR")], KEY) == ()


@given(st.sampled_from(["abC1", " abc1", "ABC1 ", "Abc1"]))
def test_spellings_of_one_number_are_one(value: str) -> None:
    (one,) = chosen([Identifier(value, "HOSP", "MR", "PID-3")], [Authority(type="MR")], KEY)
    assert one.key == KEY("HOSP", "ABC1")


def test_leading_zeros_count_unless_the_rule_says_otherwise() -> None:
    for strip, known in ((True, True), (False, False)):
        gateway = Gateway(rules(Authority(type="MR", strip_leading_zeros=strip)))
        gateway.hl7(adt("A01", "03T08:00"))
        assert isinstance(gateway.patients.stay(subject("123456", None), time("03T09:00")), Stay) is known


def test_a_second_number_that_fits_the_same_rule_is_for_a_person() -> None:
    both = "1^^^HOSP^MR~2^^^OTHER^MR"
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", pid=both))
    assert (gateway.facts, gateway.faults) == ([], ["patient-ambiguous"])
    gateway = Gateway(rules(Authority(authority="OTHER")))
    gateway.hl7(adt("A01", "03T08:00", pid=both))
    assert [fact["patient_id"] for fact in gateway.facts] == [KEY("OTHER", "2")]


def test_the_list_of_identifiers_goes_before_the_fields_of_old_versions() -> None:
    old = Identifier("5", "HOSP", "MR", "PID-2")
    assert [one.value for one in chosen([old, MR], [Authority(type="MR")], KEY)] == ["7"]
    assert [one.value for one in chosen([old], [Authority(type="MR")], KEY)] == ["5"]


def test_a_message_that_names_nobody_is_a_fault() -> None:
    nobody = Subject((Identifier("1", "CN", "NI", "PID-3"),), ())
    found = Gateway().patients.stay(nobody, time("03T09:00"))
    assert isinstance(found, Fault) and found.reason == "no-identity"
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", pid="1^^^CN^NI"), adt("A01", "03T08:00", "WARD3^^7", pid="1^^^CN^NI", visit=""))
    assert (gateway.facts, gateway.faults) == ([], ["no-identity"])


REFERENCE = Identifier("p1", "https://his/fhir/Patient", field="Patient")
NUMBER = Identifier("000123456", "HOSP", "MR", "Patient")


def test_a_reference_means_the_patient_that_the_server_says() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"))
    waiting = gateway.patients.stay(Subject((REFERENCE,)), time("03T09:00"))
    assert isinstance(waiting, Waiting)
    learnt = gateway.learn(Statements("Patient", Subject((REFERENCE, NUMBER)), same=(REFERENCE, NUMBER)), "m1")
    assert set(waiting.keys) <= set(learnt.opened)
    found = gateway.patients.stay(Subject((REFERENCE,)), time("03T09:00"))
    assert found == Stay(gateway.facts[0]["patient_id"], gateway.facts[0]["stay_id"])


def test_a_reference_of_which_the_server_takes_back_what_it_means() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"))
    other = Identifier("8", "HOSP", "MR", "Patient")
    gateway.learn(Statements("Patient", Subject((REFERENCE, NUMBER)), same=(REFERENCE, NUMBER)), "m1")
    gateway.learn(Statements("Patient", Subject((REFERENCE, other)), same=(REFERENCE, other)), "m2")
    assert isinstance(gateway.patients.stay(Subject((REFERENCE,)), time("03T09:00")), Waiting)
    assert isinstance(gateway.patients.stay(Subject((NUMBER,)), time("03T09:00")), Stay)
    gateway.hl7(adt("A03", "04T08:00"), adt("A01", "06T08:00", pid="8^^^HOSP^MR", visit="V8^^^HOSP^VN"))
    assert isinstance(gateway.patients.stay(Subject((NUMBER,)), time("06T09:00")), Waiting)


def test_two_that_share_a_number_that_no_rule_takes_are_two() -> None:
    """A family's insurance, or a number that stands for none."""
    shared = Identifier("0000", "INSURANCE", "NI", "Patient")
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00"))
    for name, number in (("p1", NUMBER), ("p2", Identifier("8", "HOSP", "MR", "Patient"))):
        reference = Identifier(name, "https://his/fhir/Patient", field="Patient")
        names = (reference, shared, number)
        gateway.learn(Statements("Patient", Subject(names), same=names), name)
    second = Identifier("p2", "https://his/fhir/Patient", field="Patient")
    assert isinstance(gateway.patients.stay(Subject((second,)), time("03T09:00")), Waiting)


def test_no_number_of_a_patient_is_kept() -> None:
    gateway = Gateway()
    gateway.hl7(adt("A01", "03T08:00", pid="CANARY77^^^HOSP^MR", visit="VISIT77^^^HOSP^VN"))
    gateway.hl7(adt("A40", "04T08:00", None, pid="CANARY77^^^HOSP^MR", loser="CANARY88^^^HOSP^MR"))
    names = (REFERENCE, Identifier("CANARY77", "HOSP", "MR", "Patient"))
    learnt = gateway.learn(Statements("Patient", Subject(names), same=names), "m1")
    waiting = gateway.patients.stay(subject("CANARY99", "VISIT99"), time("04T08:00"))
    kept = repr((gateway.kept, gateway.facts, learnt, waiting)).casefold()
    assert "canary" not in kept and "visit77" not in kept and "visit99" not in kept and '"p1"' not in kept


def who() -> Who:
    loaded, state = hospital(), State()
    return Who(loaded.site, loaded.pseudonyms, People(state.table("people"), state.table("marks")))


LONG = Identifier("7" * 1000, "HOSP", "MR", "PID-3")
ASKED = st.lists(st.lists(st.sampled_from([MR, LONG, *OTHERS]), max_size=4), min_size=1, max_size=6)


@given(ASKED)
def test_whom_identifiers_mean_does_not_depend_on_what_was_asked_before(asked: list[list[Identifier]]) -> None:
    one = who()
    for given_ in [*asked, *asked]:
        assert one.patient(given_) == who().patient(given_)
        assert one.visit(given_) == who().visit(given_)
