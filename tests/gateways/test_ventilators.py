"""A peak pressure is sent under the control that the ventilator had (A6), however mode and pressures come."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.convert import Conversion
from picustream.gateways.events import OutEvent
from picustream.gateways.patients.controls import KEPT, MOST_PEAKS, NEAR
from picustream.gateways.site.config import Site, Source, Units, Words
from picustream.gateways.site.load import LoadedSite
from picustream.models.envelope import STATUS_RANK, Status
from tests.gateways.converting import KEY, NOW, Result, converted, rules, site_of
from tests.gateways.fhir.bodies import concept, observation, quantity
from tests.gateways.texts import NUMBER, VISIT, admission, header, message, pid, pv1

WORDS = {
    "codes": ["MODE"],
    "support": {"PC-AC": "invasive", "VC-AC": "invasive", "SIMV": "invasive", "CPAP": "non-invasive"},
    "control": {"pc-ac": "pressure", "VC-AC": "volume", "standby": "unknown"},
}
EIGHT = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
"""08:00 in Shanghai, when the child is admitted."""
PEAK, PEEP = "76531-3", "20077-4"
_HL7 = {Status.FINAL: "F", Status.CORRECTED: "C", Status.ENTERED_IN_ERROR: "D", Status.PRELIMINARY: "P"}


@dataclass(frozen=True)
class Item:
    """A version of a mode (`word`) or of a pressure (`value`)."""

    name: str
    at: datetime
    word: str = ""
    value: int = 0
    filed: datetime = EIGHT + timedelta(hours=2)
    status: Status = Status.FINAL
    code: str = PEAK


def mode(word: str, at: int, name: str = "m", filed: int = 0, status: Status = Status.FINAL) -> Item:
    """`at`: seconds; `filed`: minutes."""
    when = EIGHT + timedelta(seconds=at)
    return Item(name, when, word, 0, EIGHT + timedelta(hours=2, minutes=filed), status)


def peak(at: int, name: str = "p", filed: int = 0, **more: Any) -> Item:
    when = EIGHT + timedelta(seconds=at)
    return Item(name, when, "", 24, EIGHT + timedelta(hours=2, minutes=filed), **more)


def written(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%S.%f")[:-2] + "+0000"


def hl7(items: Sequence[Item]) -> bytes:
    """An order for each: charted values, so that versions have an order's number."""
    rows = []
    for number, one in enumerate(items, 1):
        kind, code, unit = ("CWE", "MODE^mode^L", "") if one.word else ("NM", f"{one.code}^^LN", "cm[H2O]")
        shown = one.word or str(one.value)
        rows.append(f"OBR|{number}||{one.name}|x^y^L{'|' * 18}{written(one.filed)}")
        rows.append(f"OBX|{number}|{kind}|{code}|1|{shown}|{unit}|||||{_HL7[one.status]}|||{written(one.at)}")
    return message(header("ORU^R01", "R"), pid(), pv1(), *rows)


def resource(one: Item) -> dict[str, Any]:
    value: dict[str, Any] = {"valueQuantity": quantity(one.value, "cm[H2O]")}
    if one.word:
        value = {"valueQuantity": None, "valueCodeableConcept": {"text": one.word}}
    subject = {"identifier": {"system": "CH", "value": NUMBER, "type": {"coding": [{"code": "MR"}]}}}
    return observation(
        id=one.name,
        meta={"lastUpdated": one.filed.isoformat()},
        status=str(one.status),
        code=concept("MODE", "L") if one.word else concept(one.code),
        subject=subject,
        encounter=None,
        effectiveDateTime=one.at.isoformat(),
        **value,
    )


def fhir(items: Sequence[Item]) -> bytes:
    entries = [{"resource": resource(one)} for one in items]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


FORMATS = pytest.mark.parametrize("form", [hl7, fhir])
Form = Callable[[Sequence[Item]], bytes]


def sent(form: Form, *messages: Sequence[Item], holds: float = 0.0, kind: str = "charting") -> Result:
    site = site_of(kind=kind, words=[{**WORDS, "holds_hours": holds}], zone="Asia/Shanghai")
    return converted([admission(), *(form(items) for items in messages)], site)


def stated(events: Sequence[OutEvent]) -> dict[str, tuple[str | None, str | None]]:
    """What the worker reads: the support and control of the event of each peak's current version. Says that no two
    versions of a statement are filed at the same time."""
    versions: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    peaks: dict[str, tuple[Any, ...]] = {}
    for event in events:
        body = json.loads(event.value)
        if event.topic != "picu.ventilator.v1":
            continue
        status = Status(body.get("status", "final"))
        rank = datetime.fromisoformat(body.get("recorded_at", body["observed_at"])), STATUS_RANK[status]
        known = versions.setdefault(event.event_id, {}).setdefault(rank, body)
        assert _statement(known) == _statement(body)
        for one in body.get("observations", []):
            if one["code"] == PEAK:
                now = *rank[:1], STATUS_RANK[Status(one.get("status", status))], event.event_id
                peaks[one["id"]] = max(peaks.get(one["id"], now), now)
    return {name: _statement(versions[now[-1]][max(versions[now[-1]])]) for name, now in peaks.items()}


