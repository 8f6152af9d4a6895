"""Revisions: what is published when something changes, and nothing when nothing does (docs/topics.md)."""

import json
from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest

from picustream.models.record import DEAD_LETTERS
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import ELIGIBILITY, OUTCOME
from tests.reference.generate import case
from tests.scoring.build import MICROSECOND, Record, Stay, at, date_of, obs
from tests.scoring.histories import SHIPPED, replayed, shuffled
from tests.scoring.running import without_the_way

WARD = Stay().until("day 10").admitted("day 1 08:00", birth_date="2020-05-01", sex="female")
STORY = (
    WARD.lab("day 1 09:00", creatinine=250, event_id="r1", recorded="day 1 09:30")
    .lab("day 1 09:00", creatinine=150, event_id="r1", recorded="day 3 08:00", status="corrected")
    .lab("day 1 09:00", creatinine=150, event_id="r1", recorded="day 4 08:00", status="entered-in-error")
)


def chains(records: list[tuple[str, Record]]) -> dict[Any, list[Record]]:
    """The revisions of each record of a stay, as published."""
    found: dict[Any, list[Record]] = defaultdict(list)
    for topic, record in records:
        if topic not in DEAD_LETTERS:
            own = ("score", "basis", "day", "episode", "milestone", "alert_id")
            found[(topic, record["stay_id"], *(str(record.get(name)) for name in own))].append(record)
    return found


def assert_whole(chain: list[Record]) -> None:
    """1, 2, 3 ... each superseding the one before; never an event id twice, never withdrawn twice.

    Only what is counted from an onset or an admission can be open again, and a stay whose end is withdrawn.
    """
    assert [record["revision"] for record in chain] == list(range(1, len(chain) + 1))
    assert [record["supersedes"] for record in chain] == [None, *(record["event_id"] for record in chain[:-1])]
    for before, after in pairwise(record["status"] for record in chain if "alert_id" not in record):
        assert (before, after) != ("entered-in-error", "entered-in-error")
        assert not (before in ("final", "amended") and after == "final")
        if before in ("final", "amended") and after == "preliminary":
            assert chain[0].get("basis") == "at-24h" or "criteria" in chain[0] or "bed" in chain[0]


@pytest.mark.proves("I3", "T4")
def test_a_record_goes_from_preliminary_to_final_to_amended_to_withdrawn() -> None:
    """Each step is a revision of the same record that names the one it replaces."""
    ward = STORY.admitted("day 2 08:00", recorded="day 5 08:00", status="corrected")
    chain = ward.revisions(MODS, day=date_of(1))
    assert [record["status"] for record in chain] == ["preliminary", "final", "amended", "amended", "entered-in-error"]
    assert_whole(chain)
    last = chain[-1]
    assert (last["total"], last["components"], last["patient_id"], last["day"]) == (None, [], "P", date_of(1))


@pytest.mark.proves("I7")
def test_every_revision_says_what_caused_it() -> None:
    """The event and the kind of news; time has no event."""
    causes = [(r["cause"]["reason"], r["cause"]["event_id"]) for r in STORY.revisions(MODS, day=date_of(1))]
    assert causes == [
        ("observation", "r1"),
        ("time", None),
        ("observation-corrected", "r1"),
        ("observation-entered-in-error", "r1"),
    ]


@pytest.mark.proves("T4")
def test_a_correction_revises_the_days_that_carried_the_value_and_only_those() -> None:
    """Day 1 is corrected on day 8: days 1 and 2 are amended, day 3 had its own value."""
    ward = WARD.lab("day 1 09:00", obs("creatinine", 250, id="c")).lab("day 3 09:00", creatinine=60)
    ward = ward.lab("day 1 09:00", obs("creatinine", 550, id="c"), recorded="day 8 09:00", status="corrected")
    amended = [record["day"] for record in ward.revisions(MODS, status="amended")]
    assert amended == [date_of(1), date_of(2)]


