"""`picustream lint`: the report card says of a feed what the worker would make of it, and nothing of its values."""

import gzip
import io
import json
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from picustream.commands.feed.components import COMPONENTS
from picustream.commands.feed.feed import Feed
from picustream.commands.feed.memory import Memory
from picustream.commands.feed.mending import look_alike
from picustream.commands.feed.report import Report, report
from picustream.commands.feed.timing import Spread, Timing
from picustream.commands.main import main
from picustream.models.codemap import parse_codemap
from picustream.scoring.door import LATEST
from picustream.scoring.rules import load_rules
from picustream.streams import files
from tests.core.build import Stay, at, obs

REAL_DATA = Path(__file__).parents[3] / "shared" / "data" / "mimic_iv_demo.ndjson.gz"

WHOLE = (
    Stay()
    .admitted("day 1 08:00", birth_date="2020-05-01")
    .vital("day 1 09:00", heart_rate=100, cvp=8, map_invasive=60, gcs_total=15)
    .vent("day 1 09:00", "invasive", fio2=0.5, peep=6, plateau_pressure=25)
    .gas("day 1 09:10", pao2=80)
    .lab("day 1 09:20", creatinine=50, bilirubin_total=10, platelets=200, recorded="day 1 10:00")
    .discharged("day 1 12:00")
)
"""Everything that the scores need, once."""


def lines_of(*events: Any) -> bytes:
    """An event file of (topic, value) pairs; bytes stand as they are."""
    written = (
        one if isinstance(one, bytes) else json.dumps({"topic": one[0], "value": one[1]}, default=str).encode()
        for one in events
    )
    return b"".join(line + b"\n" for line in written)


def card(*events: Any, part: bool = False, codemap: Path | None = None) -> Report:
    """The report card of a feed, by a clock that never refuses."""
    rules = load_rules(None, codemap)
    with Memory() as memory:
        feed = Feed(rules, LATEST, memory, ["feed"])
        for line in files.lines(io.BytesIO(lines_of(*events)), "feed", feed.broken):
            feed.take(line)
        return report(feed, rules, memory, part)


def found(told: Report) -> dict[str, list[str]]:
    """What the findings are about, by code."""
    codes: dict[str, list[str]] = {}
    for one in told.findings:
        codes.setdefault(one.code, []).append(one.about)
    return codes


def source(told: Report, name: str = "ward") -> dict[str, Any]:
    [one] = [one for one in told.as_data()["sources"] if one["source"] == name]
    return one


def source_of(told: Report, topic: str) -> dict[str, Any]:
    [one] = [one for one in told.as_data()["sources"] if one["topic"] == topic]
    return one


def linted(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["lint", *map(str, arguments)])
    return status, *capsys.readouterr()


def file_of(folder: Path, *events: Any) -> Path:
    path = folder / "feed.ndjson"
    path.write_bytes(lines_of(*events))
    return path


# Clean. --------------------------------------------------------------------------------------------------------------


