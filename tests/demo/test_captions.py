"""What the captions of the simulated ward say is what the real core makes of its events."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from picustream.demo.timeline import Beat, Timed
from picustream.demo.ward import SEED, Ward, ward
from picustream.eventfiles.replay import Replay
from picustream.models.record import ALERT, DEAD_LETTER
from picustream.scoring.outputs import Output
from picustream.scoring.rules import load_rules
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import ELIGIBILITY, OUTCOME
from picustream.scoring.validation import InputRecord

Record = dict[str, Any]
KEYS = {
    MODS: ("day",),
    APPS: ("basis", "day", "episode"),
    ELIGIBILITY: (),
    OUTCOME: ("milestone",),
    ALERT: ("alert_id",),
    DEAD_LETTER: ("event_id",),
}


@dataclass(frozen=True)
class Made:
    """A record, and the ward-clock moment of the event after which it came."""

    at: datetime
    topic: str
    stay_id: str
    value: Record


class Story:
    """The ward's whole course: every record in order."""

    def __init__(self, ward: Ward) -> None:
        self.ward = ward
        replay = Replay(load_rules(None, None), ward.closes)
        self.made = [made for event in ward.events for made in _made(event, replay.take([_arrival(event)]))]
        self.made += _made(Timed(ward.closes, "", {"stay_id": ""}), list(replay.end()))

    def beat(self, title: str) -> Beat:
        (beat,) = [beat for beat in self.ward.beats if beat.title == title]
        return beat

    def current(self, topic: str, stay_id: str, until: datetime | None = None) -> dict[tuple[Any, ...], Record]:
        """The current records of a stay when the ward's clock read `until` (left out: in the end), by what they are."""
        found = [m for m in self.made if m.topic == topic and m.stay_id == stay_id and (until is None or m.at <= until)]
        return {tuple(m.value[name] for name in KEYS[topic]): m.value for m in found}

    def mods(self, stay_id: str, day: int, until: datetime | None = None) -> Record:
        """The MODS record of the stay's `day` in the PICU."""
        (record,) = [r for r in self.current(MODS, stay_id, until).values() if r["picu_day"] == day]
        return record

    def around(self, title: str, day: int) -> tuple[Record, Record]:
        """The MODS record of a day just before a beat, and with it."""
        beat = self.beat(title)
        before = self.mods(beat.stay_id, day, beat.at - timedelta(seconds=1))
        return before, self.mods(beat.stay_id, day, beat.at)

    def outcome(self, stay_id: str, milestone: str) -> Record:
        return self.current(OUTCOME, stay_id)[(milestone,)]


def _arrival(event: Timed) -> InputRecord:
    key = event.value["stay_id"].encode()
    return InputRecord(event.topic, 0, None, key, json.dumps(event.value).encode())


def _made(event: Timed, outputs: list[Output]) -> list[Made]:
    values = [(output.topic, json.loads(output.value)) for output in outputs]
    return [Made(event.at, topic, value.get("stay_id") or value.get("key") or "", value) for topic, value in values]


def organ(record: Record, name: str) -> Record:
    (component,) = [component for component in record["components"] if component["organ"] == name]
    return component


@pytest.fixture(scope="module", params=[SEED, 7])
def story(request: pytest.FixtureRequest) -> Story:
    return Story(ward(request.param))


def test_every_day_of_every_stay_is_scored_and_closed(story: Story) -> None:
    """T2, T4: each local day from admission to the end has a record that is final, or was."""
    for bed in story.ward.beds:
        days = (bed.left.date() - bed.admitted.date()).days + 1
        records = story.current(MODS, bed.stay_id)
        assert [record["picu_day"] for record in records.values()] == list(range(1, days + 1))
        assert {record["status"] for record in records.values()} <= {"final", "amended"}


def test_nothing_is_refused_but_the_two_faults_of_the_story(story: Story) -> None:
    letters = [made.value for made in story.made if made.topic == DEAD_LETTER]
    assert [(letter["reason"], letter["scope"]) for letter in letters] == [
        ("implausible", "observation"),
        ("unit-unknown", "observation"),
    ]