@pytest.mark.proves("I1")
def test_nothing_is_published_when_nothing_changed() -> None:
    """A repeat, an older version, a second value of the day, a heart rate: no revision of any record."""
    ward = WARD.lab("day 1 09:00", creatinine=250, event_id="r1", recorded="day 1 10:00")
    told = ward.until("day 1 11:59").records
    more = ward.lab("day 1 09:00", creatinine=250, event_id="r1", recorded="day 1 10:00")
    more = more.lab("day 1 09:00", creatinine=90, event_id="r1", recorded="day 1 09:30", status="corrected")
    more = more.lab("day 1 11:00", creatinine=90).vital("day 1 11:00", heart_rate=120)
    more = more.lab("day 1 11:30", {"code": "2951-2", "value": 140, "unit": "mmol/L"})
    assert more.until("day 1 11:59").records == told


@pytest.mark.proves("I1")
def test_a_newer_version_that_says_the_same_revises_only_its_receipt() -> None:
    """The value is the same but was filed again: the receipt names the newer version, so there is a revision."""
    ward = WARD.lab("day 1 09:00", creatinine=250, event_id="r1", recorded="day 1 10:00")
    again = ward.lab("day 1 09:00", creatinine=250, event_id="r1", recorded="day 1 11:00", status="final")
    revisions = again.until("day 1 12:00").revisions(MODS)
    filed = [record["components"][1]["inputs"][0]["recorded_at"] for record in revisions]
    assert filed == [at("day 1 10:00").isoformat(), at("day 1 11:00").isoformat()]


@pytest.mark.proves("I3")
def test_event_ids_depend_on_record_and_revision_alone() -> None:
    """Two runs that come to the same revision by other ways give it the same id."""
    one, other = ({r["event_id"] for r in ward.revisions(MODS)} for ward in (STORY, STORY.arriving(1, 4, 2, 3)))
    assert len(one) == len(STORY.revisions(MODS))
    assert {event_id for event_id in one | other if event_id.endswith("/r1")} <= one & other


@pytest.mark.proves("I3", "I1")
@pytest.mark.parametrize("seed", range(0, 40))
def test_every_chain_of_a_random_history_is_whole(seed: int) -> None:
    """However late, repeated and contradictory: 1, 2, ... without a gap, and no event id twice."""
    made = case(seed)
    mixed = Stay(events=tuple(shuffled(made.events, seed)))
    records = [(o.topic, json.loads(o.value)) for o in replayed(mixed.events, SHIPPED, made.until)]
    for chain in chains(records).values():
        assert_whole(chain)
    ids = [record["event_id"] for _, record in records]
    assert len(ids) == len(set(ids))


BOOKKEEPING = {"event_id", "revision", "supersedes", "cause", "emitted_at", "status"}


@pytest.mark.proves("I1")
@pytest.mark.parametrize("seed", range(0, 40))
def test_a_revision_says_something_new_or_that_the_day_has_closed(seed: int) -> None:
    """Nothing but book-keeping changed: no revision, unless it is the one that makes a record final."""
    made = case(seed)
    told = [(o.topic, json.loads(o.value)) for o in replayed(shuffled(made.events, seed), SHIPPED, made.until)]
    for chain in chains([one for one in told if "alert_id" not in one[1]]).values():
        for before, after in pairwise(chain):
            closed = (before["status"], after["status"]) in {("preliminary", "final"), ("preliminary", "amended")}
            differ = [name for name in after if name not in BOOKKEEPING and before[name] != after[name]]
            assert closed or differ, (before["event_id"], after["event_id"])


@pytest.mark.proves("I7")
def test_records_name_the_patient_of_the_admission_and_a_withdrawn_one_the_last_named() -> None:
    """A corrected patient makes a revision of every record; a withdrawn admission has no patient to name."""
    ward = WARD.lab("day 1 09:00", creatinine=250)
    mended = ward.admitted("day 1 08:00", event_id="e1", recorded="day 1 10:00", status="corrected", patient="Q")
    taken = mended.admitted(
        "day 1 08:00", event_id="e1", recorded="day 1 11:00", status="entered-in-error", patient="Q"
    )
    told = taken.until("day 1 12:00").revisions(MODS)
    assert [(r["patient_id"], r["status"]) for r in told] == [
        ("P", "preliminary"), ("Q", "preliminary"), ("Q", "entered-in-error"),
    ]  # fmt: skip


