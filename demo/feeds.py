"""The ward's feeds on an undisturbed day: monitor, charting, ventilator gateway, analysers, laboratory, offices.

Each function takes a stay and yields what one feed publishes about it, in the formats of the input topics.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from picustream.demo.course import between
from picustream.demo.stay import Stay
from picustream.demo.timeline import Timed

LAB, VITAL, VENTILATOR = "picu.lab.v1", "picu.vital.v1", "picu.ventilator.v1"
ADT, TRIAL = "picu.adt.v1", "picu.trial.v1"

# Eye, verbal and motor part by total.
COMA_PARTS = {
    15: (4, 5, 6),
    14: (4, 4, 6),
    13: (3, 4, 6),
    12: (3, 4, 5),
    11: (3, 3, 5),
    10: (2, 3, 5),
    9: (2, 2, 5),
    8: (2, 2, 4),
    7: (1, 2, 4),
    6: (1, 1, 4),
    5: (1, 1, 3),
    4: (1, 1, 2),
    3: (1, 1, 1),
}


def observation(code: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    """One observation, coded in LOINC."""
    return {"code": code, "value": value, "unit": unit, **more}


def vitals(stay: Stay) -> Iterator[Timed]:
    """Every half hour: heart rate, arterial pressure (invasive while there is a line), SpO2, CVP while measured."""
    child = stay.child
    for number, hours in enumerate(stay.ticks(0.5, minute=child.bed)):
        observed = stay.moment(hours)
        invasive = stay.has(child.arterial_line, hours)
        readings = [
            observation("8867-4", stay.reads("heart_rate", hours), "/min"),
            observation("76214-6" if invasive else "76536-2", stay.reads("map", hours), "mm[Hg]"),
            observation("59408-5", stay.spo2(hours), "%"),
        ]
        if stay.has(child.cvp_line, hours):
            readings.append(observation("60985-9", stay.reads("cvp", hours), "mm[Hg]"))
        source = "monitor-gw-1" if child.bed <= 4 else "monitor-gw-2"
        yield stay.sent(
            observed + timedelta(seconds=40),
            VITAL,
            source,
            f"vital/{number:03}",
            observed_at=observed.isoformat(),
            observations=readings,
        )


def coma_scores(stay: Stay) -> Iterator[Timed]:
    """GCS at admission and every four hours, in three parts; a tube makes the verbal part 1."""
    for number, hours in enumerate([0.2, *stay.ticks(4, minute=5 + stay.child.bed)]):
        observed = stay.moment(hours)
        eye, verbal, motor = COMA_PARTS[stay.gcs(hours)]
        if stay.state(stay.child.support, hours) == "invasive":
            verbal = 1
        parts = zip(("9267-6", "9270-0", "9268-4"), (eye, verbal, motor), strict=True)
        yield stay.sent(
            observed + timedelta(minutes=6),
            VITAL,
            "charting",
            f"gcs/{number:02}",
            observed_at=observed.isoformat(),
            observations=[observation(code, part, "{score}") for code, part in parts],
        )


def ventilation(stay: Stay) -> Iterator[Timed]:
    """Every two hours, and at once when the support changes: support, FiO2, and pressures while invasive."""
    changes = [max(since, 0.03) for since, _ in stay.child.support]
    for number, hours in enumerate(sorted([*changes, *stay.ticks(2, minute=10 + stay.child.bed)])):
        observed = stay.moment(hours)
        support = stay.state(stay.child.support, hours)
        readings = [observation("19994-3", stay.fio2(hours), "%")]
        more: dict[str, str] = {"support": support}
        if support == "invasive":
            readings += _pressures(stay, hours)
            more["control"] = stay.child.control
            more["mode"] = "PC-AC" if stay.child.control == "pressure" else "VC-AC"
        yield stay.sent(
            observed + timedelta(seconds=90),
            VENTILATOR,
            "vent-gw",
            f"vent/{number:03}",
            observed_at=observed.isoformat(),
            observations=readings,
            **more,
        )


def _pressures(stay: Stay, hours: float) -> list[dict[str, Any]]:
    """PEEP, mean and peak pressure; a plateau only where volume control lets one hold the breath."""
    peep = round(between(stay.child.peep, hours))
    plateau = stay.reads("plateau", hours)
    resistance = 0 if stay.child.control == "pressure" else 5
    pressures = {"20077-4": peep, "76531-3": plateau + resistance, "76530-5": round((2 * peep + plateau) / 3)}
    if stay.child.control == "volume":
        pressures["76259-1"] = plateau
    return [observation(code, pressure, "cm[H2O]") for code, pressure in pressures.items()]


def gases(stay: Stay) -> Iterator[Timed]:
    """A blood gas every four to six hours: arterial while there is a line, else as the child's veins allow.

    Beds 1-4 use an analyser that reports mm[Hg], the others one that reports kPa.
    """
    child, rng = stay.child, stay.chance("gases")
    hours, number = max(child.arterial_line[0], 0.4) + 0.3, 0
    while hours < stay.hours - 0.5:
        arterial = stay.has(child.arterial_line, hours)
        if arterial or child.other_gases:
            yield _gas(stay, hours, number, arterial, rng.uniform(5, 14))
            number += 1
        hours += rng.uniform(4, 6)


def _gas(stay: Stay, hours: float, number: int, arterial: bool, minutes: float) -> Timed:
    observed = stay.moment(hours)
    recorded = stay.moment(hours + minutes / 60)
    # Blood from a heel or a vein holds far less oxygen; nothing may take it for arterial.
    pressure = stay.pao2(hours) if arterial else 41.0
    kilopascal = stay.child.bed > 4
    oxygen = (round(pressure / 7.50062, 1), "kPa") if kilopascal else (round(pressure), "mm[Hg]")
    return stay.sent(
        recorded + timedelta(seconds=30),
        LAB,
        "bga-2" if kilopascal else "bga-1",
        f"gas/{number:02}",
        observed_at=observed.isoformat(),
        recorded_at=recorded.isoformat(),
        specimen="arterial" if arterial else stay.child.other_gases,
        observations=[observation("11556-8", *oxygen)],
    )


def laboratory(stay: Stay) -> Iterator[Timed]:
    """Blood at admission and every morning; chemistry known after 40-90 min, the count after 20-60 min."""
    rng = stay.chance("laboratory")
    mornings = [hours for hours in stay.ticks(24, minute=365) if hours > 4]
    for number, hours in enumerate([1.0, *(morning + rng.uniform(0, 0.4) for morning in mornings)]):
        chemistry = [observation("14682-9", stay.reads("creatinine", hours), "umol/L")]
        if stay.sends("bilirubin"):
            chemistry.append(observation("14631-6", stay.reads("bilirubin", hours), "umol/L"))
        chemistry.append(observation("2951-2", 138, "mmol/L"))
        count = [observation("777-3", stay.reads("platelets", hours), "10*9/L"), observation("718-7", 104, "g/L")]
        yield _sample(stay, f"chemistry/{number:02}", hours, rng.uniform(40, 90), chemistry)
        yield _sample(stay, f"count/{number:02}", hours, rng.uniform(20, 60), count)


def _sample(stay: Stay, name: str, hours: float, minutes: float, results: list[dict[str, Any]]) -> Timed:
    recorded = stay.moment(hours + minutes / 60)
    return stay.sent(
        recorded + timedelta(minutes=1),
        LAB,
        "lis",
        name,
        observed_at=stay.moment(hours).isoformat(),
        recorded_at=recorded.isoformat(),
        specimen="venous",
        observations=[{**result, "id": f"{stay.child.stay_id}/{name}#{result['code']}"} for result in results],
    )


def movements(stay: Stay) -> Iterator[Timed]:
    """Admission, moves, sedation, and how the stay ends, filed some minutes after they happen."""
    child = stay.child
    born = (stay.admitted - timedelta(days=child.age_days)).date().isoformat()
    yield _fact(stay, ADT, "his", "admitted", 0, birth_date=born, sex=child.sex, unit="PICU", bed=str(child.bed))
    for number, (hours, bed) in enumerate(child.moves):
        yield _fact(stay, ADT, "his", "moved", hours, name=f"moved/{number}", bed=bed)
    for number, (hours, state) in enumerate(child.sedation):
        yield _fact(stay, ADT, "charting", "sedation", hours, name=f"sedation/{number}", state=state)
    if child.whereto == "died":
        yield _fact(stay, ADT, "his", "died", stay.hours)
    else:
        yield _fact(stay, ADT, "his", "discharged", stay.hours, destination=child.whereto)


def trial_office(stay: Stay) -> Iterator[Timed]:
    """Consent, start of treatment, ARDS assessment."""
    child = stay.child
    if child.consent:
        yield _fact(stay, TRIAL, "trial-office", "consent", child.consent[0], decision=child.consent[1])
    if child.treatment:
        yield _fact(stay, TRIAL, "trial-office", "treatment_started", child.treatment[0], arm=child.treatment[1])
    if child.ards:
        yield _fact(stay, TRIAL, "trial-office", "ards_assessed", child.ards[0], result=child.ards[1])


def _fact(stay: Stay, topic: str, source: str, kind: str, hours: float, name: str | None = None, **more: Any) -> Timed:
    occurred = stay.moment(hours)
    # Hospital systems look at minutes; an admission must be known before the first reading of the child.
    filed = occurred + timedelta(minutes=1 if kind == "admitted" else 4)
    fields = {"type": kind, "occurred_at": occurred.isoformat(), "recorded_at": filed.isoformat()}
    return stay.sent(filed, topic, source, name or kind, **fields, **more)


FEEDS = (movements, vitals, coma_scores, ventilation, gases, laboratory, trial_office)


def undisturbed(stay: Stay) -> list[Timed]:
    """Everything all feeds publish about one stay when nothing goes wrong, by feed."""
    return [message for feed in FEEDS for message in feed(stay)]