def test_the_first_child(story: Story) -> None:
    """I6, M8: the first record has one organ measured; the others are assumed, and the range says what could be."""
    stay = story.beat("the first child").stay_id
    first = next(made.value for made in story.made if made.topic == MODS and made.stay_id == stay)
    assert (first["measured"], first["assumed"]) == (1, 5)
    assert first["range"] == {"min": first["total"], "max": first["total"] + 20}


def test_sedated(story: Story) -> None:
    """M6, M9: GCS 6 counts at the admission; under sedation it is assumed normal, and the charted value is kept."""
    stay = story.beat("sedated").stay_id
    door = organ(story.mods(stay, 1), "neurologic")
    sedated = organ(story.mods(stay, 2), "neurologic")
    assert (door["points"], door["basis"], door["value"]) == (4, "measured", 6)
    assert (sedated["points"], sedated["basis"], sedated["reason"]) == (0, "assumed-normal-sedated", "sedated")
    assert len(sedated["inputs"]) == 3


def test_sent_twice(story: Story) -> None:
    """I1: a message that comes again makes no record."""
    beat = story.beat("sent twice")
    assert [made for made in story.made if made.at == beat.at and made.stay_id == beat.stay_id] == []


def test_ards_confirmed(story: Story) -> None:
    """A3: confirmed by the trial office, APPS is no longer presumptive."""
    beat = story.beat("ARDS confirmed")
    before = story.current(APPS, beat.stay_id, beat.at - timedelta(seconds=1))
    assert {record["ards"] for record in before.values()} == {"presumptive"}
    assert {record["ards"] for record in story.current(APPS, beat.stay_id).values()} == {"confirmed"}


def test_ards_refuted(story: Story) -> None:
    """A3, O5: refuted, the APPS records are withdrawn and there was no onset."""
    beat = story.beat("ARDS refuted")
    before = story.current(APPS, beat.stay_id, beat.at - timedelta(seconds=1))
    assert before
    assert "entered-in-error" not in {record["status"] for record in before.values()}
    assert {record["status"] for record in story.current(APPS, beat.stay_id).values()} == {"entered-in-error"}
    onset = story.outcome(beat.stay_id, "ards-onset")
    assert (onset["reached"], onset["detail"]) == (False, "refuted")


def test_nobody_measures_the_liver(story: Story) -> None:
    """I6, M8: no bilirubin and no arterial gas: assumed on every day, and the range says so."""
    stay = story.beat("nobody measures the liver").stay_id
    for record in story.current(MODS, stay).values():
        for name in ("hepatic", "respiratory"):
            assert organ(record, name)["basis"] == "assumed-normal"
        assert record["range"]["max"] >= record["total"] + 8


def test_a_corrected_value(story: Story) -> None:
    """M3, docs/topics.md: the corrected version replaces the wrong one on the same day."""
    before, after = story.around("a corrected value", 3)
    assert (organ(before, "hepatic")["points"], organ(before, "hepatic")["value"]) == (1, 31)
    assert organ(after, "hepatic")["points"] == 4
    assert after["cause"]["reason"] == "observation-corrected"


def test_no_central_line(story: Story) -> None:
    """M8: without a CVP there is no PAR and no default."""
    stay = story.beat("no central line").stay_id
    for record in story.current(MODS, stay).values():
        heart = organ(record, "cardiovascular")
        assert (heart["basis"], heart["value"], heart["reason"]) == ("assumed-normal", None, "no-cvp")
        assert record["range"]["max"] - record["range"]["min"] >= 4


def test_impossible_pressure(story: Story) -> None:
    """MAP 286 is a dead letter and changes no score."""
    beat = story.beat("impossible pressure")
    made = [made for made in story.made if made.at == beat.at and made.stay_id == beat.stay_id]
    assert [(one.topic, one.value["reason"], one.value["path"]) for one in made] == [
        (DEAD_LETTER, "implausible", "/observations/1/value")
    ]


def test_the_line_is_out(story: Story) -> None:
    """M7: the day after the catheter is out brings the last measured PAR forward, with its age."""
    beat = story.beat("the line is out")
    last = organ(story.mods(beat.stay_id, 4), "cardiovascular")
    carried = organ(story.mods(beat.stay_id, 5), "cardiovascular")
    assert last["basis"] == "measured"
    assert (carried["basis"], carried["value"]) == ("carried-forward", last["value"])
    assert carried["age_hours"] > 24


