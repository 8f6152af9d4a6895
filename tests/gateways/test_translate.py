"""What a value becomes: its code, unit, status, topic and event, or the letter that says why it is none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.convert import Conversion
from picustream.models.codemap import CodeMapFile
from picustream.scoring.rules import Rules
from tests.gateways.converting import NOW, Result, converted, rules, site_of
from tests.gateways.texts import admission, header, message, obx, pid, pv1, results

PEEP = "151976^MDC_VENT_PRESS_AWAY_END_EXP_POS^MDC"


def of(*values: str, **source: Any) -> Result:
    return converted([admission(), results(*values)], site_of(zone="Asia/Shanghai", **source))


def sent(found: Result) -> list[tuple[Any, ...]]:
    return [(one["code"], one.get("value"), one.get("unit"), one.get("status", "final")) for one in found.observations]


@pytest.mark.parametrize(
    ("code", "value", "unit", "expected"),
    [
        ("14682-9^C^LN", "54", "umol/L", ("14682-9", 54, "umol/L", "final")),
        ("X^own^L^14682-9^C^LN", "54", "umol/L", ("14682-9", 54, "umol/L", "final")),
        ("14682-9^C^LOINC", "0.60", "mg/dL", ("14682-9", 0.60, "mg/dL", "final")),
        ("777-3^P^LN", "54", "K/uL", ("777-3", 54, "10*3/uL", "final")),
        ("KREA^C^L", "54", "umol/l", ("creatinine", 54, "umol/L", "final")),
        ("9269-2^GCS^LN", "15", "", ("9269-2", 15, "{score}", "final")),
        ("9269-2^GCS^LN", "15", "262656^MDC_DIM_DIMLESS^MDC", ("9269-2", 15, "{score}", "final")),
        ("8867-4^HR^LN", "120", "264864^MDC_DIM_BEAT_PER_MIN^MDC", ("8867-4", 120, "/min", "final")),
        ("3150-6^FiO2^LN", "0.5", "", ("3150-6", 0.5, None, "final")),
    ],
)
def test_a_value_is_sent_in_words_that_the_worker_knows(
    code: str, value: str, unit: str, expected: tuple[Any, ...]
) -> None:
    own = {"codes": {"L": {"creatinine": ["KREA"]}}, "spellings": {"umol/L": ["umol/l"]}}
    found = of(obx(code, value, unit), **own)
    assert sent(found) == [expected] and found.letters == []


def test_what_the_operators_code_map_knows_needs_no_line_in_the_sites_file() -> None:
    own = {"codes": {"L": {"creatinine": ["KREA"]}}, "spellings": {"umol/L": ["umol per l"]}}
    by = Rules(rules().protocol, rules().codemap.with_more([CodeMapFile.model_validate(own)]))
    found = converted([admission(), results(obx("KREA^C^L", "54", "umol per l"))], site_of(zone="Asia/Shanghai"), by)
    assert sent(found) == [("KREA", 54, "umol/L", "final")] and found.letters == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (obx(unit=""), "unit-missing"),
        (obx(unit="furlong"), "unit-unknown"),
        (obx(unit="mm[Hg]"), "unit-mismatch"),
        (obx(unit="mbar", code="20077-4^PEEP^LN"), "unit-unknown"),
        (obx(value="1,2"), "decimal-comma"),
        (obx(value="1~2"), "repeated-value"),
        (obx(value="some text"), "value-not-numeric"),
        (obx(value="", status="U"), "status-without-value"),
        (obx(value="", status="C"), "value-missing"),
        (obx(status="?"), "status-unknown"),
        (obx(status=""), "status-missing"),
        (obx("14682-9^C^LN^777-3^P^LN"), "code-conflict"),
        (obx("14682-9^C^L"), "system-unknown"),
        (obx("14682-9"), "system-unknown"),
    ],
)
def test_what_cannot_be_used_is_a_letter_with_its_code(value: str, reason: str) -> None:
    found = of(value)
    assert found.reasons == [reason] and sent(found) == []
    letter = found.letters[0].as_json()
    assert letter["fix"] and letter["path"].startswith("OBX[1]") and "code" in letter
    assert found.tally.letters == {reason: 1}


@pytest.mark.parametrize(
    ("value", "fate"),
    [
        (obx("2951-2^Sodium^LN", "140", "mmol/L"), "ignored"),
        (obx("2951-2^Sodium^LN", "1,5", "mmol/L"), "ignored"),
        (obx("TEXT^note^L", "a document", kind="TX"), "ignored"),
        (obx("14629-0^direct^LN", "5", "umol/L"), "ignored"),
        (obx("11556-8^pO2^LN", "12", "kPa"), "ignored"),
        (obx("2951-2^Sodium^LN", "", ""), "empty"),
        (obx(value="", unit=""), "empty"),
        (obx(status="N"), "empty"),
    ],
)
def test_what_no_rule_uses_is_counted(value: str, fate: str) -> None:
    found = of(value)
    assert found.letters == [] and sent(found) == [] and found.tally.values[fate] == 1


def test_ignored_codes_are_counted_without_free_text() -> None:
    found = of(obx("2951-2^Sodium^LN"), obx("SURNAME FIRST^x^L", number=2))
    assert found.tally.ignored == {"http://loinc.org 2951-2": 1, "L (other)": 1}


def test_a_status_alone_sends_the_value_again() -> None:
    first = results(obx(status="P"))
    later = results(obx(value="", unit="", status="U"), filed="20260301100000+0800")
    found = converted([admission(), first, later], site_of())
    assert sent(found) == [("14682-9", 54, "umol/L", "preliminary"), ("14682-9", 54, "umol/L", "final")]
    assert found.observations[0]["id"] == found.observations[1]["id"]
    again = converted([admission(), first, later, later], site_of())
    assert {event.value for event in again.events} == {event.value for event in found.events}


def test_a_value_of_the_wrong_patient_is_withdrawn_and_a_letter() -> None:
    found = converted([admission(), results(obx()), results(obx(status="W"), filed="20260301100000+0800")], site_of())
    assert [one[3] for one in sent(found)] == ["final", "entered-in-error"]
    assert found.reasons == ["wrong-patient"] and found.tally.values["letters"] == 0


def test_what_comes_anew_for_another_patient_is_withdrawn_from_the_first() -> None:
    second = admission(number="4712CANARY", visit="V98CANARY")
    other = results(obx(), filed="20260301100000+0800", number="4712CANARY").replace(b"V99CANARY", b"V98CANARY")
    found = converted([admission(), second, results(obx()), other, other], site_of())
    bodies = [body for body in found.bodies if "observations" in body]
    assert [(body["stay_id"], body["observations"][0].get("status")) for body in bodies[:3]] == [
        (bodies[0]["stay_id"], None),
        (bodies[1]["stay_id"], None),
        (bodies[0]["stay_id"], "entered-in-error"),
    ]
    assert len({body["event_id"] for body in bodies}) == 3


def test_what_replaces_a_value_and_cannot_be_read_hides_it() -> None:
    first, second = results(obx()), results(obx(value="1,5", status="C"), filed="20260301100000+0800")
    found = converted([admission(), first, second, second], site_of())
    assert [one[3] for one in sent(found)] == ["final", "unknown", "unknown"]
    assert len({one["id"] for one in found.observations}) == 1 and len(set(found.events)) == 3
    assert found.reasons == ["decimal-comma"] * 2 and found.tally.values["sent"] == 1
    alone = converted([admission(), second], site_of())
    assert sent(alone) == [] and alone.reasons == ["decimal-comma"]


def test_the_same_twice_is_sent_once_and_what_differs_is_not_guessed() -> None:
    alike, different = of(obx(), obx()), of(obx(), obx(value="55"))
    assert len(sent(alike)) == 1 and alike.tally.ignored == {"http://loinc.org 14682-9: repeated": 1}
    assert sent(different) == [] and different.reasons == ["duplicate-value"] * 2


@pytest.mark.parametrize(
    ("preset", "code", "channel", "expected"),
    [
        ("philips-intellivue", PEEP, "", "peep"),
        ("philips-intellivue", PEEP, "AMEAS", "peep_measured"),
        ("pcd-plain", PEEP, "", "peep_measured"),
        ("pcd-plain", PEEP, "MSET", "peep"),
        ("mindray", "151976^MDC_VENT_PRESS_AWAY_END_EXP_POS_SETTING^MDC", "", "peep"),
        ("mindray", PEEP, "", "peep_measured"),
        ("mii", PEEP, "AMEAS", "peep_measured"),
        ("mii", PEEP, "", None),
        ("pcd-plain", "16929192^MDC_VENT_PRESS_AWAY_END_EXP_POS^MDC", "", "peep"),
    ],
)
def test_the_family_of_the_device_says_whether_peep_was_set(
    preset: str, code: str, channel: str, expected: str | None
) -> None:
    value = f"OBX|1|NM|{code}|1.1.1.1|5|266048^MDC_DIM_CM_H2O^MDC|||||F|||20260301091500+0800|||{channel}"
    found = of(value, presets=[preset], kind="ventilator")
    assert [one[0] for one in sent(found)] == ([expected] if expected else [])
    assert found.reasons == ([] if expected else ["setting-not-said"])


def mode(word: str, status: str = "F", filed: str = "20260301092900+0800") -> bytes:
    value = f"OBX|1|CWE|MODE^mode^L|1|{word}||||||{status}|||20260301091500+0800"
    return results(value, filed=filed)


WORDS = {"codes": ["MODE"], "support": {"PC-AC": "invasive", "CPAP": "non-invasive"}, "control": {"pc-ac": "pressure"}}


def test_a_site_says_which_words_mean_support_and_control() -> None:
    site = site_of(kind="ventilator", words=[WORDS])
    found = converted([admission(), mode("PC-AC^pressure control^L"), mode("CPAP", "C", "20260301100000+0800")], site)
    bodies = [(one.get("support"), one.get("control"), one.get("status")) for one in found.bodies[1:]]
    assert bodies == [("invasive", "pressure", None), ("non-invasive", None, "corrected")]
    assert len({one["event_id"] for one in found.bodies}) == 2 and found.tally.values["sent"] == 2
    assert "observations" not in found.bodies[1]
    other = converted([admission(), mode("SOMETHING ELSE")], site)
    assert other.reasons == ["word-unknown"] and "SOMETHING" not in other.text


def test_a_limit_that_was_set_is_no_measurement() -> None:
    value = "OBX|1|NM|151817^MDC_PRESS_AWAY_INSP_MAX_SETTING^MDC|1|40|266048^^MDC|||||F|||20260301091500+0800"
    found = of(value, presets=["mindray"], kind="ventilator")
    assert found.events[1:] == [] and found.tally.values["ignored"] == 1


@pytest.mark.parametrize(
    ("kind", "code", "unit", "topic"),
    [
        ("laboratory", "3150-6^FiO2^LN", "%", "picu.lab.v1"),
        ("ventilator", "3150-6^FiO2^LN", "%", "picu.ventilator.v1"),
        ("monitor", "2703-7^pO2^LN", "mm[Hg]", "picu.lab.v1"),
        ("ventilator", "60985-9^CVP^LN", "mm[Hg]", "picu.vital.v1"),
        ("laboratory", "76259-1^plateau^LN", "cm[H2O]", "picu.ventilator.v1"),
    ],
)
def test_the_variable_and_the_kind_of_source_say_the_topic(kind: str, code: str, unit: str, topic: str) -> None:
    value = f"OBX|1|NM|{code}|1|40|{unit}|||||F|||20260301091500+0800"
    assert [event.topic for event in of(value, kind=kind).events[1:]] == [topic]


def test_a_blood_gas_is_one_event() -> None:
    gas = [obx("2703-7^pO2^LN", "80", "mm[Hg]"), obx("3150-6^FiO2^LN", "40", "%", number=2)]
    found = of(*gas, obx("8867-4^HR^LN", "120", "bpm", number=3))
    assert [len(body["observations"]) for body in found.bodies[1:]] == [2, 1]


def test_an_event_has_no_more_than_200_observations() -> None:
    found = of(*(f"OBX|{n}|NM|14682-9^C^LN|{n}|54|umol/L|||||F" for n in range(1, 451)))
    assert [len(body["observations"]) for body in found.bodies[1:]] == [200, 200, 50]
    assert len({event.event_id for event in found.events}) == 4


def test_what_is_no_production_is_not_used() -> None:
    test = results(obx()).replace(b"|R|P|2.5", b"|R|T|2.5")
    found = converted([admission(), test], site_of())
    assert sent(found) == [] and found.tally.ignored == {"http://loinc.org 14682-9: training": 1}


def test_a_value_before_the_protocols_earliest_is_a_letter() -> None:
    value = "OBX|1|NM|14682-9^C^LN||54|umol/L|||||F|||19700101080000+0800"
    site = site_of(observed_at=["obx14"])
    early = admission(at="19700101070000+0800")
    found = converted([early, results(value)], site)
    assert set(found.reasons) <= {"in-the-past", "no-stay"} and sent(found) == []
    assert found.tally.values["letters"] == 1


def test_a_known_patient_of_another_unit_is_no_letter() -> None:
    site = site_of()
    site.site.unit[0].__dict__["match"] = "PICU"
    ward = message(header("ADT^A01", "A", "ADT"), "EVN|A01|20260301080000+0800", pid(), pv1(unit="WARD"))
    found = converted([ward, results(obx()).replace(b"PICU", b"WARD")], site)
    assert found.letters == [] and found.tally.ignored == {"http://loinc.org 14682-9: elsewhere": 1}


@given(st.permutations(range(4)))
def test_values_that_wait_make_the_same_events_in_whatever_order_admissions_come(order: list[int]) -> None:
    messages = [
        admission(),
        results(obx()),
        admission(number="4712CANARY", visit="V98CANARY"),
        results(obx("777-3^P^LN", "54", "10*9/L"), number="4712CANARY", order="F9").replace(b"V99C", b"V98C"),
    ]
    found = converted([messages[index] for index in order], site_of())
    expected = converted(messages, site_of())
    assert {event.value for event in found.events} == {event.value for event in expected.events}
    assert found.letters == []


def test_a_better_map_makes_other_events_and_the_same_observations() -> None:
    messages = [admission(), results(obx(), obx("KREA^C^L", "60", "umol/L", number=2))]
    before, after = (converted(messages, site_of(**own)) for own in ({}, {"codes": {"L": {"creatinine": ["KREA"]}}}))
    assert before.observations[0] == after.observations[0] and len(after.observations) == 2
    assert before.events[1].event_id != after.events[1].event_id and before.events[0] == after.events[0]


def test_a_sender_that_no_source_fits_is_a_letter_about_all_values() -> None:
    conversion = Conversion(site_of(application="GAS"), rules())
    found = [one for part in conversion.file(results(obx(), obx(number=2)), NOW) for one in part.letters]
    assert [(one.reason, one.about) for one in found] == [("source-unknown", {"application": "LAB", "facility": "CH"})]
    assert dict(conversion.tally.values) == {"seen": 2, "sent": 0, "ignored": 0, "empty": 0, "letters": 2}
