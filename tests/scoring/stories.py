"""Small random histories that shrink to something a person can read: few kinds of events, few moments, few values."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import note
from hypothesis import strategies as st

from tests.scoring.build import FIRST_DAY, MICROSECOND, obs

Event = tuple[str, dict[str, Any]]

HOUR = timedelta(hours=1)
SPANS = [timedelta(0), timedelta(minutes=15), HOUR, 4 * HOUR, 18 * HOUR, 24 * HOUR, 30 * HOUR, 48 * HOUR]
"""The spans that rules speak of; two of them added, and a microsecond beside, make a moment."""
BESIDE = [timedelta(0), MICROSECOND, -MICROSECOND]
OFFSET = 8 * HOUR
"""The first moment of a story is 08:00 of day 1, so that sums of spans meet midnights (16 h) and closings."""

VALUES: dict[str, list[dict[str, Any]]] = {
    "picu.lab.v1": [
        obs("creatinine", 60),
        obs("creatinine", 250),
        obs("creatinine", 9999),
        obs("pao2", 60),
        obs("pao2", 150),
        obs("fio2", "0.5"),
        obs("fio2", 40, None),
    ],
    "picu.vital.v1": [
        obs("cvp", 10),
        obs("cvp", -2),
        obs("heart_rate", 120),
        obs("map_invasive", 60),
        obs("map_noninvasive", 50),
        obs("gcs_total", 8),
        obs("gcs_eye", 2),
        obs("gcs_verbal", 1),
        obs("gcs_motor", 4),
    ],
    "picu.ventilator.v1": [
        obs("fio2", "0.5"),
        obs("peep", 8),
        obs("peep", 3),
        obs("peep_measured", 8),
        obs("plateau_pressure", 25),
        obs("peak_pressure", 30),
    ],
}
FACTS: dict[str, list[dict[str, Any]]] = {
    "picu.adt.v1": [
        {"type": "admitted", "birth_date": "2020-05-01", "sex": "female"},
        {"type": "discharged", "destination": "ward"},
        {"type": "discharged", "destination": "other-icu"},
        {"type": "died"},
        {"type": "vital_status", "alive": True},
        {"type": "sedation", "state": "on"},
        {"type": "sedation", "state": "off"},
    ],
    "picu.trial.v1": [
        {"type": "consent", "decision": "given"},
        {"type": "consent", "decision": "withdrawn"},
        {"type": "treatment_started", "arm": "trial"},
        {"type": "ards_assessed", "result": "confirmed"},
        {"type": "ards_assessed", "result": "refuted"},
        {"type": "data_collection", "complete": True},
    ],
}
LATER = ["corrected", "entered-in-error"]


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """A moment at sums of the rules' spans after the first one, or just beside."""
    spans = draw(st.sampled_from(SPANS)) + draw(st.sampled_from(SPANS)) + draw(st.sampled_from(SPANS))
    return FIRST_DAY + OFFSET + spans + draw(st.sampled_from(BESIDE))


@st.composite
def envelopes(draw: st.DrawFn, topic: str) -> dict[str, Any]:
    """One of very few ids on one of two sources: events meet as versions of each other all the time."""
    source = topic.split(".")[1] + draw(st.sampled_from(["", "-2"]))
    body: dict[str, Any] = {
        "event_id": draw(st.sampled_from(["e1", "e2", "e3"])), "source": source, "patient_id": "P", "stay_id": "S",
    }  # fmt: skip
    if draw(st.booleans()):
        body["recorded_at"] = draw(moments()).isoformat()
        if draw(st.booleans()):
            body["status"] = draw(st.sampled_from(LATER))
    return body


@st.composite
def measurements(draw: st.DrawFn) -> Event:
    topic = draw(st.sampled_from(sorted(VALUES)))
    body = draw(envelopes(topic)) | {"observed_at": draw(moments()).isoformat()}
    chosen = draw(st.lists(st.sampled_from(VALUES[topic]), min_size=1, max_size=3, unique_by=lambda one: one["code"]))
    if topic == "picu.lab.v1":
        body["specimen"] = "arterial"
    if topic == "picu.ventilator.v1":
        body["support"] = draw(st.sampled_from(["invasive", "oxygen", "room-air", "unknown"]))
        body["control"] = "pressure"
    return topic, body | {"observations": chosen}


@st.composite
def facts(draw: st.DrawFn) -> Event:
    topic = draw(st.sampled_from(sorted(FACTS)))
    body = draw(envelopes(topic)) | {"occurred_at": draw(moments()).isoformat()}
    return topic, body | draw(st.sampled_from(FACTS[topic]))


ADMISSION: Event = (
    "picu.adt.v1",
    {
        "event_id": "in", "source": "adt", "patient_id": "P", "stay_id": "S", "type": "admitted",
        "occurred_at": (FIRST_DAY + OFFSET).isoformat(), "birth_date": "2020-05-01", "sex": "female",
    },
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn, max_size: int = 14) -> list[Event]:
    """A stay's admission, as a rule, and what else was said of it; printed when a test fails."""
    events = draw(st.lists(st.one_of(measurements(), measurements(), facts()), max_size=max_size))
    events = events if draw(st.integers(0, 9)) == 9 else [ADMISSION, *events]
    for topic, body in events:
        note(f"{topic} {body}")
    return events
