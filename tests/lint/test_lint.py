"""`picustream lint`: the report card says of a feed what the worker would make of it, and nothing of its values."""

import gzip
import json
import random
import re
from datetime import datetime
from pathlib import Path

import pytest

from picustream.lint.timing import Spread, Timing, about
from picustream.scoring.scores.registry import SHIPPED
from picustream.terminal.spans import span
from tests.lint.cards import WHOLE, card, file_of, found, lines_of, linted, source
from tests.scoring.build import Stay, at, obs

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
    assert [one["stays"] for one in data["components"]] == [1] * sum(len(kind.components) for kind in SHIPPED)


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
    report = {(one["code"], one["unit"]): one for one in card(*ward.events).as_data()["observations"]}
    usual = report["creatinine", "umol/L"]
    assert (usual["accepted"], usual["without_value"], usual["ignored"], usual["first"]) == (2, 1, 0, "feed:1")
    assert usual["refused"] == {"implausible": {"count": 1, "first": "feed:2"}}
    assert report["creatinine", "furlong"]["refused"] == {"unit-unknown": {"count": 1, "first": "feed:2"}}
    assert (report["2951-2", "mmol/L"]["ignored"], report["2951-2", "mmol/L"]["variable"]) == (1, None)


def test_unmapped_codes_are_no_finding() -> None:
    """Ignored and counted; they are no error."""
    assert card(*WHOLE.lab("day 1 11:00", {"code": "2951-2", "value": 140, "unit": "mmol/L"}).events).findings == []


def test_refused_events_are_counted_by_reason_and_path_with_the_first_line() -> None:
    """Lines that are no events, unknown topics and schema faults; places in lists do not make two faults."""
    wrong = {"event_id": "e", "source": "lis", "patient_id": "P", "stay_id": "S", "observed_at": "2025-01-01T08:00:00Z"}
    report = card(
        *WHOLE.events,
        ("picu.lab.v1", {**wrong, "observations": [{"code": "2160-0", "value": 7, "unit": 7}]}),
        (
            "picu.lab.v1",
            {**wrong, "observations": [{"code": "1", "value": 1}, {"code": "2160-0", "value": 7, "unit": 7}]},
        ),
        ("picu.labs.v1", wrong),
        b"{broken",
    )
    refused = {(one["source"], one["reason"], one["path"]): one for one in report.as_data()["refusals"]}
    assert refused["lis", "schema", "/observations/*/unit"]["count"] == 2
    assert refused["lis", "schema", "/observations/*/unit"]["first"] == "feed:7"
    assert refused[None, "unknown-topic", ""]["first"] == "feed:9"
    assert refused[None, "broken-line", ""]["first"] == "feed:10"
    assert found(report).keys() == {"schema", "unknown-topic", "broken-line", "feed-unread"}
    assert report.refused == 4


def test_different_faults_at_one_place_are_distinguished() -> None:
    """A field that is missing and one that holds a wrong word; a line that is no JSON and one without a value. Where in
    its line a broken one breaks makes no two faults."""
    ends = WHOLE.adt("discharged", "day 1 12:00").adt("discharged", "day 1 12:00", destination="moon").events
    report = card(*ends, b"{broken", b'{"topic" broken', b'{"topic":"picu.lab.v1"}', b'["a list"]')
    refused = {(one["path"], one["message"]): one["count"] for one in report.as_data()["refusals"]}
    at_destination = {message: count for (path, message), count in refused.items() if path == "/destination"}
    assert len(at_destination) == 2 and set(at_destination.values()) == {1}
    broken = {message: count for (path, message), count in refused.items() if path == ""}
    assert broken["there must be one value"] == broken["not a JSON object"] == 1 and sum(broken.values()) == 4
    assert all(message in " ".join(one.message for one in report.findings) for _, message in refused)
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


def test_i10_no_value_is_on_the_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """I10: values, good or bad, are counted and not shown."""
    ward = WHOLE.lab("day 1 11:00", obs("creatinine", 77123), obs("platelets", 7712, "furlong"), obs("pao2", 0.7712))
    path = file_of(tmp_path, *ward.events, ("picu.lab.v1", {"event_id": "7712", "value": 7712}))
    for options in ((), ("--json",)):
        status, out, _ = linted(capsys, path, *options)
        assert status == 1 and "7712" not in out


# Late, out of order, again. ------------------------------------------------------------------------------------------


def test_lateness_and_order_are_reported_by_topic_and_source() -> None:
    """40 minutes late; an hour behind what came before it; filed before it happened."""
    ward = (
        Stay()
        .lab("day 1 09:00", creatinine=50, recorded="day 1 10:00")
        .lab("day 1 08:20", creatinine=50, recorded="day 1 09:00")
        .lab("day 1 12:00", creatinine=50, recorded="day 1 11:00")
        .lab("day 1 13:00", creatinine=50)
    )
    report = card(*ward.events)
    one = source(report)
    assert one["lateness_seconds"]["count"] == 2 and one["lateness_seconds"]["max"] == 3600
    assert one["behind_seconds"]["count"] == 1 and one["behind_seconds"]["max"] == 3600
    assert one["filed_early"] == 1 and found(report)["filed-early"] == ["picu.lab.v1 ward"]


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
    report = card(*WHOLE.events, (topic, value), again)
    counts = [(one["topic"], one["repeats"]) for one in report.as_data()["sources"] if one["repeats"]]
    assert counts == [("picu.vital.v1", 2)] and report.findings == []


