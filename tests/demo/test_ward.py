"""The simulated ward is repeatable, keeps the contract's formats, and contains each hard part exactly as described."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from picustream.demo import ward as simulator
from picustream.demo.stay import Stay
from picustream.demo.stories import CHILDREN
from picustream.demo.timeline import Timed
from picustream.models.event import ADAPTERS, INPUT_TOPICS
from picustream.models.text import parse

WARD = simulator.ward()
CREATININE, BILIRUBIN, PLATELETS, BLOOD_OXYGEN, PRESSURE = "14682-9", "14631-6", "777-3", "11556-8", "76214-6"


def told(title: str) -> Any:
    (beat,) = [beat for beat in WARD.beats if beat.title == title]
    return beat


def results(stay_id: str, code: str) -> list[tuple[Timed, dict[str, Any]]]:
    """Every version of every result of a code, in order of publishing."""
    return [
        (message, observation)
        for message in WARD.events
        if message.value["stay_id"] == stay_id
        for observation in message.value.get("observations", [])
        if observation["code"] == code
    ]


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_same_seed_and_start_give_the_same_bytes() -> None:
    assert simulator.as_lines(simulator.events(7)) == simulator.as_lines(simulator.events(7))


def test_another_seed_gives_other_readings_and_the_same_story() -> None:
    assert simulator.as_lines(simulator.events(7)) != simulator.as_lines(simulator.events(8))
    assert [beat.title for beat in simulator.beats(8)] == [beat.title for beat in WARD.beats]


def test_another_start_moves_every_message_by_whole_days() -> None:
    later = simulator.events(start=simulator.START + timedelta(days=40))
    assert {after.at - before.at for before, after in zip(WARD.events, later, strict=True)} == {timedelta(days=40)}


def test_only_the_local_date_of_the_start_counts() -> None:
    evening_before_in_london = datetime(2026, 3, 1, 20, tzinfo=UTC)
    assert simulator.events(start=evening_before_in_london) == WARD.events


def test_a_start_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        simulator.events(start=datetime(2026, 3, 2))


@pytest.mark.parametrize("seed", [1, 2, simulator.SEED])
def test_every_message_has_the_contract_s_format(seed: int) -> None:
    for message in simulator.events(seed):
        ADAPTERS[message.topic].validate_python(parse(json.dumps(message.value)))


def test_all_five_feeds_speak_and_nothing_is_published_before_it_happened() -> None:
    assert {message.topic for message in WARD.events} == set(INPUT_TOPICS)
    for message in WARD.events:
        value = message.value
        happened = time(value.get("observed_at") or value["occurred_at"])
        assert happened <= time(value.get("recorded_at", happened.isoformat())) <= message.at
    assert WARD.events == sorted(WARD.events, key=lambda message: message.at)


def test_the_ward_has_eight_beds_for_eight_days_and_a_few_thousand_messages() -> None:
    assert len(WARD.beds) == len(CHILDREN) == 8
    assert 7 <= (WARD.closes - WARD.opens) / timedelta(days=1) <= 10
    assert 2500 <= len(WARD.events) <= 5000


def test_every_stay_is_over_and_its_last_day_closed_when_the_ward_closes() -> None:
    for bed in WARD.beds:
        midnight = bed.left.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        assert bed.admitted < bed.left
        assert midnight + timedelta(hours=6) <= WARD.closes


def test_each_message_id_is_used_once_save_for_the_one_sent_twice() -> None:
    counts = Counter((message.value["source"], message.value["event_id"]) for message in WARD.events)
    repeated = [key for key, count in counts.items() if count > 1]
    assert len(repeated) == 1
    first, second = [m for m in WARD.events if (m.value["source"], m.value["event_id"]) == repeated[0]]
    assert first.value == second.value
    assert second.at == told("sent twice").at


def test_heart_rate_and_pressure_suit_the_age() -> None:
    for child in CHILDREN:
        heart_rates = [value for _, value in child.heart_rate]
        assert max(heart_rates) <= (180 if child.age_days < 730 else 175)
        assert min(heart_rates) >= (110 if child.age_days < 730 else 75)
        assert 60 <= child.age_days <= 17 * 365


def test_one_reading_of_a_monitor_never_jumps() -> None:
    for child in CHILDREN:
        stay = Stay(child, simulator.START, simulator.SEED)
        steps = [hours / 2 for hours in range(int(stay.hours * 2))]
        rates = [stay.reads("heart_rate", hours) for hours in steps]
        assert all(abs(after - before) <= 7 for before, after in pairwise(rates))


def test_a_creatinine_is_filed_on_the_day_after_it_was_drawn_and_its_day_is_closed() -> None:
    late = [(m, o) for m, o in results("S-301", CREATININE) if m.value["event_id"].endswith("/late")]
    ((message, observation),) = late
    drawn = time(message.value["observed_at"])
    closed = drawn.replace(hour=0, minute=0) + timedelta(days=1, hours=6)
    assert closed < message.at == told("a creatinine a day late").at < closed + timedelta(hours=18)
    same_day = [m for m, _ in results("S-301", CREATININE) if time(m.value["observed_at"]).date() == drawn.date()]
    assert same_day == [message]
    assert observation["value"] > 350


def test_a_bilirubin_is_corrected_under_the_same_id() -> None:
    by_id: dict[str, list[Any]] = {}
    for message, observation in results("S-305", BILIRUBIN):
        by_id.setdefault(observation["id"], []).append((message, observation))
    ((wrong, right),) = [versions for versions in by_id.values() if len(versions) > 1]
    assert wrong[1]["value"] == 31
    assert right[1]["value"] > 240
    assert right[0].value["status"] == "corrected"
    assert right[0].value["recorded_at"] > wrong[0].value["recorded_at"]
    assert right[0].at == told("a corrected value").at


def test_a_platelet_count_is_entered_in_error_and_drawn_again() -> None:
    withdrawal = next(m for m, _ in results("S-306", PLATELETS) if m.value.get("status") == "entered-in-error")
    (wrong, _, again) = [
        observation
        for message, observation in results("S-306", PLATELETS)
        if time(message.value["observed_at"]).date() == time(withdrawal.value["observed_at"]).date()
    ]
    assert wrong["value"] == 31
    assert withdrawal.value["observations"] == [{"code": PLATELETS, "unit": "10*9/L", "id": wrong["id"]}]
    assert again["id"] != wrong["id"]
    assert again["value"] > 120


def test_a_unit_is_unknown_and_a_pressure_impossible_once_each() -> None:
    units = Counter(o["unit"] for _, o in results("S-307", PLATELETS))
    assert units["giga/L"] == 1
    pressures = [o["value"] for bed in WARD.beds for _, o in results(bed.stay_id, PRESSURE)]
    assert [value for value in pressures if not 1 <= value <= 250] == [286]


def test_an_arterial_gas_of_the_night_arrives_after_the_next_one() -> None:
    late = told("a night gas comes late")
    gases = [m for m, _ in results("S-302", BLOOD_OXYGEN)]
    (arrived,) = [m for m in gases if m.at == late.at]
    day = time(arrived.value["observed_at"]).date()
    before = [m for m in gases if m.at < arrived.at and time(m.value["observed_at"]).date() == day]
    assert before
    assert all(m.value["observed_at"] > arrived.value["observed_at"] for m in before)


def test_nobody_sends_a_bilirubin_for_bed_4_or_a_central_pressure_for_beds_4_and_8() -> None:
    assert results("S-304", BILIRUBIN) == []
    assert results("S-304", "60985-9") == results("S-308", "60985-9") == []
    assert {m.value["specimen"] for m, _ in results("S-304", BLOOD_OXYGEN)} == {"capillary"}


def test_one_stay_ends_within_two_days() -> None:
    short = [bed for bed in WARD.beds if bed.left - bed.admitted < timedelta(hours=48)]
    assert [bed.stay_id for bed in short] == [told("a short stay").stay_id]


def test_beats_are_in_order_and_of_stays_that_are_there() -> None:
    beds = {bed.stay_id: bed for bed in WARD.beds}
    assert [beat.at for beat in WARD.beats] == sorted(beat.at for beat in WARD.beats)
    assert all(
        beds[beat.stay_id].admitted <= beat.at <= beds[beat.stay_id].left + timedelta(hours=1) for beat in WARD.beats
    )


def test_the_event_file_holds_every_message_a_line_and_is_the_same_twice(tmp_path: Path) -> None:
    plain, zipped, again = (tmp_path / name for name in ("ward.ndjson", "ward.ndjson.gz", "again.ndjson.gz"))
    for path in (plain, zipped, again):
        assert simulator.main(["--out", str(path)]) == 0
    lines = [json.loads(line) for line in plain.read_text().splitlines()]
    assert lines == [{"topic": message.topic, "value": message.value} for message in WARD.events]
    assert gzip.decompress(zipped.read_bytes()) == plain.read_bytes()
    assert zipped.read_bytes() == again.read_bytes()


def test_without_a_file_the_messages_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulator.main(["--seed", "3"]) == 0
    assert capsys.readouterr().out == simulator.as_lines(simulator.events(3))


def test_a_file_that_cannot_be_written_is_one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulator.main(["--out", str(tmp_path / "nowhere" / "ward.ndjson")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