def _statement(body: dict[str, Any]) -> tuple[str | None, str | None]:
    if body.get("status") in ("entered-in-error", "unknown"):
        return None, None
    return body.get("support"), body.get("control")


def control_of_peak(found: Result) -> str | None:
    ((_, control),) = stated(found.events).values()
    return control


@FORMATS
def test_mode_and_pressures_of_a_moment_are_one_event(form: Form) -> None:
    items = [peak(0), Item("q", EIGHT, value=5, code=PEEP), mode("PC-AC", 0)]
    (body,) = sent(form, items).bodies[1:]
    assert (body["support"], body["mode"], body["control"]) == ("invasive", "pc-ac", "pressure")
    assert {one["code"] for one in body["observations"]} == {PEAK, PEEP}


@FORMATS
def test_a_mode_that_is_preliminary_makes_no_pressure_so(form: Form) -> None:
    items = [mode("PC-AC", 0, status=Status.PRELIMINARY), peak(0)]
    (body,) = sent(form, items).bodies[1:]
    assert (body["status"], body["observations"][0]["status"]) == ("preliminary", "final")


@FORMATS
@pytest.mark.parametrize(
    ("word", "control"), [("PC-AC", "pressure"), ("VC-AC", "volume"), ("SIMV", None), ("standby", None), ("PRVC", None)]
)
def test_the_control_of_a_peak_is_that_of_its_mode(form: Form, word: str, control: str | None) -> None:
    assert control_of_peak(sent(form, [mode(word, 0), peak(0)])) == control


@FORMATS
def test_a_mode_that_is_filed_at_another_time_is_stated_with_the_peak(form: Form) -> None:
    found = sent(form, [mode("PC-AC", 0, filed=3), peak(0)])
    assert control_of_peak(found) == "pressure" and len(found.bodies) == 3


@FORMATS
@pytest.mark.parametrize("seconds", [-60, -1, 1, 60])
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0,)])
def test_a_mode_within_a_minute_is_of_the_same_moment(form: Form, seconds: int, order: tuple[int, ...]) -> None:
    items = [mode("PC-AC", 600 + seconds), peak(600)]
    messages = [items] if len(order) == 1 else [[items[number]] for number in order]
    assert control_of_peak(sent(form, *messages)) == "pressure"


@FORMATS
@pytest.mark.parametrize("seconds", [-61, 61])
def test_a_mode_holds_no_longer_than_a_minute_unless_the_site_says_so(form: Form, seconds: int) -> None:
    items = [mode("PC-AC", 600 + seconds)], [peak(600)]
    assert control_of_peak(sent(form, *items)) is None
    assert control_of_peak(sent(form, *items, holds=1)) == ("pressure" if seconds < 0 else None)


@FORMATS
@pytest.mark.parametrize("last_first", [False, True])
def test_a_ventilator_that_states_its_mode_only_when_it_changes(form: Form, last_first: bool) -> None:
    messages = [[mode("PC-AC", 0, "m1")], [mode("VC-AC", 3600, "m2")]]
    messages += [[peak(minutes * 60, f"p{minutes}")] for minutes in (5, 55, 65, 119, 121)]
    found = sent(form, *(messages[::-1] if last_first else messages), holds=1)
    controls = [control for _, (_, control) in sorted(stated(found.events).items())]
    assert sorted(map(str, controls)) == ["None", "pressure", "pressure", "volume", "volume"]
    supports = [one.get("support") for one in found.bodies if "observations" in one]
    assert supports == [None] * 5  # it is the worker that carries support forward (P2), from when it was stated


@FORMATS
@pytest.mark.parametrize(
    ("word", "status", "control"),
    [("VC-AC", Status.CORRECTED, "volume"), ("PC-AC", Status.ENTERED_IN_ERROR, None), ("SIMV", Status.CORRECTED, None)],
)
@pytest.mark.parametrize("seconds", [0, 30])
def test_a_mode_that_is_corrected_is_so_for_the_peaks_that_were_sent(
    form: Form, word: str, status: Status, control: str | None, seconds: int
) -> None:
    for together in (True, False):
        first = [[mode("PC-AC", 0), peak(seconds)]] if together else [[mode("PC-AC", 0)], [peak(seconds)]]
        found = sent(form, *first, [mode(word, 0, filed=5, status=status)])
        assert control_of_peak(found) == control
        again = sent(form, *first, [mode(word, 0, filed=5, status=status)], [mode("PC-AC", 0, filed=9)])
        assert control_of_peak(again) == "pressure"