def test_a_feed_with_everything_has_no_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, and every component could be scored in its one stay."""
    path = file_of(tmp_path, *WHOLE.events)
    status, out, err = linted(capsys, path)
    assert (status, err) == (0, "")
    assert "6 events accepted, 0 refused, 1 stays. No findings." in out and "Code map" not in out
    status, out, _ = linted(capsys, path, "--json")
    data = json.loads(out)
    assert (status, data["findings"], data["code_map"]) == (0, [], "")
    assert [one["stays"] for one in data["components"]] == [1] * len(COMPONENTS)


def test_gzipped_files_and_several_are_read_as_one_feed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "a.ndjson", tmp_path / "b.ndjson.gz"
    first.write_bytes(lines_of(*WHOLE.events[:3]))
    second.write_bytes(gzip.compress(lines_of(*WHOLE.events[3:])))
    assert linted(capsys, first, second)[0] == 0


# What is refused and ignored. ----------------------------------------------------------------------------------------


def test_observations_are_counted_by_code_unit_and_fate_with_the_first_line() -> None:
    """Accepted, refused with its reason, without a value, ignored: each kind of observation by itself."""
    ward = (
        Stay()
        .lab("day 1 09:00", obs("creatinine", 50), {"code": "2951-2", "value": 140, "unit": "mmol/L"})
        .lab("day 1 10:00", obs("creatinine", 5000), obs("creatinine", 5, "furlong", id="x"))
        .lab("day 1 11:00", obs("creatinine", 60), status="cancelled", recorded="day 1 12:00")
        .lab("day 1 12:00", obs("creatinine", 60))
    )
    told = {(one["code"], one["unit"]): one for one in card(*ward.events).as_data()["observations"]}
    usual = told["creatinine", "umol/L"]
    assert (usual["accepted"], usual["without_value"], usual["ignored"], usual["first"]) == (2, 1, 0, "feed:1")
    assert usual["refused"] == {"implausible": {"count": 1, "first": "feed:2"}}
    assert told["creatinine", "furlong"]["refused"] == {"unit-unknown": {"count": 1, "first": "feed:2"}}
    assert (told["2951-2", "mmol/L"]["ignored"], told["2951-2", "mmol/L"]["variable"]) == (1, None)


def test_codes_nobody_asked_for_are_no_finding() -> None:
    """Contract 1.2: ignored and counted; they are no error."""
    assert card(*WHOLE.lab("day 1 11:00", {"code": "2951-2", "value": 140, "unit": "mmol/L"}).events).findings == []


def test_refused_events_are_counted_by_reason_and_path_with_the_first_line() -> None:
    """Lines that are no events, unknown topics and schema faults; places in lists do not tell two faults apart."""
    wrong = {"event_id": "e", "source": "lis", "patient_id": "P", "stay_id": "S", "observed_at": "2025-01-01T08:00:00Z"}
    told = card(
        *WHOLE.events,
        ("picu.lab.v1", {**wrong, "observations": [{"code": "2160-0", "value": "7", "unit": "mg/dL"}]}),
        ("picu.lab.v1", {**wrong, "observations": [{"code": "1"}, {"code": "2160-0", "value": "7", "unit": "mg/dL"}]}),
        ("picu.labs.v1", wrong),
        b"{broken",
    )
    refused = {(one["source"], one["reason"], one["path"]): one for one in told.as_data()["refusals"]}
    assert refused["lis", "schema", "/observations/*/value"]["count"] == 2
    assert refused["lis", "schema", "/observations/*/value"]["first"] == "feed:7"
    assert refused[None, "unknown-topic", ""]["first"] == "feed:9"
    assert refused[None, "broken-line", ""]["first"] == "feed:10"
    assert found(told).keys() == {"schema", "unknown-topic", "broken-line"}
    assert told.refused == 4


def test_different_faults_at_one_place_are_told_apart() -> None:
    """A field that is missing and one that holds a wrong word; a line that is no JSON and one without a value. Where in
    its line a broken one breaks tells no two faults apart."""
    ends = WHOLE.adt("discharged", "day 1 12:00").adt("discharged", "day 1 12:00", destination="moon").events
    told = card(*ends, b"{broken", b'{"topic" broken', b'{"topic":"picu.lab.v1"}', b'["a list"]')
    refused = {(one["path"], one["message"]): one["count"] for one in told.as_data()["refusals"]}
    at_destination = {message: count for (path, message), count in refused.items() if path == "/destination"}
    assert len(at_destination) == 2 and set(at_destination.values()) == {1}
    broken = {message: count for (path, message), count in refused.items() if path == ""}
    assert broken["there must be one value"] == broken["not a JSON object"] == 1 and sum(broken.values()) == 4
    assert all(message in " ".join(one.message for one in told.findings) for _, message in refused)
    assert not any("column" in message for message in broken)


def test_many_findings_of_one_kind_hide_none_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sixty units that nobody knows, one filing before its time, one conflict: all three kinds stand on the page."""
    ward = WHOLE.lab("day 1 11:30", creatinine=50, recorded="day 1 11:00")
    for value in (1, 2):
        ward = ward.lab("day 1 11:00", obs("creatinine", value, id="c"), event_id="e")
    for number in range(60):
        ward = ward.lab("day 1 11:00", obs("platelets", 5, f"unit {number}"))
    _, out, _ = linted(capsys, file_of(tmp_path, *ward.events))
    assert "1 filed-early" in out and "1 conflicting-duplicate" in out
    assert out.count("unit-unknown  picu") == 8 and "52 more unit-unknown: --json" in out