def test_a_correction_is_a_version_and_no_conflict() -> None:
    """The same observation filed again, later, from another event."""
    ward = (
        Stay()
        .lab("day 1 09:00", obs("creatinine", 50, id="c"), recorded="day 1 10:00")
        .lab("day 1 09:00", obs("creatinine", 60, id="c"), recorded="day 1 11:00", status="corrected")
        .lab("day 1 09:00", obs("creatinine", 60, id="other"), recorded="day 1 11:00")
    )
    report = card(*ward.events)
    assert (source(report)["versions"], source(report)["conflicts"], source(report)["repeats"]) == (1, 0, 0)


def test_one_thing_said_twice_and_differently_is_a_conflict() -> None:
    """The same id, filing time and event id, and another value. The worker raises an alert."""
    ward = Stay().lab("day 1 09:00", obs("creatinine", 50, id="c"), obs("platelets", 9), event_id="e")
    ward = ward.lab("day 1 09:00", obs("creatinine", 60, id="c"), obs("platelets", 8), event_id="e")
    report = card(*ward.events)
    assert source(report)["conflicts"] == 1
    [one] = [one for one in report.findings if one.code == "conflicting-duplicate"]
    assert (one.count, one.first) == (1, "feed:1")


def test_facts_have_versions_too() -> None:
    """One admission per stay whoever files it, many sedations by their ids."""
    ward = (
        Stay()
        .admitted("day 1 08:00")
        .admitted("day 1 08:05", recorded="day 1 09:00")
        .sedation("day 1 09:00", "on")
        .sedation("day 1 10:00", "off")
    )
    assert source(card(*ward.events))["versions"] == 1


# As a whole. ---------------------------------------------------------------------------------------------------------


def test_nothing_accepted_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = linted(capsys, file_of(tmp_path))
    assert status == 1 and "no-events" in out


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
        report = card(*ward).feed
        sizes = sum(len(one.timing.lateness._sizes) + len(one.timing.behind._sizes) for one in report.sources.values())
        return len(report.codes) + len(report.sources) + len(report.stays) + len(report.refusals) + sizes

    assert held(20) == held(200)


def test_no_line_ends_in_blanks_when_it_is_piped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ward = WHOLE.lab("day 1 11:00", obs("platelets", 5, "G/L"))
    _, out, _ = linted(capsys, file_of(tmp_path, *ward.events))
    assert [line for line in out.splitlines() if line != line.rstrip()] == []


def test_spans_are_reported_as_a_person_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half an hour is 30 min, however it is counted; a source that never says when it filed is named."""
    ward = WHOLE
    for minute in range(3):
        ward = ward.lab(f"day 1 11:0{minute}", creatinine=50, recorded=f"day 1 11:3{minute}", source="lis")
    assert source(card(*ward.events), "lis")["lateness_seconds"]["median"] == 1800
    _, out, _ = linted(capsys, file_of(tmp_path, *ward.events))
    assert re.search(r"lab lis +3 +30 min +30 min +30 min", out)
    assert "No recorded_at from adt ward, vital ward, ventilator ward: how late" in out
    assert [span(about(seconds)) for seconds in (7, 59, 1_797, 13_061, 407_000)] == [
        "7 s", "59 s", "30 min", "3 h 40 min", "4 d 17 h",
    ]  # fmt: skip


def test_the_counts_of_a_row_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Accepted, without a value, refused, ignored."""
    ward = WHOLE.lab("day 1 11:00", creatinine=60, status="cancelled", recorded="day 1 12:00")
    _, out, _ = linted(capsys, file_of(tmp_path, *ward.lab("day 1 11:00", creatinine=5000).events))
    assert re.search(r"creatinine umol/L +creatinine +1 +1 +1 +0 ", out)


def test_times_out_of_order_keep_the_greatest() -> None:
    timing = Timing()
    for minute in (10, 30, 20, 40):
        timing.add(at(f"day 1 08:{minute}"), None)
    assert (timing.latest, timing.behind.count, timing.lateness.count) == (at("day 1 08:40"), 1, 0)


def test_wrong_use_is_reported_in_two_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean = file_of(tmp_path, *WHOLE.events)
    for arguments in ((), (tmp_path / "nowhere",), (clean, "--codemap", tmp_path / "nowhere.toml")):
        status, out, err = linted(capsys, *arguments)
        assert (status, out, len(err.splitlines())) == (2, "", 2), arguments