@FORMATS
def test_a_peak_that_is_corrected_alone_keeps_the_control_of_its_moment(form: Form) -> None:
    found = sent(form, [mode("PC-AC", 0), peak(0)], [peak(0, filed=5, status=Status.CORRECTED)])
    assert control_of_peak(found) == "pressure"


@FORMATS
@pytest.mark.parametrize("word", ["standby", "something else"])
def test_a_mode_of_which_nobody_knows_what_it_means_ends_the_one_before(form: Form, word: str) -> None:
    found = sent(form, [mode("PC-AC", 0, "m1")], [mode(word, 300, "m2")], [peak(400)], holds=1)
    assert control_of_peak(found) is None
    assert "something" not in found.text


@FORMATS
def test_a_mode_twice_with_different_words_is_a_letter_and_no_control(form: Form) -> None:
    found = sent(form, [mode("VC-AC", 0, "m1"), mode("PC-AC", 300), mode("VC-AC", 300), peak(310)], holds=1)
    assert found.reasons == ["duplicate-value"] * 2 and control_of_peak(found) is None


@FORMATS
def test_a_code_that_says_nothing_of_the_control_leaves_it_to_the_one_that_does(form: Form) -> None:
    words = [{"codes": ["TUBE"], "support": {"ett": "invasive"}}, WORDS]
    site = site_of(kind="charting", words=words, zone="Asia/Shanghai")
    tube = form([mode("ETT", 0, "t")]).replace(b"MODE", b"TUBE")
    for files in ([tube, form([mode("PC-AC", 0), peak(0)])], [form([mode("PC-AC", 0), peak(0)]), tube]):
        assert control_of_peak(converted([admission(), *files], site)) == "pressure"
    both = converted([admission(), form([mode("PC-AC", 0)]), tube, form([peak(0)])], site)
    assert control_of_peak(both) == "pressure"
    supports = [one["support"] for one in both.bodies if "support" in one]
    assert supports == ["invasive", "invasive"]


def test_children_whose_modes_come_at_the_same_second_have_events_of_their_own() -> None:
    other = hl7([mode("VC-AC", 0), peak(0)]).replace(NUMBER.encode(), b"42").replace(VISIT.encode(), b"V42")
    files = [admission(), admission(number="42", visit="V42"), hl7([mode("PC-AC", 0), peak(0)]), other]
    found = converted(files, site_of(kind="ventilator", words=[WORDS], zone="Asia/Shanghai"))
    ids = [event.event_id for event in found.events if event.topic == "picu.ventilator.v1"]
    assert len(ids) == len(set(ids)) == 2


def test_what_a_mode_was_is_known_when_it_is_withdrawn_or_confirmed_without_its_word() -> None:
    for status, last in (("D", "entered-in-error"), ("U", None)):
        later = hl7([mode("PC-AC", 0, filed=5)]).replace(b"PC-AC", b"").replace(b"|F|||", f"|{status}|||".encode())
        site = site_of(kind="charting", words=[WORDS], zone="Asia/Shanghai")
        found = converted([admission(), hl7([mode("PC-AC", 0)]), later], site)
        assert found.letters == [] and found.bodies[-1]["control"] == "pressure"
        assert found.bodies[-1].get("status") == last and found.bodies[-1]["mode"] == "pc-ac"
        unknown = converted([admission(), later], site)
        assert unknown.reasons == ["status-without-value"]


def test_a_mode_that_was_another_childs_is_withdrawn_there() -> None:
    elsewhere = hl7([mode("VC-AC", 0, filed=9)]).replace(NUMBER.encode(), b"42").replace(VISIT.encode(), b"V42")
    files = [admission(), admission(number="42", visit="V42"), hl7([mode("PC-AC", 0)]), hl7([peak(10)]), elsewhere]
    found = converted(files, site_of(kind="charting", words=[WORDS], zone="Asia/Shanghai"))
    assert control_of_peak(found) is None
    assert [one.get("status") for one in found.bodies[-2:]] == ["entered-in-error"] * 2


def test_a_peak_of_another_source_takes_no_control() -> None:
    words = [Words.model_validate(WORDS)]
    sources = [Source(name=name, kind="charting", application=name, words=words) for name in ("LAB", "OTHER")]
    sources.append(Source(name="adt", kind="adt", application="ADT"))
    site = LoadedSite(Site(zone="Asia/Shanghai", unit=[Units(match=".*")], source=sources), KEY)
    conversion = Conversion(site, rules())
    files = [admission(), hl7([mode("PC-AC", 0)]), hl7([peak(0)]).replace(b"|LAB|", b"|OTHER|")]
    events = [event for data in files for one in conversion.file(data, NOW) for event in one.events]
    assert list(stated(events).values()) == [(None, None)]