def test_t6_what_the_live_worker_would_refuse_as_future_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """T6: by the ward's clock, as the worker's settings have it."""
    monkeypatch.setenv("PICUSTREAM_CLOCK_START", at("day 1 08:30").isoformat())
    monkeypatch.setenv("PICUSTREAM_CLOCK_AT", datetime.now().astimezone().isoformat())
    status, out, _ = linted(capsys, file_of(tmp_path, *WHOLE.events), "--json")
    reasons = {one["reason"]: one["path"] for one in json.loads(out)["refusals"]}
    assert status == 1 and "in-the-future" in reasons


def test_i10_no_value_stands_on_the_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """I10: values, good or bad, are counted and not shown; a stay's pseudonym may be."""
    ward = WHOLE.lab("day 1 11:00", obs("creatinine", 77123), obs("platelets", 7712, "furlong"), obs("pao2", 0.7712))
    path = file_of(tmp_path, *ward.events, ("picu.lab.v1", {"event_id": "7712", "value": 7712}))
    for options in ((), ("--json",)):
        status, out, _ = linted(capsys, path, *options)
        assert status == 1 and "7712" not in out


# Late, out of order, again. ------------------------------------------------------------------------------------------


def test_lateness_and_order_are_told_by_topic_and_source() -> None:
    """40 minutes late; an hour behind what came before it; filed before it happened."""
    ward = (
        Stay()
        .lab("day 1 09:00", creatinine=50, recorded="day 1 10:00")
        .lab("day 1 08:20", creatinine=50, recorded="day 1 09:00")
        .lab("day 1 12:00", creatinine=50, recorded="day 1 11:00")
        .lab("day 1 13:00", creatinine=50)
    )
    told = card(*ward.events)
    one = source(told)
    assert one["lateness_seconds"]["count"] == 2 and one["lateness_seconds"]["max"] == 3600
    assert one["behind_seconds"]["count"] == 1 and one["behind_seconds"]["max"] == 3600
    assert one["filed_early"] == 1 and found(told)["filed-early"] == ["picu.lab.v1 ward"]


@pytest.mark.parametrize("seed", range(5))
def test_spreads_are_within_one_percent(seed: int) -> None:
    """Median, p95 and the greatest of spans that lie seven orders of magnitude apart."""
    chance = random.Random(seed)
    spans = sorted(10 ** chance.uniform(0, 7) for _ in range(1_001))
    spread = Spread()
    for one in chance.sample(spans, len(spans)):
        spread.add(one)
    for share, place in ((0.5, 500), (0.95, 950), (1.0, 1_000)):
        assert spread.quantile(share) == pytest.approx(spans[place], rel=0.01)
    assert spread.greatest == spans[-1]


def test_a_spread_of_nothing_and_of_no_delay() -> None:
    spread = Spread()
    assert spread.as_data() == {"count": 0, "median": None, "p95": None, "max": None}
    spread.add(0)
    assert spread.as_data() == {"count": 1, "median": 0, "p95": 0, "max": 0}


def test_the_same_event_again_is_a_repeat_however_it_is_spaced() -> None:
    """I1: a retry changes nothing; it is counted and is no finding."""
    topic, value = WHOLE.events[1]
    again = json.dumps({"topic": topic, "value": dict(reversed(value.items()))}, default=str).encode()
    told = card(*WHOLE.events, (topic, value), again)
    counts = [(one["topic"], one["repeats"]) for one in told.as_data()["sources"] if one["repeats"]]
    assert counts == [("picu.vital.v1", 2)] and told.findings == []


def test_a_correction_is_a_version_and_no_conflict() -> None:
    """The same observation filed again, later, from another event."""
    ward = (
        Stay()
        .lab("day 1 09:00", obs("creatinine", 50, id="c"), recorded="day 1 10:00")
        .lab("day 1 09:00", obs("creatinine", 60, id="c"), recorded="day 1 11:00", status="corrected")
        .lab("day 1 09:00", obs("creatinine", 60, id="other"), recorded="day 1 11:00")
    )
    told = card(*ward.events)
    assert (source(told)["versions"], source(told)["conflicts"], source(told)["repeats"]) == (1, 0, 0)


