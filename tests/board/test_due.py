"""What is due at the desk, from the records: the same as the alerts say, and dates that are ahead of them."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.board.app import application
from picustream.board.views.due import CONSENT, FOLLOW_UP, Due, consent, follow_up
from picustream.board.views.reading import Reading
from picustream.board.views.screening import Candidate, desk
from picustream.demo.ward import SEED, ward
from picustream.eventfiles.replay import Replay
from picustream.models.protocol import FollowUp
from picustream.models.record import ALERT
from picustream.readmodel.database import address
from picustream.readmodel.reading import ReadModel
from picustream.scoring.presence.record import StayRecord
from picustream.scoring.rules import load_rules
from picustream.scoring.trial.records import ELIGIBILITY, EligibilityRecord
from picustream.scoring.validation import InputRecord
from tests.board.made import NOON, ZONE, ask
from tests.board.office import Office
from tests.readmodel.filling import Log

DAYS = FollowUp().days
END = ward(SEED).closes + timedelta(days=40)
ALERTS = {"consent-due": CONSENT, "follow-up-due": FOLLOW_UP}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The ward forty days on: a child lives, is it said of one, and of the others nobody has said so."""
    replay, log = Replay(load_rules(), END), Log()
    events = [(one.topic, one.value) for one in ward(SEED).events]
    alive = {
        "event_id": "late", "source": "his", "patient_id": "P-8810", "stay_id": "S-303", "type": "vital_status",
        "alive": True, "occurred_at": (NOON + timedelta(days=38)).isoformat(),
    }  # fmt: skip
    for topic, value in (*events, ("picu.adt.v1", alive)):
        log.add_all(replay.take([InputRecord(topic, 0, None, None, json.dumps(value).encode())]))
    log.add_all(replay.end())
    made = Office(address(str(tmp_path_factory.mktemp("due") / "store.sqlite")), log, END)
    made.read()
    return made


def at_desk(office: Office, at: datetime) -> dict[str, Candidate]:
    model = ReadModel.at(office.where)
    found = desk(Reading(model, at), model, at.astimezone(ZONE), ZONE, model.stays(), DAYS)
    return {one.stay: one for one in found.candidates}


def moments(office: Office) -> Iterator[datetime]:
    """As each alert that asks for something begins and ends, and between any two."""
    model = ReadModel.at(office.where)
    found = {row.emitted_at for row in model.alerts(firing=None, audience="trial-office")}
    found |= {NOON, END, *(one + timedelta(days=number) for one in (NOON,) for number in range(0, 42, 3))}
    return iter(sorted(found))


def test_what_is_due_is_what_the_alerts_ask_for_at_every_moment(office: Office) -> None:
    model, seen = ReadModel.at(office.where), set()
    for at in moments(office):
        firing = {
            (row.stay, ALERTS[row.json()["name"]], datetime.fromisoformat(row.json()["since"]))
            for row in model.known_at(at, ALERT)
            if row.state == "firing" and row.json()["name"] in ALERTS
        }
        shown = at_desk(office, at)
        due = {(stay, one.what, one.at) for stay, candidate in shown.items() for one in candidate.due if one.now}
        assert due == firing, at
        seen |= {what for _, what, _ in due}
    assert seen == {CONSENT, FOLLOW_UP}


def test_what_will_be_due_is_announced_with_the_date_on_which_it_is(office: Office) -> None:
    """A day before it the date is the one that the alert has afterwards."""
    model = ReadModel.at(office.where)
    alerts = [row.json() for row in model.alerts(firing=None, audience="trial-office") if row.json()["name"] in ALERTS]
    for alert in alerts:
        since = datetime.fromisoformat(alert["since"])
        [ahead] = [
            one for one in at_desk(office, since - timedelta(hours=1))[alert["stay_id"]].due
            if one.what == ALERTS[alert["name"]]
        ]  # fmt: skip
        assert (ahead.now, abs(ahead.at - since) <= timedelta(seconds=1)) == (False, True)
    assert len(alerts) > 4


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)), st.integers(1, 90), st.integers(-3, 100))
def test_a_follow_up_is_due_from_the_midnight_after_its_last_day(left: datetime, days: int, later: int) -> None:
    at = left.replace(tzinfo=ZONE)
    stay = StayRecord.model_construct(end="discharged", left_at=at)
    now = at + timedelta(days=later)
    due = follow_up(stay, False, days, now, ZONE)
    assert due is not None and due.at.date() == (at + timedelta(days=days + 1)).date()
    assert (due.at.hour, due.at.minute, due.now) == (0, 0, now >= due.at)
    assert follow_up(stay, True, days, now, ZONE) is None
    assert follow_up(stay.model_copy(update={"end": "died"}), False, days, now, ZONE) is None


def test_consent_is_not_asked_for_where_it_is_decided_refused_or_too_late(office: Office) -> None:
    model = ReadModel.at(office.where)
    bodies = [row.json() for row in model.revisions(ELIGIBILITY, stay="S-303")]
    waiting = next(body for body in bodies if body["next_change_at"] is not None)
    screened = EligibilityRecord.model_validate(waiting)
    assert screened.next_change_at is not None
    ahead = Due(CONSENT, screened.next_change_at.astimezone(ZONE), False)
    assert consent(screened, NOON, ZONE) == ahead
    assert consent(screened.model_copy(update={"closes_at": screened.next_change_at}), NOON, ZONE) is None
    for changed in ({"met": False, "detail": "refused"}, {"met": True, "detail": "given"}):
        criteria = [one.model_copy(update=changed) if one.criterion == "consent" else one for one in screened.criteria]
        assert consent(screened.model_copy(update={"criteria": criteria}), NOON, ZONE) is None
    age = [one.model_copy(update={"met": False}) if one.criterion == "age" else one for one in screened.criteria]
    assert consent(screened.model_copy(update={"criteria": age}), NOON, ZONE) is None


def test_the_lists_are_by_date_and_on_pages(office: Office, tmp_path: Path) -> None:
    text = ask(application(office.board()), "/desk?tab=follow-up&since=2026-01-01").text
    assert "follow-up due since" in text and "S-303" not in text.partition('data-piece="list"')[2]
    model = ReadModel.at(office.where)
    then = NOON + timedelta(days=3)
    shown = desk(Reading(model, then), model, then, ZONE, model.stays(), DAYS)
    for tab in (CONSENT, FOLLOW_UP):
        dates = [one.due_at(tab) for one in shown.of_tab(tab, None)]
        assert dates == sorted(dates)
    assert shown.of_tab(FOLLOW_UP, None)
