"""The ward in HL7 v2: the gateway reads all of it, and it scores as the ward's own events do."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from picustream.demo.hospital import Hospital, found
from picustream.demo.messages import Sent, message
from picustream.demo.timeline import Timed
from picustream.demo.ward import SEED, ward
from picustream.eventfiles.replay import run
from picustream.gateways.convert import Conversion
from picustream.gateways.letters import Letter
from picustream.gateways.site.load import load
from picustream.gateways.tally import Tally
from picustream.models.event import VENTILATOR
from picustream.scoring.rules import load_rules
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import OUTCOME
from picustream.scoring.validation import InputRecord

RULES = load_rules(None, None)
KEYS = {MODS: ("day",), APPS: ("basis", "day", "episode"), OUTCOME: ("milestone",)}
PEAK_FOR_PLATEAU = "S-301"
"""Her ventilator is under pressure control and measures no plateau: a peak stands for it (A6)."""


@dataclass
class Spoken:
    """What the gateway makes of the ward."""

    hospital: Hospital
    events: list[tuple[str, bytes]]
    letters: list[Letter]
    tally: Tally


def spoken(folder: Path, seed: int) -> Spoken:
    events = ward(seed).events
    site, hospital = found(folder, events)
    conversion = Conversion(load(site), RULES)
    made = Spoken(hospital, [], [], conversion.tally)

    def take(raw: bytes) -> None:
        for one in conversion.file(raw, datetime.now(UTC)):
            made.events.extend((event.topic, event.value) for event in one.events)
            made.letters.extend(one.letters)

    for event in events:
        if (sent := message(event)) is not None:
            take(sent.raw)
        else:
            direct = hospital.pseudonymised(event)
            made.events.append((direct.topic, json.dumps(direct.value).encode()))
    assert list(conversion.end()) == []  # nothing waits in vain
    return made


def observations(events: list[Timed]) -> list[dict[str, Any]]:
    return [one for event in events for one in event.value.get("observations", [])]


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_every_obx_is_one_value_and_only_the_unit_that_nobody_knows_is_a_letter(tmp_path: Path, seed: int) -> None:
    events = ward(seed).events
    made = spoken(tmp_path, seed)
    words = sum("support" in event.value or "state" in event.value for event in events)
    assert made.tally.seen == len(observations(events)) + words
    assert [(letter.reason, letter.about["unit"]) for letter in made.letters] == [("unit-unknown", "giga/L")]
    assert made.tally.letters == Counter({"unit-unknown": 1})
    assert (made.tally.empty, made.tally.unused) == (0, Counter())
    assert made.tally.used == Counter({"ADT^A01": 8, "ADT^A02": 8, "ADT^A03": 1})


def test_the_stays_are_known_by_the_pseudonyms_that_the_demo_foretells(tmp_path: Path) -> None:
    made = spoken(tmp_path, SEED)
    values = [json.loads(value) for _, value in made.events]
    assert {value["stay_id"] for value in values} == set(made.hospital.shown)
    assert set(made.hospital.shown.values()) == {bed.stay_id for bed in ward().beds}
    people = {stay: {v["patient_id"] for v in values if v["stay_id"] == stay} for stay in made.hospital.shown}
    assert all(len(patients) == 1 for patients in people.values())


def test_the_ward_scores_in_hl7_as_it_does_in_events(tmp_path: Path) -> None:
    made = spoken(tmp_path, SEED)
    plain = current([(event.topic, json.dumps(event.value).encode()) for event in ward().events], {})
    assert current(made.events, made.hospital.shown) == plain
    assert {key[1] for key, one in plain.items() if "peak-in-pressure-control" in str(one)} == {PEAK_FOR_PLATEAU}


def test_each_event_of_a_ventilator_is_one_of_the_gateway(tmp_path: Path) -> None:
    """With its support, mode and control, its pressures and its FiO2."""
    made = spoken(tmp_path, SEED)
    theirs = [json.loads(value) for topic, value in made.events if topic == VENTILATOR]
    ours = [event.value for event in ward().events if event.topic == VENTILATOR]
    assert sorted(map(of_ventilator, theirs)) == sorted(map(of_ventilator, ours)) and ours


def of_ventilator(event: dict[str, Any]) -> str:
    stated = [event.get("support"), event.get("mode", event.get("support")), event.get("control")]
    measured = sorted((one["code"], float(one["value"])) for one in event.get("observations", []))
    return str([datetime.fromisoformat(event["observed_at"]).timestamp(), stated, measured])


def test_what_has_no_form_in_hl7_is_what_the_trial_office_says() -> None:
    kinds = {event.value.get("type") for event in ward().events if message(event) is None}
    assert kinds == {"consent", "treatment_started", "ards_assessed"}


def test_a_gas_that_is_sent_twice_is_sent_byte_for_byte() -> None:
    repeated = [raw for raw, count in Counter(one.raw for one in sent()).items() if count > 1]
    assert len(repeated) == 1


def test_what_is_corrected_and_what_is_withdrawn_says_so() -> None:
    statuses = Counter(row.split("|")[11] for one in sent() for row in one.raw.decode().split("\r") if row[:3] == "OBX")
    assert (statuses["C"], statuses["D"], set(statuses)) == (1, 1, {"F", "C", "D"})


def sent() -> Iterator[Sent]:
    return (one for event in ward().events if (one := message(event)) is not None)


def current(events: list[tuple[str, bytes]], names: dict[str, str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the current records say, by topic, the ward's name of the stay, and what they are."""
    records = (InputRecord(topic, 0, None, json.loads(value)["stay_id"].encode(), value) for topic, value in events)
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for out in run(RULES, records, ward().closes):
        record = json.loads(out.value)
        if out.topic in KEYS:
            stay_id = names.get(record["stay_id"], record["stay_id"])
            found[out.topic, stay_id, *(record[name] for name in KEYS[out.topic])] = without_the_way(record)
    return {key: record for key, record in found.items() if record["withdrawn"] is False}


def without_the_way(record: dict[str, Any]) -> dict[str, Any]:
    components = record.get("components") or []
    parts = components.values() if isinstance(components, dict) else components
    return {
        "withdrawn": record["status"] == "entered-in-error",
        **{name: record.get(name) for name in ("total", "range", "value", "reached", "detail", "at", "ards")},
        "components": [tuple(part.get(name) for name in ("points", "basis", "value", "reason")) for part in parts],
    }