def test_one_thing_said_twice_and_differently_is_a_conflict() -> None:
    """Contract 1.2: the same id, filing time and event id, and another value. The worker raises an alert."""
    ward = Stay().lab("day 1 09:00", obs("creatinine", 50, id="c"), obs("platelets", 9), event_id="e")
    ward = ward.lab("day 1 09:00", obs("creatinine", 60, id="c"), obs("platelets", 8), event_id="e")
    told = card(*ward.events)
    assert source(told)["conflicts"] == 1
    [one] = [one for one in told.findings if one.code == "conflicting-duplicate"]
    assert (one.count, one.first) == (1, "feed:1")


def test_facts_have_versions_too() -> None:
    """Contract 1.3: one admission per stay whoever files it, many sedations by their ids."""
    ward = (
        Stay()
        .admitted("day 1 08:00")
        .admitted("day 1 08:05", recorded="day 1 09:00")
        .sedation("day 1 09:00", "on")
        .sedation("day 1 10:00", "off")
    )
    assert source(card(*ward.events))["versions"] == 1


# Stays. --------------------------------------------------------------------------------------------------------------


def test_stays_without_admission_are_named() -> None:
    """T2: without an admission nothing is scored; a withdrawn one is none."""
    ward = Stay().lab("day 1 09:00", creatinine=50, stay="S-1").admitted("day 1", stay="S-2")
    ward = ward.admitted("day 1", stay="S-3").admitted("day 1", stay="S-3", status="cancelled", recorded="day 2")
    told = card(*ward.events)
    assert told.as_data()["stays"]["without_admission"] == ["S-1", "S-3"]
    [one] = [one for one in told.findings if one.code == "no-admission"]
    assert (one.count, one.about, one.first) == (2, "S-1", "feed:1")


def test_the_longest_silence_of_a_stay_is_told_whatever_the_order() -> None:
    """From the admission to the end, vital signs alone; four hours of it are an alarm."""
    ward = (
        Stay()
        .admitted("day 1 08:00")
        .vital("day 1 17:00", heart_rate=100)
        .vital("day 1 09:00", heart_rate=100)
        .vital("day 1 12:00", spo2=99)
        .lab("day 1 15:00", creatinine=50)
        .vital("day 2 08:00", heart_rate=100)
        .discharged("day 1 19:00")
    )
    told = card(*ward.events)
    [silence] = told.silences
    assert (silence.stay_id, silence.since, silence.length.total_seconds()) == ("S", at("day 1 12:00"), 5 * 3600)
    assert found(told)["stay-silent"] == ["S"]


def test_an_open_stay_is_silent_until_the_feed_ends() -> None:
    ward = Stay().admitted("day 1 08:00").vital("day 1 09:00", heart_rate=100).lab("day 1 12:00", creatinine=50)
    [silence] = card(*ward.events).silences
    assert silence.length.total_seconds() == 3 * 3600 and not silence.alarming


# Bounds and patients. ------------------------------------------------------------------------------------------------


def shifted(events: Iterable[Any], topic: str, hours: int) -> list[Any]:
    """The same feed, with one topic's observations filed so many hours off."""
    moved = []
    for name, value in events:
        if name == topic:
            off = datetime.fromisoformat(value["observed_at"]) + timedelta(hours=hours)
            value = {**value, "observed_at": off.isoformat()}
        moved.append((name, value))
    return moved


