"""The desk: what it says of each stay is what the records say, and what is entered is kept once or not said to be."""

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from starlette.types import ASGIApp

from picustream.board.access.roles import LOCAL, Role, Visitor
from picustream.board.app import application
from picustream.board.entries import entered
from picustream.board.pages.page import AT
from picustream.board.views.flow import flow
from picustream.board.views.office import at_desk
from picustream.board.views.reading import Reading
from picustream.board.views.screening import TABS, Desk, desk, urgency
from picustream.models.protocol import FollowUp
from picustream.readmodel.reading import ReadModel
from picustream.scoring.presence.record import STAY
from picustream.scoring.trial.records import ELIGIBILITY
from tests.board.made import NOON, ZONE, Answer, ask
from tests.board.office import Office
from tests.board.test_ward import MOMENTS

DAYS = FollowUp().days
OPTION = re.compile(r'<option value="([^"]+:[^"]+)"[^>]*>([^<]*)</option>')
OWN = {"sec_fetch_site": "same-origin"}


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """One that nothing is entered into."""
    return Office.of(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.of(tmp_path)


def shown(office: Office) -> Desk:
    model = ReadModel.at(office.where)
    return desk(Reading(model), model, office.now.astimezone(ZONE), ZONE, model.stays(), DAYS)


def counts(office: Office) -> dict[str, int]:
    model = ReadModel.at(office.where)
    return dict(flow(Reading(model), model))


def send(app: ASGIApp, path: str, **fields: str) -> Answer:
    return ask(app, path, "POST", urlencode(fields).encode(), **OWN)


def test_each_stay_is_shown_as_its_record_has_it(still: Office) -> None:
    records = {row.stay: row.json() for row in ReadModel.at(still.where).current(ELIGIBILITY)}
    found = {one.stay: one for one in shown(still).candidates}
    assert found.keys() == records.keys()
    assert len(found) > 5
    for stay, one in found.items():
        assert one.state == records[stay]["state"]
        assert [judged.met for judged in one.criteria] == [each["met"] for each in records[stay]["criteria"]]
        assert [list(judged.evidence) for judged in one.criteria] == [
            each["evidence"] for each in records[stay]["criteria"]
        ]
        wrong = [each for each in records[stay]["criteria"] if each["met"] is not True]
        assert ("near-miss" in one.tabs) == (len(wrong) == 1)
        assert ("eligible" in one.tabs) == (not wrong and one.state == "eligible")


def test_the_flow_counts_every_stay_once(still: Office) -> None:
    found = counts(still)
    states = [count for name, count in found.items() if name.startswith("not eligible") or name in (
        "screening", "review", "withdrawn", "eligible",
    )]  # fmt: skip
    assert sum(states) == found["assessed"] == len(shown(still).candidates)


@given(MOMENTS)
def test_the_flow_of_any_moment_is_that_of_all_stays_at_the_desk(still: Office, at: datetime) -> None:
    """It is counted without reading what is not needed, and comes to the same."""
    model = ReadModel.at(still.where)
    reading = Reading(model, at)
    found = desk(reading, model, at, ZONE, model.stays(), DAYS).candidates
    states = Counter(one.state for one in found if one.state != "ineligible")
    unmet = [next((each.label for each in one.criteria if each.met is False), "other") for one in found
             if one.state == "ineligible"]  # fmt: skip
    counted = {name: count for name, count in flow(reading, model) if count}
    counted.pop("eligible, no decision entered", None)
    wanted = {**states, **Counter(f"not eligible: {label}" for label in unmet), "assessed": len(found)}
    assert counted == {name: count for name, count in wanted.items() if count}


@given(MOMENTS, MOMENTS)
def test_nobody_who_waits_for_an_act_is_left_out_however_long_ago(still: Office, at: datetime, since: datetime) -> None:
    """And of the others those are listed whose stay or screening changed since; at least all who are here."""
    model = ReadModel.at(still.where)
    reading = Reading(model, at)
    every = desk(reading, model, at, ZONE, model.stays(), DAYS).candidates
    listed = set(at_desk(reading, model, since))
    here = {row.stay for row in model.known_at(at, STAY) if row.state == "present"}
    changed = {row.stay for topic in (STAY, ELIGIBILITY) for stay in model.stays()
               for row in model.revisions(topic, stay=stay) if since <= row.emitted_at <= at}  # fmt: skip
    waiting = {one.stay for one in every if one.state == "review" or any(due.now for due in one.due)}
    assert listed == here | changed | waiting


def test_an_earlier_day_lists_those_before_it(still: Office) -> None:
    app = application(replace(still.board(), now=lambda: NOON + timedelta(days=400)))
    assert "S-308" not in ask(app, "/desk?tab=all").text
    assert "S-308" in ask(app, "/desk?tab=all&since=2026-03-01").text
    assert ask(app, "/desk?since=yesterday").status == 400


def test_those_whose_time_is_over_come_last(still: Office) -> None:
    [one, *_] = shown(still).candidates
    hours = {"a": 30.0, "b": -2.0, "c": 1.0, "d": None}
    made = [
        replace(one, stay=stay, closes_at=None if left is None else NOON + timedelta(hours=left),
                left="closed" if left is not None and left < 0 else "")
        for stay, left in hours.items()
    ]  # fmt: skip
    assert [each.stay for each in sorted(made, key=urgency)] == ["c", "a", "d", "b"]


def test_every_list_and_every_stay_has_a_page(still: Office) -> None:
    app = application(still.board())
    for tab in (*TABS, "log"):
        assert ask(app, f"/desk?tab={tab}").status == 200
    for one in shown(still).candidates:
        text = ask(app, f"/desk/{one.stay}").text
        assert one.state in text
        assert all(judged.label in text for judged in one.criteria)
    assert ask(app, "/desk?tab=nothing").status == 404
    assert ask(app, "/desk/S-999").status == 404


def test_yesterday_is_as_it_was_known_then_and_takes_no_entry(still: Office) -> None:
    at = NOON - timedelta(days=2)
    model = ReadModel.at(still.where)
    then = desk(Reading(model, at), model, at, ZONE, model.stays(), DAYS)
    known = {row.stay: row.state for row in model.known_at(at, ELIGIBILITY) if row.status != "entered-in-error"}
    assert {one.stay: one.state for one in then.candidates} == known
    assert known != {one.stay: one.state for one in shown(still).candidates}
    app = application(still.board())
    address = f"/desk/S-301?as-known-at={at.isoformat().replace('+', '%2B')}"
    assert 'method="post"' not in ask(app, address).text.partition("<main")[2]
    assert send(app, address, type="note", note="too late").status == 400


def test_a_decision_and_a_note_are_sent_and_shown_once_they_are_on_record(office: Office) -> None:
    app = application(office.board())
    answer = send(app, "/desk/S-301", type="screening-decision", decision="declined", reason="language", based_on="0")
    assert answer.status == 303
    back = answer.headers["location"]
    assert "not yet on record" in ask(app, back).text
    office.read()
    text = ask(app, back).text
    assert "not yet on record" not in text
    assert "declined: language" in text
    assert counts(office)["declined: language"] == 1
    send(app, "/desk/S-301", type="note", note="Mother <b>back</b> at six", based_on="1")
    office.read()
    assert "Mother &lt;b&gt;back&lt;/b&gt; at six" in ask(app, "/desk?tab=all").text


def test_a_form_that_is_sent_twice_counts_once_and_two_notes_count_twice(office: Office) -> None:
    app = application(office.board())
    for _ in range(2):
        send(app, "/desk/S-301", type="note", note="called", based_on="0")
    send(app, "/desk/S-301", type="note", note="called again", based_on="0")
    office.read()
    assert len({event.event_id for event in office.sent}) == 2
    assert [entry.what for entry in next(one for one in shown(office).candidates if one.stay == "S-301").entries] == [
        "called again",
        "called",
    ]
    send(app, "/desk/S-301", type="note", note="called", based_on="2")  # a day later, the same words: another note
    assert len({event.event_id for event in office.sent}) == 3


def test_the_slider_goes_through_every_change_and_each_leads_to_what_was_known_then(office: Office) -> None:
    """Of a stay all of them; of a list those of three days about the moment, and `now`."""
    app, model = application(office.board()), ReadModel.at(office.where)
    send(app, "/desk/S-303", type="note", note="called the father", based_on="0")
    office.read()
    stay = OPTION.findall(ask(app, "/desk/S-303").text)
    screened = model.revisions(ELIGIBILITY, stay="S-303")
    assert [(at, label.partition(" · ")[2]) for at, label in stay] == [
        (office.now.astimezone(ZONE).isoformat(), "S-303 called the father, local"),
        *((row.emitted_at.astimezone(ZONE).isoformat(), f"S-303 {row.state}") for row in reversed(screened)),
    ]
    listed = OPTION.findall(ask(app, "/desk?tab=all").text)
    first = office.now - timedelta(days=3)
    assert {at for at, _ in listed} >= {
        row.emitted_at.astimezone(ZONE).isoformat() for row in model.published(ELIGIBILITY, first)
    }
    for at, label in listed:
        text = ask(app, f"/desk?{urlencode({'tab': 'all', AT: at})}").text
        assert f'<option value="{at}" selected>{label}</option>' in text
        assert " data-past" in text and "Back to now" in text
    assert (
        "called the father"
        not in ask(app, f"/desk?{urlencode({'tab': 'all', AT: listed[-1][0]})}").text.partition("</form>")[2]
    )


def test_who_acted_last_is_named(office: Office) -> None:
    app = application(office.board())
    assert "last acted" not in ask(app, "/desk?tab=all").text
    send(app, "/desk/S-301", type="note", note="called", based_on="0")
    office.read()
    assert ask(app, "/desk?tab=all").text.count("last acted: <b>local</b>") == 1


def test_what_kafka_has_not_confirmed_is_not_said_to_be_kept(office: Office) -> None:
    app = application(office.board())
    office.away = True
    answer = send(app, "/desk/S-301", type="note", note="called", based_on="0")
    assert answer.status == 503
    assert "send it again" in answer.text
    office.away = False
    assert send(app, "/desk/S-301", type="note", note="called", based_on="0").status == 303


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"type": "note"},
        {"type": "note", "note": "x" * 281},
        {"type": "screening-decision"},
        {"type": "screening-decision", "decision": "maybe"},
        {"type": "screening-decision", "decision": "declined", "reason": "Because He Said So"},
        {"type": "screening-decision", "decision": "declined", "note": "and a note"},
        {"type": "cut-signed", "cut_id": "0123456789abcdef"},
        {"type": "treatment_started"},
    ],
)
def test_a_form_that_says_nothing_or_too_much_is_refused(office: Office, fields: dict[str, str]) -> None:
    assert send(application(office.board()), "/desk/S-301", **fields).status == 400
    assert office.sent == []


def test_an_entry_says_who_entered_it_and_as_whom() -> None:
    ana = Visitor("ana", frozenset({Role.TRIAL_OFFICE}))
    event = entered({"type": "note", "note": "n"}, "S-1", ana, NOON)
    assert (event.by, event.role, event.at) == ("ana", "trial-office", NOON)
    assert entered({"type": "note", "note": "n"}, "S-1", LOCAL, NOON).event_id != event.event_id


def test_the_arm_is_on_no_page_of_the_desk(still: Office) -> None:
    app = application(still.board())
    arms = re.compile(r"\b(arm|intervention|control)\b(?!.{0,40}reads this)")
    for path in ("/desk?tab=all", "/desk?tab=log", *(f"/desk/{one.stay}" for one in shown(still).candidates)):
        text = re.sub(r"Never a name, and never the arm", "", ask(app, path).text)
        assert not arms.search(text), path