def test_what_is_remembered_has_limits() -> None:
    site = site_of(kind="charting", words=[WORDS], zone="Asia/Shanghai")
    conversion = Conversion(site, rules(), site.site.source[0])
    files = [admission(), *(hl7([peak(600 * n, f"p{n}")]) for n in range(MOST_PEAKS + 9)), hl7([mode("PC-AC", 0)])]
    for data in files:
        list(conversion.file(data, NOW))
    ((_, row),) = conversion._state.table("controls").items()
    assert (len(row["peaks"]), len(row["said"])) == (MOST_PEAKS, 1)
    list(conversion.file(admission(), NOW + KEPT + timedelta(days=2)))
    assert dict(conversion._state.table("controls")) == {}


# Any course, in any portions, in any order. --------------------------------------------------------------------------


@st.composite
def courses(draw: st.DrawFn) -> list[Item]:
    """Versions of modes and of peaks, at moments of some minutes; a version is filed an hour after the one before."""
    moments = st.integers(0, 30).map(lambda number: number * 20)
    items = []
    for number, at in enumerate(draw(st.lists(moments, max_size=4, unique=True))):
        words = draw(st.lists(st.sampled_from(["PC-AC", "VC-AC", "SIMV"]), min_size=1, max_size=3))
        words = draw(st.sampled_from([words, words, ["standby"], ["strange"]]))
        for version, word in enumerate(words):
            later = st.sampled_from([Status.CORRECTED, Status.ENTERED_IN_ERROR])
            items.append(mode(word, at, f"m{number}", version * 60, draw(later) if version else Status.FINAL))
    for number, at in enumerate(draw(st.lists(moments, min_size=1, max_size=4))):
        for version in range(draw(st.integers(1, 2))):
            status = Status.CORRECTED if version else Status.FINAL
            items.append(peak(at, f"p{number}", version * 60, status=status))
    return items


@st.composite
def portions(draw: st.DrawFn) -> list[list[Item]]:
    items = draw(courses().flatmap(st.permutations))
    cuts = sorted(draw(st.sets(st.integers(1, len(items) - 1)))) if len(items) > 1 else []
    return [list(items[a:b]) for a, b in zip([0, *cuts], [*cuts, len(items)], strict=True)]


def expected(messages: Sequence[Sequence[Item]], holds: timedelta) -> list[str | None]:
    """By the rule: the last mode at or before a peak as long as it holds, else one of the minute after."""
    items = [one for some in messages for one in some]
    last = {one.name: one for one in sorted(items, key=lambda one: one.filed)}
    modes = [one for one in last.values() if one.word]
    meant = {"PC-AC": "pressure", "VC-AC": "volume"}
    controls = []
    for now in (one for one in last.values() if not one.word):
        (own,) = (some for some in messages if now in some)
        beside = {
            one.name for one in own if one.word in (*meant, "SIMV") and (one.at, one.filed) == (now.at, now.filed)
        }
        beside -= {one.name for one in own if one.status is Status.ENTERED_IN_ERROR and one.filed == now.filed}
        joined = [one for one in modes if one.name in beside]
        standing = joined or [one for one in modes if one.status is not Status.ENTERED_IN_ERROR]
        before = [one for one in standing if one.at <= now.at <= one.at + max(holds, NEAR)]
        after = [one for one in standing if now.at < one.at <= now.at + NEAR]
        found = max(before, key=lambda one: one.at) if before else min(after, key=lambda one: one.at, default=None)
        withdrawn = found is None or found.status is Status.ENTERED_IN_ERROR
        controls.append(None if withdrawn or found is None else meant.get(found.word))
    return sorted(controls, key=str)


@FORMATS
@given(messages=portions(), holds=st.sampled_from([0.0, 0.05, 1.0]))
def test_however_modes_and_peaks_come_the_control_is_the_one_that_was_in_force(
    form: Form, messages: list[list[Item]], holds: float
) -> None:
    found = sent(form, *messages, holds=holds)
    controls = sorted((control for _, control in stated(found.events).values()), key=str)
    assert controls == expected(messages, timedelta(hours=holds))


@FORMATS
@given(messages=portions())
def test_a_message_that_comes_again_makes_the_same_ids_and_changes_no_control(
    form: Form, messages: list[list[Item]]
) -> None:
    once, twice = sent(form, *messages), sent(form, *messages, *messages)
    assert {event.event_id for event in twice.events} == {event.event_id for event in once.events}
    assert sorted(stated(twice.events).values(), key=str) == sorted(stated(once.events).values(), key=str)