@pytest.mark.proves("T2")
@pytest.mark.parametrize("hours", [-8, 8, -24 * 30])
def test_t2_what_lies_outside_its_stay_is_told_and_is_not_counted_as_scorable(hours: int) -> None:
    """T2: a vital feed eight hours off, or a month early; and a replay says the same of the organs."""
    events = shifted(WHOLE.events, "picu.vital.v1", hours)
    told = card(*events)
    [outside] = [one for one in told.findings if one.code == "outside-stay"]
    assert (outside.count, outside.about, outside.first) == (4, "picu.vital.v1 ward", "feed:2")
    assert "4 usable values (100 %)" in outside.message
    assert ("before the admission" in outside.message) == (hours < 0)
    assert source_of(told, "picu.vital.v1")["outside_stay"]["before_admission"] == (4 if hours < 0 else 0)
    never = {one.about: one.message for one in told.findings if one.code == "never-scored"}
    assert never.keys() == {"MODS cardiovascular", "MODS neurologic"}
    assert all("inside its stay" in message for message in never.values())
    replayed = Stay(tuple(events)).organ(1, "cardiovascular")
    assert replayed["basis"] == "assumed-normal"


@pytest.mark.proves("T2")
def test_t2_both_ends_of_a_stay_belong_to_it() -> None:
    """T2: to the microsecond."""
    ends = WHOLE.vital("day 1 08:00", heart_rate=99).vital("day 1 12:00", heart_rate=99)
    assert card(*ends.events).findings == []
    beyond = WHOLE.vital("day 1 08:00 -1us", heart_rate=99).vital("day 1 12:00 +1us", heart_rate=99)
    [outside] = card(*beyond.events).findings
    assert (outside.code, outside.count, outside.first) == ("outside-stay", 2, "feed:7")
    assert "1 before the admission and 1 after the end" in outside.message


@pytest.mark.proves("T2")
def test_t2_bounds_count_as_they_are_in_the_end_wherever_they_stand() -> None:
    """The admission comes last; the admission is corrected, the discharge withdrawn: the final ones judge."""
    first, *rest = WHOLE.events
    assert card(*rest, first).findings == []
    late = Stay().admitted("day 2 08:00", birth_date="2020").events
    mended = Stay().admitted("day 1 08:00", birth_date="2020", recorded="day 3", event_id="m").events
    assert card(*late, *rest[:-1], *mended, *rest[-1:]).findings == []
    spoilt = Stay().admitted("day 1 11:00", birth_date="2020", recorded="day 3", event_id="m").events
    assert "outside-stay" in found(card(first, *rest, *spoilt))
    ended = (
        Stay()
        .discharged("day 1 08:30", event_id="d")
        .discharged("day 1 08:30", event_id="w", status="cancelled", recorded="day 3")
    )
    assert "outside-stay" in found(card(first, *rest[:-1], ended.events[0]))
    assert "outside-stay" not in found(card(first, *rest[:-1], *ended.events))


def test_what_was_corrected_or_withdrawn_is_outside_no_more() -> None:
    """A wrong year that a later version mends, and one that is withdrawn, are versions and no findings."""
    wrong = WHOLE.lab("day -300 09:00", obs("creatinine", 50, id="c"), recorded="day 1 10:00")
    assert "outside-stay" in found(card(*wrong.events))
    for status, when in (("corrected", "day 1 09:00"), ("cancelled", "day -300 09:00")):
        mended = wrong.lab(when, obs("creatinine", 50, id="c"), recorded="day 1 11:00", status=status)
        assert card(*mended.events).findings == [], status


def test_without_admissions_nothing_lies_outside() -> None:
    """One feed of several: bounds that are not there cannot be left."""
    labs = [one for one in WHOLE.events if one[0] == "picu.lab.v1"]
    assert card(*labs, part=True).findings == []


def test_another_patient_than_the_admissions_is_told_by_source() -> None:
    """Contract 1.3: an alarm; by the admission wherever it stands, and not what is withdrawn."""
    other = WHOLE.lab("day 1 11:00", obs("creatinine", 50, id="c"), patient="Q", recorded="day 1 11:10")
    told = card(*other.events[1:], other.events[0])
    [one] = told.findings
    assert (one.code, one.count, one.about, one.first) == ("patient-mismatch", 1, "picu.lab.v1 ward", "feed:6")
    assert source_of(told, "picu.lab.v1")["other_patient"] == {"events": 1, "stays": 1, "first": "feed:6"}
    assert "patient-mismatch" in {alert["name"] for alert in other.alerts}
    withdrawn = other.lab(
        "day 1 11:00", obs("creatinine", 50, id="c"), patient="Q", recorded="day 1 11:20", status="entered-in-error"
    )
    assert card(*withdrawn.events).findings == []