@pytest.mark.proves("I7")
def test_every_record_carries_the_common_fields() -> None:
    """Patient, protocol with its hash, software, caveats, use, and the clinical moment it speaks of."""
    moments = {MODS: "day 1", OUTCOME: "day 1 08:00", ELIGIBILITY: "day 1 08:00"}
    for topic, record in STORY.records:
        assert record["patient_id"] == ("P" if record["stay_id"] else None)  # an alert about a source is of no stay
        assert record["protocol"] == SHIPPED.protocol.stamp()
        assert len(record["protocol"]["sha256"]) == 64
        assert (record["software"], record["use"]) == (SHIPPED.software, "research-only")
        if topic in moments and record.get("day", date_of(1)) == date_of(1) and record.get("at") is None:
            assert at(record["effective_at"]) == at(moments[topic])


@pytest.mark.proves("I8")
def test_what_falls_due_is_published_as_of_its_own_moment() -> None:
    """Ten silent days: each day closes at its own time, though the clock comes by only at the end."""
    finals = WARD.revisions(MODS, status="final")
    assert [record["day"] for record in finals] == [date_of(day) for day in range(1, 9)]


@pytest.mark.proves("T4", "I3")
def test_an_alert_fires_once_and_resolves_once() -> None:
    """A condition that lasts is not repeated."""
    ward = Stay().until("day 3").lab("day 1 09:00", creatinine=250).lab("day 1 10:00", creatinine=250)
    ward = ward.admitted("day 1 08:00", recorded="day 1 11:00").vital("day 2 10:00", heart_rate=120)
    assert [alert["state"] for alert in ward.alerts if alert["name"] == "no-admission"] == ["firing", "resolved"]


@pytest.mark.proves("T4")
def test_outputs_are_keyed_by_stay_and_carry_cloud_event_headers() -> None:
    """Binary CloudEvents 1.0: id, type, source, subject, time and content type."""
    output = STORY.outputs[0]
    record = json.loads(output.value)
    headers = dict(output.headers)
    assert output.key == b"S"
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"].decode() == output.event_id == record["event_id"]
    assert (headers["ce_type"].decode(), headers["ce_source"]) == (output.topic, b"picustream")
    assert (headers["ce_subject"], headers["content-type"]) == (b"S", b"application/json")
    assert at(headers["ce_time"].decode()) == at(record["effective_at"])
    assert at(record["effective_at"]) - at(headers["ce_time"].decode()) < MICROSECOND


@pytest.mark.proves("I1", "A4", "T4")
def test_i1_a_record_that_a_correction_opens_again_says_so_whatever_came_first() -> None:
    """The first gas is withdrawn after its episode was final: episode 1 begins three hours later and is open again."""
    ward = Stay().admitted("day 1 07:00", birth_date="2020-01-01").vent("day 1 07:30", "invasive", peep=8)
    ward = ward.gas("day 1 08:00", pao2=60, fio2="0.5", event_id="first").gas("day 1 11:00", pao2=60, fio2="0.5")
    ward = ward.gas("day 2 10:00", pao2=60, fio2="0.5").vital("day 2 21:00", heart_rate=100)
    late = {"event_id": "first", "recorded": "day 2 12:00", "status": "entered-in-error"}
    ward = ward.gas("day 1 08:00", pao2=60, fio2="0.5", **late)
    assert [one["status"] for one in ward.until("day 2 22:00").revisions(APPS, basis="at-24h")] == [
        "preliminary", "final", "preliminary",
    ]  # fmt: skip
    in_time = ward.arriving(1, 2, 3, 4, 5, 7, 6)
    for whole, count in ((ward, 4), (in_time, 3)):
        chain = whole.until("day 2 23:30").revisions(APPS, basis="at-24h")
        assert_whole(chain)
        assert len(chain) == count
        assert chain[-1]["status"] in ("final", "amended")
        assert at(chain[-1]["emitted_at"]) == at("day 2 23:00")
    assert without_the_way(ward.until("day 2 22:00").apps_24h() or {}) == without_the_way(
        in_time.until("day 2 22:00").apps_24h() or {}
    )
