"""`picustream lint`: corrections that met nothing, ids used for two things, admissions that moved."""

import random
from typing import Any

import pytest

from picustream.lint.finding import Finding
from picustream.models import text
from picustream.models.record import ALERT
from tests.lint.cards import WHOLE, card, found
from tests.scoring.build import Stay, obs
from tests.scoring.histories import SHIPPED, replayed


def the(report: Any, code: str) -> Finding:
    [one] = [one for one in report.findings if one.code == code]
    return one


# Corrections that met nothing. ---------------------------------------------------------------------------------------

LATER = {"recorded": "day 1 11:40"}


@pytest.mark.parametrize("status", ["amended", "corrected", "cancelled", "entered-in-error"])
def test_a_correction_under_another_event_id_without_an_id_meets_nothing(status: str) -> None:
    """Without an `id` it is made of the event's and the code's, so this is a thing of its own."""
    ward = WHOLE.lab("day 1 11:00", creatinine=55, event_id="a").lab(
        "day 1 11:00", creatinine=50, event_id="b", status=status, **LATER
    )
    one = the(card(*ward.events), "correction-unmatched")
    assert (one.count, one.about, one.first) == (1, "picu.lab.v1 ward", "feed:8")
    assert "1 name the code (or type) and time of a value under another id" in one.message


def test_a_correction_that_meets_its_original_is_no_finding_whichever_came_first() -> None:
    """By the same event id, or by an id; in whatever order they came."""
    by_event = WHOLE.lab("day 1 11:00", creatinine=55, event_id="a", recorded="day 1 11:10").lab(
        "day 1 11:00", creatinine=50, event_id="a", status="corrected", **LATER
    )
    by_id = WHOLE.lab("day 1 11:00", obs("creatinine", 55, id="c"), recorded="day 1 11:10").lab(
        "day 1 11:00", obs("creatinine", id="c"), status="entered-in-error", **LATER
    )
    for ward in (by_event, by_id):
        assert card(*ward.events).findings == []
        assert card(*ward.events[:6], ward.events[7], ward.events[6]).findings == []


def test_a_withdrawal_under_another_stay_is_reported_with_where_its_id_is() -> None:
    """The id is there in another stay: that is where it has to be withdrawn."""
    ward = WHOLE.lab("day 1 11:00", obs("creatinine", 55, id="c")).lab(
        "day 1 11:00", obs("creatinine", id="c"), status="cancelled", stay="T", **LATER
    )
    assert "1 have an id that another stay has" in the(card(*ward.events), "correction-unmatched").message


def test_a_withdrawn_consent_under_another_event_id_meets_nothing() -> None:
    """A stay has many consents, each by its id: the withdrawn one still makes eligible."""
    ward = WHOLE.consent("day 1 09:30").trial("consent", "day 1 09:30", status="entered-in-error", **LATER)
    one = the(card(*ward.events), "correction-unmatched")
    assert (one.about, one.count, one.first) == ("picu.trial.v1 ward", 1, "feed:8")


def test_a_correction_that_is_closed_by_a_version_which_states_nothing_is_over() -> None:
    """As the alert resolves."""
    ward = WHOLE.lab("day 1 11:00", obs("creatinine", id="c"), status="cancelled", **LATER)
    assert "correction-unmatched" in found(card(*ward.events))
    closed = ward.lab("day 1 11:00", obs("creatinine", id="c"), status="unknown", recorded="day 1 11:50")
    assert card(*closed.events).findings == []


# Ids that were used again. -------------------------------------------------------------------------------------------


def reused(*ids: str, **fields: Any) -> Stay:
    """A result an hour and a half after another one under the same event id, for each of the ids."""
    ward = WHOLE
    for number, one in enumerate(ids):
        ward = ward.lab(f"day 1 08:0{number}", creatinine=50, event_id=one, **fields)
        ward = ward.lab(f"day 1 09:3{number}", creatinine=51, event_id=one, **fields)
    return ward


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (("ORD-77123",), "They share an event_id that is letters and a number: an order number used again."),
        (
            ("77123",),
            "They share an event_id that is a number: an order number used again, or a counter that restarts.",
        ),
        (("0", "1"), "They share an event_id that is a number: a counter that restarts."),
        (("S-77123x",), "They share an event_id that is made of the stay_id: one for a stay."),
        (("m.2025-03-04.x",), "They share an event_id that has a date in it: one for a day."),
        (("0b7a2f0e-3f4b-4d7e-9a51-3c1c54a1f1aa",), "They share an event_id that is a UUID."),
        ((".x",), "They share an event_id that has another form."),
    ],
)
def test_an_id_that_is_used_again_is_reported_by_its_form_and_not_shown(ids: tuple[str, ...], words: str) -> None:
    """A `final` version replaced a `final` one of a moment more than 1 h away."""
    one = the(card(*reused(*ids).events), "id-reused")
    assert (one.count, one.about, one.first) == (len(ids), "picu.lab.v1 ward", "feed:8")
    assert words in one.message
    assert all(name not in one.message for name in ids if len(name) > 2)