def test_ends_before_the_admission_and_treatment_outside_the_stay_are_told() -> None:
    """T2: such an end is set aside and the stay is open; T3: days would be counted from nowhere. As the alerts do."""
    early = Stay(WHOLE.events[:-1]).discharged("day 0 12:00")
    told = card(*early.events)
    assert found(told) == {"end-before-admission": ["S"]} and told.as_data()["stays"]["end_before_admission"] == ["S"]
    assert [one.first for one in told.findings] == ["feed:6"]
    for when in ("day 0 12:00", "day 1 12:01"):
        treated = WHOLE.treatment(when)
        assert found(card(*treated.events)) == {"treatment-outside-stay": ["S"]}, when
        assert "treatment-outside-stay" in {alert["name"] for alert in treated.alerts}
    assert card(*WHOLE.treatment("day 1 12:00").events).findings == []


# What can never be scored. -------------------------------------------------------------------------------------------


def without(**parts: str) -> list[Any]:
    """The whole feed without the named variables (each sent as a code nobody asked for)."""
    dropped = set(parts)
    events = []
    for topic, value in WHOLE.events:
        said = [one for one in value.get("observations", []) if one["code"] not in dropped]
        other = [{"code": "0-0", "value": 1, "unit": "x"}]
        events.append((topic, {**value, "observations": said or other} if "observations" in value else value))
    return events


@pytest.mark.proves("I6", "M5")
@pytest.mark.parametrize(
    ("variable", "lost"),
    [
        ("cvp", ["MODS cardiovascular"]),
        ("heart_rate", ["MODS cardiovascular"]),
        ("map_invasive", ["MODS cardiovascular"]),
        ("creatinine", ["MODS renal"]),
        ("bilirubin_total", ["MODS hepatic"]),
        ("platelets", ["MODS haematologic"]),
        ("gcs_total", ["MODS neurologic"]),
        ("pao2", ["MODS respiratory", "APPS P/F", "APPS onset"]),
        ("fio2", ["MODS respiratory", "APPS P/F", "APPS onset"]),
        ("plateau_pressure", ["APPS plateau"]),
        ("peep", ["APPS onset"]),
    ],
)
def test_a_part_that_never_comes_is_told_with_what_it_costs(variable: str, lost: list[str]) -> None:
    """I6, M5: no CVP, no cardiovascular points; nothing is invented for it."""
    told = card(*without(**{variable: "gone"}))
    assert found(told) == {"never-scored": lost}


def test_a_part_that_is_only_ever_refused_never_comes_either() -> None:
    """A unit nobody knows: the observation is refused, and the organ can never be scored."""
    ward = WHOLE.events[:4], WHOLE.events[5:]
    lab = Stay().lab("day 1 09:20", obs("creatinine", 5, "furlong"), bilirubin_total=9, platelets=9).events
    assert found(card(*ward[0], *lab, *ward[1])).keys() == {"unit-unknown", "never-scored"}


def test_other_ways_to_a_component_will_do() -> None:
    """Room air for FiO2, three parts of the GCS, a peak pressure under pressure control, a confirmed ARDS."""
    ward = (
        Stay()
        .admitted("day 1 08:00", birth_date="2020")
        .vital("day 1 09:00", heart_rate=99, cvp=8, map_noninvasive=60, gcs_eye=4, gcs_verbal=5, gcs_motor=6)
        .vent("day 1 09:00", "room-air", peak_pressure=25, control="pressure")
        .gas("day 1 09:10", pao2=80)
        .lab("day 1 09:20", creatinine=50, bilirubin_total=10, platelets=200)
        .trial("ards_assessed", "day 1 10:00", result="confirmed", onset_at="day 1 09:10")
        .discharged("day 1 12:00")
    )
    assert card(*ward.events).findings == []


