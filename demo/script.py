"""The story beats: what happens to whom on which ward day, and its caption.

The hard parts of the trade, each once: late, corrected, withdrawn, repeated, unreadable, impossible, missing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from picustream.demo.mishaps import Mishap, altered, as_it_should, corrected, late, nothing, sent_twice, withdrawn
from picustream.demo.stories import ARDS, BRONCHIOLITIS, CARDIAC, KETOACIDOSIS, LEUKAEMIA, LIVER, SEPSIS, TRAUMA

CREATININE, BILIRUBIN, PLATELETS, BLOOD_OXYGEN, PRESSURE = "14682-9", "14631-6", "777-3", "11556-8", "76214-6"


@dataclass(frozen=True)
class Scene:
    """A beat before it has happened: whose, its caption, and what becomes of the messages."""

    stay_id: str
    title: str
    text: str
    mishap: Mishap


def scenes(midnight: datetime) -> list[Scene]:
    """All scenes of the ward whose day 1 begins at `midnight`."""

    def day(number: int) -> date:
        return (midnight + timedelta(days=number - 1)).date()

    def at(number: int, clock: float) -> datetime:
        return midnight + timedelta(days=number - 1, minutes=round(clock * 60))

    return [
        Scene(
            SEPSIS.stay_id,
            "the first child",
            "Five feeds begin to speak of her. What is not measured yet is no zero: it is not known, and shown so.",
            as_it_should("admitted"),
        ),
        Scene(
            TRAUMA.stay_id,
            "sedated",
            "GCS 6 at the door, then sedation: from tomorrow the GCS counts as 15, shown as sedated, not as measured.",
            as_it_should("sedation"),
        ),
        Scene(
            ARDS.stay_id,
            "sent twice",
            "The analyser sends the same gas again, letter for letter. Nothing may change, and nothing does.",
            sent_twice(BLOOD_OXYGEN, day(2), timedelta(minutes=7)),
        ),
        Scene(
            ARDS.stay_id,
            "ARDS confirmed",
            "The trial office confirms the ARDS; APPS is no longer presumptive.",
            as_it_should("ards_assessed"),
        ),
        Scene(
            BRONCHIOLITIS.stay_id,
            "nobody measures the liver",
            "No bilirubin is ever sent and gases are capillary: both organs stay assumed, never a measured zero.",
            nothing(at(2, 9)),
        ),
        Scene(
            CARDIAC.stay_id,
            "ARDS refuted",
            "The low P/F after bypass was no ARDS, says the trial office. The APPS records are withdrawn.",
            as_it_should("ards_assessed"),
        ),
        Scene(
            LIVER.stay_id,
            "a corrected value",
            "Bilirubin filed as 31, corrected to what the analyser said: 4 points instead of 1, same day.",
            corrected(BILIRUBIN, day(3), 31, timedelta(hours=2.5)),
        ),
        Scene(
            KETOACIDOSIS.stay_id,
            "no central line",
            "Without a CVP there is no pressure-adjusted rate. It is not invented: the range stays wide.",
            nothing(at(3, 12)),
        ),
        Scene(
            TRAUMA.stay_id,
            "impossible pressure",
            "Somebody flushes the arterial line: MAP 286. Outside what can be, so a dead letter and no score.",
            altered(PRESSURE, day(3), number=34, value=286),
        ),
        Scene(
            CARDIAC.stay_id,
            "the line is out",
            "The CVP catheter is removed. From tomorrow the last measured value is carried, and says so.",
            nothing(at(4, 5.5)),
        ),
        Scene(
            SEPSIS.stay_id,
            "a creatinine a day late",
            "Yesterday's creatinine arrives. Yesterday was final with a carried value; now it is amended.",
            late(CREATININE, day(3), at(4, 9.5)),
        ),
        Scene(
            LEUKAEMIA.stay_id,
            "a unit nobody knows",
            "Platelets in giga/L. Not guessed: to the dead letters, and yesterday's count is carried.",
            altered(PLATELETS, day(4), unit="giga/L"),
        ),
        Scene(
            KETOACIDOSIS.stay_id,
            "a short stay",
            "To the ward after 31 hours: the stay ends early, and no further day is scored.",
            as_it_should("discharged"),
        ),
        Scene(
            TRAUMA.stay_id,
            "entered in error",
            "Platelets 31 came from a clotted tube. Withdrawn: the points go, a new sample brings the true count.",
            withdrawn(PLATELETS, day(5), 31, timedelta(hours=2.2), timedelta(hours=4)),
        ),
        Scene(
            ARDS.stay_id,
            "a night gas comes late",
            "The day's first gas was stuck in the analyser. It is earlier than the one in use, so it replaces it.",
            late(BLOOD_OXYGEN, day(5), at(5, 13.5)),
        ),
        Scene(
            TRAUMA.stay_id,
            "awake",
            "Sedation ended last evening: today's first GCS counts as charted, and what it hid shows.",
            nothing(at(5, 0.4)),
        ),
        Scene(
            LIVER.stay_id,
            "transferred",
            "To the transplant centre: another ICU, so the length of stay is censored, not completed.",
            as_it_should("discharged"),
        ),
        Scene(
            LEUKAEMIA.stay_id,
            "died",
            "The girl with leukaemia dies. The day is scored to the end of the stay, and none after it.",
            as_it_should("died"),
        ),
        Scene(
            SEPSIS.stay_id,
            "discharged",
            "After a week the girl with septic shock goes to the ward.",
            as_it_should("discharged"),
        ),
    ]
