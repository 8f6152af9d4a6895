"""Whether a child is sedated, by the words of a charting system: a fact, with all its versions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from picustream.models.envelope import STATUS_RANK, Status
from tests.gateways.converting import Result, converted, site_of
from tests.gateways.test_ventilators import EIGHT, FORMATS, Form, Item, hl7
from tests.gateways.texts import admission

WORDS = {"codes": ["MODE"], "sedation": {"Sedated": "on", "awake": "off", "injured": "on"}}
WORDS |= {"intrinsic_alteration": ["injured"]}


def said(word: str, at: int, name: str = "s", version: int = 0, status: Status = Status.FINAL) -> Item:
    """`at`: minutes after the admission; each version is filed an hour after the one before."""
    return Item(name, EIGHT + timedelta(minutes=at), word, 0, EIGHT + timedelta(hours=2 + version), status)


def sent(form: Form, *messages: Sequence[Item]) -> Result:
    site = site_of(kind="charting", words=[WORDS], zone="Asia/Shanghai")
    return converted([admission(), *(form(items) for items in messages)], site)


def facts(found: Result) -> dict[str, dict[str, Any]]:
    """The current version of each."""
    current: dict[str, tuple[tuple[datetime, int], dict[str, Any]]] = {}
    for body in found.bodies:
        if body.get("type") == "sedation":
            rank = datetime.fromisoformat(body["recorded_at"]), STATUS_RANK[Status(body.get("status", "final"))]
            current[body["id"]] = max(current.get(body["id"], (rank, body)), (rank, body), key=lambda one: one[0])
    return {name: body for name, (_, body) in current.items()}


@FORMATS
def test_a_word_says_that_sedation_is_on_or_off_from_its_time(form: Form) -> None:
    found = sent(form, [said("SEDATED", 5, "a"), said("awake", 60, "b"), said("injured", 90, "c")])
    stated = [(one["occurred_at"], one["state"], one.get("intrinsic_alteration")) for one in facts(found).values()]
    times = [(EIGHT + timedelta(minutes=minutes)).isoformat() for minutes in (5, 60, 90)]
    assert stated == [(times[0], "on", None), (times[1], "off", None), (times[2], "on", True)]
    assert found.tally.values == {"seen": 3, "sent": 3, "ignored": 0, "empty": 0, "letters": 0}
    assert {event.topic for event in found.events} == {"picu.adt.v1"}


@FORMATS
def test_a_word_that_is_in_no_list_is_a_letter_and_hides_what_it_replaces(form: Form) -> None:
    found = sent(form, [said("Sedated", 5)], [said("restless", 5, version=1, status=Status.CORRECTED)])
    assert found.reasons == ["word-unknown"] and "restless" not in found.text
    assert [one["status"] for one in facts(found).values()] == ["unknown"]


def test_what_was_charted_is_known_when_it_is_withdrawn_without_its_word() -> None:
    later = hl7([said("Sedated", 5, version=1)]).replace(b"|Sedated|", b"||").replace(b"|F|||", b"|D|||")
    found = converted([admission(), hl7([said("Sedated", 5)]), later], site_of(kind="charting", words=[WORDS]))
    assert [(one["status"], one["state"]) for one in facts(found).values()] == [("entered-in-error", "on")]


@st.composite
def courses(draw: st.DrawFn) -> list[list[Item]]:
    items = []
    for number, at in enumerate(draw(st.lists(st.integers(0, 300), min_size=1, max_size=4))):
        for version in range(draw(st.integers(1, 3))):
            word = draw(st.sampled_from(["sedated", "awake", "injured"]))
            later = draw(st.sampled_from([Status.CORRECTED, Status.ENTERED_IN_ERROR]))
            items.append(said(word, at, f"s{number}", version, later if version else Status.FINAL))
    items = draw(st.permutations(items))
    cut = draw(st.integers(0, len(items)))
    return [items[:cut], items[cut:]] if 0 < cut < len(items) else [items]


@FORMATS
@given(messages=courses())
def test_however_versions_come_the_last_filed_holds(form: Form, messages: list[list[Item]]) -> None:
    found = facts(sent(form, *messages))
    last = {one.name: one for one in sorted((one for some in messages for one in some), key=lambda one: one.filed)}
    states = {"sedated": ("on", None), "awake": ("off", None), "injured": ("on", True)}
    expected = [(one.at, str(one.status), *states[one.word]) for one in last.values()]
    names = ("status", "state", "intrinsic_alteration")
    stated = [
        (datetime.fromisoformat(one["occurred_at"]), *({"status": "final", **one}.get(name) for name in names))
        for one in found.values()
    ]
    assert sorted(stated, key=str) == sorted(expected, key=str)
