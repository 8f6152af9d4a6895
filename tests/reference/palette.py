"""What random histories are made of: values on and beside every edge, good and bad units, codes, spans of time."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from .quirks import quirky
from .written import Number

Amount = tuple[str, str | None]
"""A value and its unit, as written; None leaves the unit out."""

SPANS = [
    timedelta(0),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=18),
    timedelta(hours=24),
    timedelta(hours=30),
    timedelta(hours=48),
]
"""The limits of the pairing and episode rules; most are tried exactly."""

NUDGES = [timedelta(0)] * 6 + [timedelta(microseconds=1), -timedelta(microseconds=1)]

ZONES = {
    "Asia/Shanghai": ["2025-01-01", "2024-02-28", "2023-12-31"],
    "America/New_York": ["2025-03-08", "2025-03-09", "2025-11-01", "2025-11-02"],
    "Europe/Berlin": ["2025-03-29", "2025-10-26"],
    "Australia/Lord_Howe": ["2025-04-05", "2025-10-05"],
}
"""Time zones with dates beside the nights on which their days have 23, 25 or 23.5 hours."""

CODES = {
    "heart_rate": ["8867-4"],
    "map_invasive": ["76214-6"],
    "map_noninvasive": ["76536-2", "8478-0"],
    "cvp": ["60985-9", "8400-4"],
    "gcs_total": ["9269-2"],
    "gcs_eye": ["9267-6"],
    "gcs_verbal": ["9270-0"],
    "gcs_motor": ["9268-4"],
    "spo2": ["59408-5"],
    "creatinine": ["14682-9", "2160-0"],
    "bilirubin_total": ["14631-6", "1975-2"],
    "platelets": ["777-3", "26515-7"],
    "pao2": ["2703-7", "2703-7", "11556-8"],
    "fio2": ["3150-6", "19994-3", "71835-3"],
    "peep": ["20077-4"],
    "peep_measured": ["76248-4", "76247-6"],
    "plateau_pressure": ["76259-1"],
    "peak_pressure": ["76531-3"],
    "mean_airway_pressure": ["76530-5", "60949-5"],
}
NOBODY_ASKED = ["2951-2", "6301-6", "2524-7", "CREA", "38483-4"]


def _amounts(values: str, *units: str | None) -> list[Amount]:
    return [(value, unit) for unit in units for value in values.split()]


_PRESSURES = ("cm[H2O]", "cmH2O")

GOOD: dict[str, list[Amount]] = {
    "heart_rate": _amounts("60 90 100 120 150 180 300 0.5", "/min", "bpm"),
    "map_invasive": _amounts("1 40 50 60 75 100", "mm[Hg]", "mmHg") + _amounts("6.5 8 10.0", "kPa"),
    "map_noninvasive": [*_amounts("40 50 60 80 100 250", "mm[Hg]", "mmHg"), ("7.5", "kPa")],
    "cvp": _amounts("-10 -2 0 4 5 8 10 12 50", "mm[Hg]", "mmHg") + _amounts("0 12 13.5", *_PRESSURES),
    "gcs_total": _amounts("3 6 7 9 10 12 13 14 15 15.0", "{score}", "score"),
    "gcs_eye": _amounts("1 2 3 4", "{score}", "score"),
    "gcs_verbal": _amounts("1 1 1 2 4 5", "{score}", "score"),
    "gcs_motor": _amounts("1 3 5 6 6.0", "{score}", "score"),
    "spo2": _amounts("0 88 97 100", "%"),
    "creatinine": _amounts("0 60 100 100.0001 200 200.5 350 500 501 4420", "umol/L")
    + _amounts("0.7 1.131 1.132 2.262 2.263 3.959 5.656 50", "mg/dL"),
    "bilirubin_total": _amounts("0 20 20.3 60 61 120 240 241 1710", "umol/L")
    + _amounts("1.169 1.2 3.507 3.508 7.016 14.031 14.032", "mg/dL"),
    "platelets": _amounts("0 20 20.5 50 51 80 80.5 120 120.4 250 2000", "10*9/L", "10*3/uL", "K/uL"),
    "pao2": _amounts("15 40 45 52.5 60 63 75 79 80 90 100 100.5 120 150 300", "mm[Hg]", "mmHg")
    + _amounts("8 10 12.0 20", "kPa"),
    "fio2": _amounts("0.21 0.3 0.4 0.5 0.6 1 1.0 0.205 0.20", "1", None)
    + _amounts("21 30 40 50 60 100 20.5 20", "%", None),
    "peep": _amounts("0 4.9 5 5.0 8 10 12", *_PRESSURES),
    "peep_measured": _amounts("4 5 6 10 14", *_PRESSURES),
    "plateau_pressure": _amounts("5 9 20 26.9 27 27.0 27.1 30 30.1 35", *_PRESSURES),
    "peak_pressure": _amounts("8 18 25 27 30 31 40 120", *_PRESSURES),
    "mean_airway_pressure": _amounts("10 15", *_PRESSURES),
}
"""Values that are usable, many of them exactly on an edge of a band or of the reject range."""

BAD: dict[str, list[Amount]] = {
    "heart_rate": _amounts("0 301", "/min"),
    "map_invasive": _amounts("0.9 801", "mmHg"),
    "map_noninvasive": _amounts("0 251", "mmHg"),
    "cvp": _amounts("-10.1 337", "mmHg"),
    "gcs_total": _amounts("2 16 14.5", "{score}"),
    "gcs_eye": _amounts("0 5 2.5", "{score}"),
    "gcs_verbal": _amounts("0 6", "{score}"),
    "gcs_motor": _amounts("0 7", "{score}"),
    "creatinine": [*_amounts("-1 4420.1", "umol/L"), ("51", "mg/dL")],
    "bilirubin_total": _amounts("-0.1 1711", "umol/L"),
    "platelets": _amounts("-5 2001", "10*9/L"),
    "pao2": _amounts("14.9 721", "mmHg"),
    "fio2": _amounts("15 2 0 0.19 19.9 100.1 1.01", None) + _amounts("0 19.9 101", "%") + _amounts("40 0", "1"),
    "peep": _amounts("-1 61", "cmH2O"),
    "plateau_pressure": _amounts("101", "cmH2O"),
    "peak_pressure": _amounts("121", "cmH2O"),
}
"""Values outside the reject range."""

SICK: dict[str, Amount] = {"pao2": ("60", "mmHg"), "fio2": ("50", "%"), "peep": ("8", "cmH2O")}
WELL: dict[str, Amount] = {"pao2": ("150", "mmHg"), "fio2": ("0.4", "1"), "peep": ("5", "cmH2O")}
"""Lungs that make a candidate (A2), and lungs with P/F above 200 (A3)."""

ALIEN_UNITS = ["furlong", "mmol/L", "L/min", "%", "/min", "{score}", "", None]


def number(rng: random.Random, text: str) -> Number:
    """A JSON number, mostly as its characters stand here, or the same one in others (V2)."""
    if rng.random() < 0.85:
        return Number(text)
    more = f"{text}0" if "." in text else f"{text}.0"
    return Number(rng.choice([more, f"{text}e0", f"{text}E+0", f"{more}0e-0", _shifted(text)]))


def _shifted(text: str) -> str:
    """The same number with an exponent: `12.5` as `1.25E1`."""
    digits = f"{Decimal(text):E}"
    return digits if Decimal(digits) == Decimal(text) else text


def amount(rng: random.Random, variable: str) -> Amount:
    """A value and unit of a variable: mostly usable, sometimes implausible or in a unit that cannot be."""
    draw = rng.random()
    if draw < 0.06 and variable in BAD:
        return rng.choice(BAD[variable])
    value, unit = rng.choice(GOOD[variable])
    if draw > 0.97:
        units = [alien for alien in ALIEN_UNITS if alien is not None or variable != "fio2"]
        return value, rng.choice(units)
    return value, unit


def observation(rng: random.Random, variable: str, given: Amount | None = None, quirks: float = 0) -> dict[str, Any]:
    """An observation of a variable, by a LOINC code or by the variable's own name, without an id.

    `quirks` is how often it is written as feeds write, and not as docs/topics.md has it first.
    """
    value, unit = given or amount(rng, variable)
    body: dict[str, Any] = {"code": rng.choice(CODES[variable]), "value": number(rng, value)}
    draw = rng.random()
    if draw < 0.1:
        body |= {"code": variable, "system": "urn:picustream:variable"}
    elif draw < 0.2:
        body["system"] = "http://loinc.org"
    if unit is not None:
        body["unit"] = unit
    quirky(rng, variable, body, quirks)
    return body