def test_an_id_of_an_observation_that_is_its_code_is_reported_so() -> None:
    ward = WHOLE.lab("day 1 08:00", obs("creatinine", 5, id="creatinine"))
    ward = ward.lab("day 1 11:00", obs("creatinine", 5, id="creatinine"))
    assert (
        "They share an id that is the code itself: one for all values of a code."
        in the(card(*ward.events), "id-reused").message
    )


def test_versions_of_one_moment_and_corrected_ones_are_no_reuse() -> None:
    """An hour to the microsecond is one moment; a correction may move further; a preliminary result is no final one."""
    near = WHOLE.lab("day 1 09:00", creatinine=50, event_id="a").lab("day 1 10:00", creatinine=51, event_id="a")
    assert card(*near.events).findings == []
    far = WHOLE.lab("day 1 09:00", creatinine=50, event_id="a").lab("day 1 10:00 +1us", creatinine=51, event_id="a")
    assert "id-reused" in found(card(*far.events))
    for status in ("preliminary", "corrected"):
        recorded = {"recorded": "day 1 11:30"}
        ward = WHOLE.lab("day 1 08:00", creatinine=50, event_id="a").lab(
            "day 1 11:00", creatinine=51, event_id="a", status=status, **recorded
        )
        assert card(*ward.events).findings == [], status


# Admissions that moved. ----------------------------------------------------------------------------------------------


def test_a_second_admission_is_reported_and_a_corrected_one_is_not() -> None:
    """A readmission, or a change of bed, under the same stay; more than an hour to the microsecond."""
    birth = {"birth_date": "2020"}
    for when, status, moved in (
        ("day 1 09:00", "final", False),
        ("day 1 09:00 +1us", "final", True),
        ("day 1 11:00", "corrected", False),
        ("day 1 11:00", "amended", False),
        ("day 1 11:00", "preliminary", True),
    ):
        ward = WHOLE.admitted(when, recorded="day 1 11:30", status=status, **birth)
        report = card(*ward.events)
        assert ("admission-moved" in found(report)) == moved, (when, status)
    one = the(card(*WHOLE.admitted("day 1 11:00", recorded="day 1 11:30", **birth).events), "admission-moved")
    assert (one.count, one.about, one.first) == (1, "picu.adt.v1 ward", "feed:7")
    assert "A readmission is a new stay" in one.message and "`moved`" in one.message


# As the alerts. ------------------------------------------------------------------------------------------------------

ALIKE = ("correction-unmatched", "id-reused", "admission-moved")


def history(seed: int) -> Stay:
    """Versions of a few things, with few ids, at random: stray corrections, ids used again, admissions that move."""
    chance = random.Random(seed)
    ward = Stay().admitted("day 1 00:00", birth_date="2020-05-01", recorded="day 1 00:00")
    for _ in range(chance.randrange(2, 9)):
        hour, late = chance.randrange(20), chance.randrange(3)
        status = chance.choice(["final", "final", "final", "corrected", "entered-in-error", "preliminary", "unknown"])
        fields = {"status": status, "recorded": f"day 1 {hour + late:02}:30", "event_id": chance.choice("abc")}
        when = f"day 1 {hour:02}:00"
        kind = chance.choice(["lab", "lab", "vent", "consent", "admitted"])
        if kind == "lab":
            ward = ward.lab(when, creatinine=chance.randrange(40, 60), **fields)
        elif kind == "vent":
            support = (
                "invasive" if status in ("corrected", "entered-in-error") else chance.choice(["invasive", "unknown"])
            )
            ward = ward.vent(when, support, obs("peep", 5, id=chance.choice("pq")), **fields)
        elif kind == "consent":
            ward = ward.trial("consent", when, decision="given", **fields)
        else:
            ward = ward.admitted(when, birth_date="2020-05-01", **fields)
    return ward


def test_lint_finds_from_a_file_what_the_alerts_say_at_its_end() -> None:
    """The same conditions of a stay hold in a replay of the file, days after the last of it, in whatever order it came.
    An admission that moved is an alert only if a score had been published before, and a finding always."""
    ever: set[str] = set()
    for seed in range(80):
        ward = history(seed)
        alerts = (text.parse(output.value) for output in replayed(ward.events, SHIPPED) if output.topic == ALERT)
        states = {(alert["alert_id"], alert["name"]): alert["state"] for alert in alerts}
        firing = {name for (_, name), state in states.items() if name in ALIKE and state == "firing"}
        ever |= firing
        shuffled = random.Random(seed).sample(ward.events, len(ward.events))
        for events in (ward.events, shuffled):
            findings = set(found(card(*events))) & set(ALIKE)
            assert firing <= findings and findings - firing <= {"admission-moved"}, seed
    assert ever == set(ALIKE)