def test_one_feed_of_several_is_not_asked_for_what_others_bring() -> None:
    """With `--part` a laboratory lacks no monitor and no admissions; what it should have brought is still missed."""
    events = [one for one in without(bilirubin_total="gone") if one[0] == "picu.lab.v1"]
    assert found(card(*events, part=True)) == {"never-scored": ["MODS hepatic"]}
    assert {"no-admission", "stay-silent"} & found(card(*events)).keys() == {"no-admission"}


def test_an_onset_takes_a_pair() -> None:
    """A2: PEEP under invasive support alone is no onset, in a feed where another stay has all of it."""
    other = (
        Stay().admitted("day 1 08:00", birth_date="2020", stay="T").vent("day 1 09:00", "invasive", peep=6, stay="T")
    )
    counts = {
        (one.component.score, one.component.name): one.stays for one in card(*WHOLE.events, *other.events).prospects
    }
    assert counts["APPS", "onset"] == counts["APPS", "P/F"] == 1


def test_nothing_accepted_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = linted(capsys, file_of(tmp_path))
    assert status == 1 and "no-events" in out


# Code map. -----------------------------------------------------------------------------------------------------------


def taken_away(lines: Iterable[str], **filled: str) -> str:
    """The suggested lines with the # taken away, and the blanks filled in."""
    kept = []
    for line in lines:
        entry = line.removeprefix("# ")
        if line.startswith("[") or entry.split(" = ")[0] in filled or (entry.startswith('"') and " = [" in entry):
            name, sign, rest = entry.partition(" = ")
            kept.append(filled.get(name, name) + sign + rest)
    return "\n".join(kept)


def test_a_spelling_close_to_a_known_one_is_set_beside_it_and_mends_the_feed_when_taken(tmp_path: Path) -> None:
    ward = WHOLE.lab("day 1 11:00", obs("creatinine", 5, "MG/DL"), obs("platelets", 5, "x10^9/l")).vital(
        "day 1 11:00", obs("map_invasive", 60, "mm Hg")
    )
    told = card(*ward.events)
    assert len(found(told)["unit-unknown"]) == 3
    path = tmp_path / "site.toml"
    path.write_text("\n".join(told.codemap))
    assert found(card(*ward.events, codemap=path)) == found(told), "as they stand the lines change nothing"
    path.write_text(taken_away(told.codemap))
    assert parse_codemap(path.read_bytes()).spellings == {
        "mg/dL": ["MG/DL"], "10*9/L": ["x10^9/l"], "mm[Hg]": ["mm Hg"],
    }  # fmt: skip
    assert card(*ward.events, codemap=path).findings == []


@pytest.mark.parametrize("unit", ["mmol/L", "nmol/L", "g/dL", "cm H2O2", "mm", "Torr", "1000/uL", "10*6/uL", "[]"])
def test_units_are_never_guessed(unit: str) -> None:
    """One letter, one digit further is another unit: there is only a place to fill in."""
    assert look_alike(unit, load_rules().codemap) is None
    told = card(*WHOLE.lab("day 1 11:00", obs("platelets", 5, unit)).events)
    assert f'# UNIT = ["{unit}"]' in told.codemap
    assert not any(line.startswith('# "') and " = [" in line for line in told.codemap)


@pytest.mark.parametrize(
    ("unit", "twin"),
    [
        ("mm Hg", "mm[Hg]"), ("MMHG", "mm[Hg]"), ("µmol/l", "umol/L"), ("10^3/µL", "10*3/uL"), ("10e9/L", "10*9/L"),
        ("cm H2O", "cm[H2O]"), ("BPM", "/min"), ("kpa", "kPa"), ("k/ul", "10*3/uL"),
    ],
)  # fmt: skip
def test_what_differs_in_signs_and_case_alone_looks_alike(unit: str, twin: str) -> None:
    assert look_alike(unit, load_rules().codemap) == twin