def test_a_creatinine_a_day_late(story: Story) -> None:
    """T4, M7: yesterday was final with a carried value; the late result amends it, and both offices hear of it."""
    before, after = story.around("a creatinine a day late", 3)
    assert (before["status"], organ(before, "renal")["basis"]) == ("final", "carried-forward")
    assert (after["status"], organ(after, "renal")["basis"]) == ("amended", "measured")
    assert after["total"] == before["total"] + 1
    assert after["supersedes"] == before["event_id"]
    beat = story.beat("a creatinine a day late")
    alerts = [made.value["name"] for made in story.made if made.topic == ALERT and made.at == beat.at]
    assert alerts == ["amended-after-final", "late-beyond-window"]


def test_a_unit_nobody_knows(story: Story) -> None:
    """`giga/L` is not guessed; the count of the day before is carried, and says so."""
    beat = story.beat("a unit nobody knows")
    (letter,) = story.current(DEAD_LETTER, beat.stay_id).values()
    assert (letter["reason"], letter["path"]) == ("unit-unknown", "/observations/0/unit")
    yesterday, today = (organ(story.mods(beat.stay_id, day), "haematologic") for day in (2, 3))
    assert (today["basis"], today["value"]) == ("carried-forward", yesterday["value"])


def test_a_short_stay(story: Story) -> None:
    """T2, E2: no day after the discharge is scored, and less than 48 h make the stay ineligible."""
    stay = story.beat("a short stay").stay_id
    assert len(story.current(MODS, stay)) == 2
    (eligibility,) = story.current(ELIGIBILITY, stay).values()
    (hours,) = [one for one in eligibility["criteria"] if one["criterion"] == "stay-48h"]
    assert (eligibility["state"], hours["met"]) == ("ineligible", False)


def test_entered_in_error(story: Story) -> None:
    """V1: the withdrawn count takes its points with it; the new sample is the day's first again."""
    before, after = story.around("entered in error", 5)
    stay = story.beat("entered in error").stay_id
    wrong, gone, right = (organ(record, "haematologic") for record in (before, after, story.mods(stay, 5)))
    assert (wrong["value"], wrong["points"], wrong["basis"]) == (31, 3, "measured")
    assert (gone["points"], gone["basis"]) == (0, "carried-forward")
    assert (right["points"], right["basis"]) == (0, "measured")


def test_a_night_gas_comes_late(story: Story) -> None:
    """M2: what was measured earlier replaces what came earlier."""
    before, after = (organ(record, "respiratory") for record in story.around("a night gas comes late", 5))
    assert before["basis"] == after["basis"] == "measured"
    assert datetime.fromisoformat(after["observed_at"]) < datetime.fromisoformat(before["observed_at"])


def test_awake(story: Story) -> None:
    """M6: with the sedation off, the day's first GCS counts as charted."""
    stay = story.beat("awake").stay_id
    sedated, awake = (organ(story.mods(stay, day), "neurologic") for day in (4, 5))
    assert sedated["basis"] == "assumed-normal-sedated"
    assert awake["basis"] == "measured"
    assert awake["points"] > 0


def test_transferred(story: Story) -> None:
    """O1: another ICU censors the length of stay."""
    stay = story.beat("transferred").stay_id
    assert story.outcome(stay, "picu-los")["detail"] == "censored"


def test_died(story: Story) -> None:
    """T2, O2: scored to the day of death; the outcome says so."""
    beat = story.beat("died")
    assert story.outcome(beat.stay_id, "death-in-picu")["reached"] is True
    assert max(story.current(MODS, beat.stay_id)) == (beat.at.date().isoformat(),)


def test_discharged(story: Story) -> None:
    """O1, O2: alive at the discharge after a week."""
    beat = story.beat("discharged")
    assert story.outcome(beat.stay_id, "death-in-picu")["reached"] is False
    assert 7 < story.outcome(beat.stay_id, "picu-los")["value"] < 8
