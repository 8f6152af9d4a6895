"""Letters: what the gateway could not map, and for each reason what it means and what to do.

The one place of their reasons: `docs/gateway.md` has its table from here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from picustream.gateways.private import NOTHING, Private
from picustream.scoring.faults import Fault


class Advice(NamedTuple):
    """What a reason means, and what to do."""

    means: str
    fix: str


_RESEND = "have it sent again"
_SENDER = "the sender has to change it"

REASONS: dict[str, Advice] = {
    # Bytes that could not be read
    "no-msh": Advice("bytes that are no message", "see what the sender sends to this port: `gateway messages`"),
    "separators": Advice("MSH-1 and MSH-2 name no separators", _SENDER),
    "several-messages": Advice("two messages in one frame", f"{_SENDER}: one message in each frame, or a batch"),
    "too-many-segments": Advice("a message of more than 10,000 segments", f"{_SENDER}: several messages"),
    "too-large": Advice("a message of more than 16 MiB", f"{_SENDER}: several messages"),
    "truncated-frame": Advice("a frame whose end never came", f"{_RESEND}; if it happens often, see the network"),
    "charset-unknown": Advice("MSH-18 names a character set that is not known", "correct MSH-18"),
    "charset-broken": Advice(
        "the bytes are not of the character set that is named", "correct MSH-18, or `charset` of the source"
    ),
    "charset-missing": Advice("no character set is named, and it is not UTF-8", "set `charset` of the source"),
    "not-json": Advice("a body that is not JSON", _SENDER),
    "xml-not-read": Advice("FHIR as XML", "have the sender send JSON (application/fhir+json)"),
    "gzip-unreadable": Advice("a packed file that is damaged or cut off", _RESEND),
    "not-a-resource": Advice("JSON, and no FHIR resource", _SENDER),
    "nested-too-deeply": Advice("more objects in one another than any resource has", _SENDER),
    "field-twice": Advice("an object has a field twice", _SENDER),
    "text-unreadable": Advice("half of a character", f"{_SENDER}: a text was cut within a character"),
    "modifier-unknown": Advice(
        "a modifierExtension or implicitRules: it changes the meaning in a way that is not known",
        "find out what it means; have it left out if it does not matter",
    ),
    "deleted": Advice("a resource is deleted", "have it sent with the status entered-in-error"),
    "patch-not-read": Advice("a part of a resource is changed", "have the resource sent whole"),
    "unforeseen": Advice("the program failed at this message", "report it with the version; resubmit after an update"),
    # Sender
    "source-unknown": Advice("no `[[source]]` fits its sender", "add the source, or correct what it is known by"),
    # Codes
    "code-conflict": Advice("its codes mean different variables", "have the codes corrected, or map but one of them"),
    "word-unknown": Advice("a coded value with a word that is not in the list", "add it under `[[source.words]]`"),
    "system-unknown": Advice(
        "a code of LOINC's form, or a variable's name, under another system",
        "set `system` of the source, or give the code under `codes`",
    ),
    "specimen-not-known": Advice(
        "a code that counts of arterial blood alone, and a Specimen that never came",
        "have the Specimen sent; then resubmit",
    ),
    "setting-not-said": Advice(
        "a code of what was set and of what was measured, and the message does not say which",
        "have the DeviceMetric sent, or give the code under `codes`",
    ),
    # Values
    "value-not-numeric": Advice("a value that is not one number", f"{_SENDER}, or the value is for no score"),
    "value-range": Advice("a range where one number is needed", _SENDER),
    "value-ratio": Advice("a ratio where one number is needed", _SENDER),
    "value-missing": Advice("a correction without a value", f"{_RESEND} with the value, or withdrawn (D)"),
    "value-and-absent": Advice("a value, and a reason why there is none", _SENDER),
    "repeated-value": Advice("more than one value", f"{_SENDER}: one OBX or component for each"),
    "decimal-comma": Advice("a comma in a number", f"{_SENDER}: a point; whether it parts thousands is not guessed"),
    "comparator-conflict": Advice("value and flag name different sides", _SENDER),
    "comparator-unknown": Advice("a comparator that is none of `<`, `<=`, `>=`, `>`", _SENDER),
    "duplicate-value": Advice("the same observation twice in one message, with different content", _SENDER),
    "device-questionable": Advice("the device doubts its value (QUES)", "none, if the device is right"),
    "device-calibrating": Advice("the device is being calibrated (CAL)", "none, if the device is right"),
    "status-without-value": Advice(
        "a change of status (OBX-11 U) of a value that never came", f"{_RESEND} with its value"
    ),
    # Units
    "unit-missing": Advice("no unit", f"{_SENDER}: OBX-6, or valueQuantity.code"),
    "unit-unknown": Advice("a unit that is not known", "add it under `spellings` if it is a spelling of one"),
    "unit-mismatch": Advice("a unit that does not fit the variable", "have the unit corrected, or the code"),
    "repeated-unit": Advice("more than one unit", _SENDER),
    # Status and times
    "status-missing": Advice("no status", "set `default_status` of the source"),
    "status-unknown": Advice("a status that is no word of its list", _SENDER),
    "wrong-patient": Advice(
        "a value was filed under the wrong patient (OBX-11 W) and is withdrawn",
        "see that it comes anew for the right one",
    ),
    "no-collection-time": Advice(
        "no time of collection", "set `observed_at` of the source, if another field has it; else have it sent"
    ),
    "no-observation-time": Advice("no time of the reading", "set `observed_at` of the source, if another field has it"),
    "no-recorded-time": Advice("a correction without a time of filing", "set `recorded_at` of the source"),
    "time-without-zone": Advice("a time without an offset", "set `zone` of the source"),
    "time-too-coarse": Advice("a time without the minute", _SENDER),
    "time-unreadable": Advice("a time that is none", _SENDER),
    "time-skipped": Advice("a time that there was not: clocks were put forward", "correct `zone`, or send the offset"),
    "time-twice": Advice("a time that came twice: the clocks were put back", "have the offset sent"),
    "time-not-one": Advice("a timing where one moment is needed", _SENDER),
    "repeated-time": Advice("more than one time", _SENDER),
    "period-open": Advice("the end of a period that is used is not given", "set `period` of the source"),
    "in-the-past": Advice("a time before the protocol's earliest", "have it corrected; has an empty date become 1970?"),
    "in-the-future": Advice("a time that is ahead of the clock", "have the clock, the year or the offset corrected"),
    # Patients and stays
    "no-identity": Advice("it names no patient and no visit that is known how to take", "correct `[identity]`"),
    "patient-ambiguous": Advice("several numbers fit one rule", "name authority, type or field in `[identity]`"),
    "visit-ambiguous": Advice("several visits fit one rule", "name authority, type or field in `[identity]`"),
    "no-stay": Advice(
        "its patient was in none of our units then, as far as is known",
        "have the admission sent (A01, or the Encounter), or correct `[[unit]]`; then resubmit",
    ),
    "bed-change": Advice("its bed changed hands within 15 minutes", "none: whose it is nobody knows"),
    "bed-ambiguous": Advice("two stays are in its bed", "have the missing discharge sent"),
    "visit-of-another": Advice("the visit is known as another patient's", "have the merge sent (A40); then resubmit"),
    "merge-incomplete": Advice("a merge that does not say who is merged", _SENDER),
    "merge-by-hand": Advice("a change of identifiers that a person decides", "decide, and have an A40 sent"),
    "moved-by-update": Advice("an update names a place to which no transfer led", "have the transfer sent (A02)"),
    "death-time-unknown": Advice("a death without its minute", "have the time of death sent, or enter it by hand"),
    "death-before-admission": Advice("a death before every stay of the patient", "have the time of death corrected"),
    "birth-date-unreadable": Advice("a date of birth that is none", _SENDER),
    "no-location": Advice("a visit without its locations", "have Encounter.location sent"),
    "location-not-known": Advice(
        "a visit at a Location that never came: was it in our unit?",
        "have the Location sent, or name it in `[[unit]]` as the reference does; then resubmit",
    ),
    "no-location-time": Advice("a location without its time", "have Encounter.location.period sent"),
    # A fault of ours
    "not-accepted": Advice("the event that was made is not accepted", "report it with the version: the fault is ours"),
}  # fmt: skip
"""Reason -> what it means, what to do."""

_CODE = re.compile(r"[\w.:/%()+#*^-]{1,64}", re.ASCII)
_UNIT = re.compile(r"(?! )(?!.*  )[\w.:/%()+#*^\[\]{}'\u00b0\u00b7\uff0f -]{1,24}(?<! )")
"""In any script: the sender's spelling is what the site's file has to have."""
_FORMS = {"code": _CODE, "system": _CODE, "kind": _CODE, "unit": _UNIT, "application": _CODE, "facility": _CODE}


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing that could not be mapped. No value, name or number of a patient is in it."""

    reason: str
    path: str
    message: str
    source: str
    at: datetime
    """When the message came."""
    message_id: str
    about: Mapping[str, str] = field(default_factory=dict)
    """The code, system, unit or sender in question."""

    @property
    def fix(self) -> str:
        """What to do."""
        return REASONS[self.reason].fix

    def as_json(self) -> dict[str, Any]:
        """A row."""
        return {
            "at": self.at.isoformat(),
            "source": self.source,
            "message_id": self.message_id,
            "reason": self.reason,
            "path": self.path,
            "message": self.message,
            "fix": self.fix,
            **self.about,
        }


def letter_of(
    fault: Fault,
    source: str,
    at: datetime,
    message_id: str,
    path: str = "",
    private: Private = NOTHING,
    **about: str | None,
) -> Letter:
    """The letter of a fault. `path`: where the fault itself names none."""
    found = {name: word for name, word in about.items() if word and is_shown(name, word, private)}
    reason = fault.reason if fault.reason in REASONS else "unforeseen"
    return Letter(reason, fault.path or path, fault.message, source, at, message_id, found)


def is_shown(name: str, word: str, private: Private) -> bool:
    """Whether a code, a unit ... may be shown: it has the form of one, and is of no patient."""
    return _FORMS[name].fullmatch(word) is not None and not private.hides(word)