def test_unknown_codes_have_a_place_to_fill_in_and_no_meaning(tmp_path: Path) -> None:
    """A site's own code whose unit fits, a LOINC code whose unit fits what the feed lacks; no others."""
    ward = Stay(tuple(without(cvp="gone"))).vital(
        "day 1 11:00",
        {"system": "urn:site", "code": 'ZVD "1"', "value": 8, "unit": "mmHg"},
        {"system": "urn:site", "code": "Na", "value": 140, "unit": "mmol/L"},
        {"code": "8462-4", "value": 50, "unit": "mmHg"},
        {"code": "9279-1", "value": 30, "unit": "/min"},
    )
    told = card(*ward.events)
    blanks = [line for line in told.codemap if line.startswith("# VARIABLE")]
    assert blanks == ['# VARIABLE = ["8462-4"]', '# VARIABLE = ["ZVD \\"1\\""]']
    path = tmp_path / "site.toml"
    path.write_text("\n".join(told.codemap))
    assert parse_codemap(path.read_bytes()).codes == {"urn:site": {}}
    path.write_text(taken_away([line for line in told.codemap if "8462" not in line], VARIABLE="cvp"))
    assert card(*ward.events, codemap=path).findings == []


def test_hostile_names_break_neither_the_toml_nor_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a feed writes into codes, units and topics is shown, and gives no orders."""
    odd = 'u\x1b[2J"\n\x7f]'
    ward = WHOLE.lab("day 1 11:00", obs("platelets", 5, odd), {"system": odd, "code": odd, "value": 1, "unit": "mg/dL"})
    path = file_of(tmp_path, *ward.events, (f"picu.{odd}", {}))
    status, out, _ = linted(capsys, path)
    assert status == 1 and all(char.isprintable() or char == "\n" for char in out)
    status, out, _ = linted(capsys, path, "--json")
    assert parse_codemap(json.loads(out)["code_map"].encode()).codes == {odd: {}}


# As a whole. ---------------------------------------------------------------------------------------------------------


def test_the_card_fits_a_terminal_of_80_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the names; the lines of the code map alone are not broken, for they are to be copied."""
    name = "a-rather-long-name-of-a-feed-or-a-stay-" * 3
    ward = WHOLE.lab("day 1 11:00", obs("platelets", 5, "u" * 64), source=name, stay=name, event_id=name)
    _, out, _ = linted(capsys, file_of(tmp_path, *ward.events))
    tables = out[: out.index("Code map:")]
    assert max(map(len, tables.splitlines())) <= 80


@pytest.mark.proves("I9")
def test_i9_what_is_held_does_not_grow_with_the_events() -> None:
    """I9: ten times the events of the same codes and stays, and no more is held of them; hashes go to disk."""

    def held(events: int) -> int:
        minutes = (f"day 1 {number // 60 % 24:02}:{number % 60:02}" for number in range(events))
        ward = [event for when in minutes for event in Stay().vital(when, heart_rate=99, event_id=when[6:]).events]
        told = card(*ward).feed
        sizes = sum(len(one.timing.lateness._sizes) + len(one.timing.behind._sizes) for one in told.sources.values())
        return len(told.codes) + len(told.sources) + len(told.stays) + len(told.refusals) + sizes

    assert held(20) == held(200)


def test_times_out_of_order_keep_the_greatest() -> None:
    timing = Timing()
    for minute in (10, 30, 20, 40):
        timing.add(at(f"day 1 08:{minute}"), None)
    assert (timing.latest, timing.behind.count, timing.lateness.count) == (at("day 1 08:40"), 1, 0)


def test_wrong_use_is_told_in_two_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean = file_of(tmp_path, *WHOLE.events)
    for arguments in ((), (tmp_path / "nowhere",), (clean, "--codemap", tmp_path / "nowhere.toml")):
        status, out, err = linted(capsys, *arguments)
        assert (status, out, len(err.splitlines())) == (2, "", 2), arguments


@pytest.mark.skipif(not REAL_DATA.exists(), reason="the real data is not beside this checkout")
def test_the_artefacts_of_real_data_are_found_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """29,197 events as charted: all accepted but for single values out of range, every component scorable."""
    status, out, _ = linted(capsys, REAL_DATA, "--json")
    data = json.loads(out)
    assert status == 1
    assert (data["events"], data["stays"]["count"]) == ({"accepted": 29_197, "refused": 0}, 140)
    odd = {"implausible", "outside-stay", "treatment-outside-stay", "stay-silent"}
    assert {one["code"] for one in data["findings"]} == odd
    assert all(one["stays"] for one in data["components"])
