"""What happens in a random stay: scenes that put measurements within, at, or just out of each other's reach."""

from datetime import datetime, timedelta

from .bands import ONE_VALUE
from .palette import NUDGES, SICK, SPANS, WELL, observation
from .quirks import TEXTS
from .story import DAY, Body, Story
from .ties import tied_facts, tied_results
from .variables import VARIABLES

BEYOND = [("platelets", "10", "<"), ("platelets", "20", "<="), ("platelets", "120", ">"), ("platelets", "0", "<=")]
BEYOND += [
    ("creatinine", "100", "<="),
    ("creatinine", "500", ">"),
    ("creatinine", "4420", ">="),
    ("creatinine", "8", "<"),
]
BEYOND += [("bilirubin_total", "20", "<"), ("bilirubin_total", "240", ">"), ("bilirubin_total", "1710", ">=")]
BEYOND += [("platelets", "0", "<"), ("platelets", "2000", ">"), ("creatinine", "4420", ">"), ("creatinine", "0", "<")]
"""Values that decide the points by their side (V4), and such on whose side there is nothing."""


def ending(story: Story) -> None:
    """Discharge, death, both in any order, or none; now and then before the admission (T2), or beside 28 days (O3)."""
    rng = story.rng
    kind = rng.choice(["discharged"] * 5 + ["died", "died", "both", "both", "none"])
    early = story.admitted - rng.choice([timedelta(microseconds=1), DAY])
    end = early if story.chance(0.04) else story.ended
    destination = rng.choice(["ward", "home", "other-icu", "other-hospital", "unknown"])
    if kind in ("discharged", "both"):
        story.fact("adt", "discharged", end, destination=destination)
    if kind in ("died", "both"):
        spans = [timedelta(0), DAY, 20 * DAY, 28 * DAY, 29 * DAY, -timedelta(hours=1), NUDGES[-1], NUDGES[-2]]
        story.fact("adt", "died", end + rng.choice(spans) if kind == "both" else end)


def trial(story: Story) -> None:
    """Consents, T0 on both sides of the admission (T3), an ARDS assessment (A3), a verdict (E4)."""
    rng = story.rng
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        at = story.admitted + rng.choice([-DAY, timedelta(hours=8), 2 * DAY, 2 * DAY + NUDGES[-2], 3 * DAY])
        story.fact("trial", "consent", at, decision=rng.choice(["given"] * 4 + ["refused", "withdrawn"]))
    if story.chance(0.7):
        before = rng.choice([20, 16, 15, 14, 4, 3, 2, 1, 0, 0, 0, -1, -2, -70])
        at = story.midnight(story.admitted, days=-before) + rng.choice([timedelta(0), timedelta(hours=9), NUDGES[-1]])
        story.fact("trial", "treatment_started", at, arm=rng.choice(["trial", "control"]))
    if story.chance(0.35):
        onset = {"onset_at": story.text(story.time())} if story.chance(0.5) else {}
        result = rng.choice(["confirmed", "confirmed", "refuted"])
        story.fact("trial", "ards_assessed", story.time(), result=result, **onset)
    if story.chance(0.2):
        story.fact("trial", "data_collection", story.time(), complete=story.chance(0.7))


def follow_up(story: Story) -> None:
    """Reports of life and death around day 28, free to contradict each other (O3)."""
    for _ in range(story.rng.choice([0, 1, 1, 2])):
        day = story.midnight(story.ended, days=story.rng.choice([-1, 0, 5, 28, 29, 30, 45]))
        at = day + story.rng.choice([timedelta(0), timedelta(hours=10), -timedelta(microseconds=1)])
        story.fact("adt", "vital_status", at, alive=story.chance(0.7))


def sedation(story: Story) -> None:
    """On and off, before the stay too, with and without an alteration of its own (M6)."""
    rng = story.rng
    for _ in range(rng.choice([1, 2])):
        at = rng.choice([story.admitted - DAY, story.time(), story.time(), *rng.sample(story.moments[-3:], 2)])
        fields: Body = {"intrinsic_alteration": story.chance(0.5)} if story.chance(0.3) else {}
        if story.chance(0.2):
            fields["id"] = rng.choice(["sedation-1", "sedation-2"])
        story.fact("adt", "sedation", at, state=rng.choice(["on", "on", "off"]), **fields)


def chemistry(story: Story) -> None:
    """The three organs that depend on one value (M3)."""
    tests = story.rng.sample(["creatinine", "bilirubin_total", "platelets"], story.rng.choice([1, 1, 2, 3]))
    story.measure("lab", story.rng.choice(["lis", "lis-2"]), story.time(), tests)


def beyond_detection(story: Story) -> None:
    """Below or above what the laboratory can measure, on an edge of a band or of the range (V4), also of a gas."""
    rng = story.rng
    at = story.time()
    variables = rng.sample([*ONE_VALUE, "pao2", "fio2", "peep"], rng.choice([1, 2, 3]))
    body = {**story.envelope("lis", at), "observed_at": story.text(at), "specimen": "arterial"}
    observations = [observation(rng, variable, None, story.quirks) for variable in variables]
    for one in observations:
        one["comparator"] = rng.choice(["<", "<=", ">=", ">"])
    if story.chance(0.5):
        variable, value, comparator = rng.choice(BEYOND)
        observations = [observation(rng, variable, (value, VARIABLES[variable].unit)) | {"comparator": comparator}]
    story.tell("lab", {**body, "observations": observations})


def blood_gas(story: Story) -> None:
    """A PaO2 of any specimen, its FiO2 in the same event, charted apart, or nowhere (P1)."""
    at = story.time()
    specimen = story.rng.choice(["arterial"] * 5 + ["venous", "capillary", "mixed-venous", "unknown"])
    gas = story.rng.choice([["pao2"], ["pao2"], ["pao2", "fio2"], ["pao2", "fio2", "fio2"]])
    fields = {"specimen": specimen} if story.chance(0.85) else {}
    story.measure("lab", story.rng.choice(["lis", "lis-2"]), at, gas, **fields)
    if story.chance(0.6):
        story.moments.append(story.near(at))
        ventilator(story, story.moments[-1])


def ventilator(story: Story, at: datetime | None = None) -> None:
    """Support, control and settings; FiO2 often without a unit (P2, V3, A6)."""
    rng = story.rng
    support = rng.choice(["invasive"] * 6 + ["non-invasive", "high-flow", "oxygen", "room-air", "room-air", "unknown"])
    settings = ["fio2", "fio2", "peep", "peep", "peep_measured", "plateau_pressure", "peak_pressure"]
    chosen = sorted(set(rng.sample([*settings, "mean_airway_pressure"], rng.choice([1, 2, 3, 5]))))
    fields = {"support": support} if story.chance(0.85) else {}
    if story.chance(0.5):
        fields["control"] = rng.choice(["pressure", "pressure", "volume", "oscillation", "unknown"])
    source = rng.choice(["vent-gw", "vent-gw", "vent-gw-2"])
    story.measure("ventilator", source, story.time() if at is None else at, chosen, **fields)


def analyser(story: Story) -> None:
    """One source on two topics: a gas and the FiO2 it was taken at, as one event or as two (P1)."""
    rng = story.rng
    at = story.time()
    ids = [f"bga-{len(story.moments)}", f"bga-{len(story.moments) + rng.choice([0, 0, 1])}"]
    for topic, variable, name in zip(("lab", "ventilator"), ("pao2", "fio2"), ids, strict=True):
        when = at if topic == "lab" or story.chance(0.5) else story.near(at)
        fields: Body = (
            {"specimen": "arterial"} if topic == "lab" else {"support": "invasive", "mode": rng.choice(TEXTS)}
        )
        one = observation(rng, variable, None, story.quirks)
        body = {**story.envelope("bga", at), "event_id": name, "observed_at": story.text(when)}
        story.tell(topic, {**body, **fields, "observations": [one]})


def par(story: Story) -> None:
    """A CVP with its neighbours within and just out of reach (P4)."""
    at = story.time()
    for variable in ("cvp", "heart_rate", story.rng.choice(["map_invasive", "map_noninvasive"])):
        if story.chance(0.9):
            when = at if variable == "cvp" or story.chance(0.3) else story.near(at)
            story.measure("vital", story.rng.choice(["monitor", "monitor-2"]), when, [variable])
    if story.chance(0.3):
        pair = ["map_invasive", "map_noninvasive", "heart_rate"]
        story.measure("vital", "monitor", story.near(at), story.rng.sample(pair, 2))


def coma(story: Story) -> None:
    """A GCS as a total, in one event, or in parts some minutes apart (M6)."""
    at = story.time()
    if story.chance(0.4):
        story.measure("vital", story.rng.choice(["charting", "monitor"]), at, ["gcs_total"])
    if story.chance(0.4):
        story.measure("vital", "charting", at, ["gcs_eye", "gcs_verbal", "gcs_motor"])
    elif story.chance(0.7):
        for part in ("gcs_eye", "gcs_verbal", "gcs_motor"):
            story.measure("vital", "charting", at if part == "gcs_eye" else story.near(at), [part])


def changing_support(story: Story) -> None:
    """FiO2, then a sample of its own, with events in between that change the support, or change it back (P1)."""
    rng = story.rng
    at = story.time()
    first = at - rng.choice([timedelta(hours=4), timedelta(hours=1), timedelta(minutes=5)])
    supports = ["invasive", "invasive", "oxygen", "room-air", "unknown"]
    story.measure("lab", "lis", at, ["pao2"], specimen="arterial")
    story.measure("ventilator", "vent-gw", first, ["fio2"], support=rng.choice(supports))
    for _ in range(rng.choice([1, 1, 2, 3])):
        between = rng.choice([first, at, first + (at - first) / 2, at - timedelta(minutes=1)]) + rng.choice(NUDGES)
        story.measure("ventilator", "vent-gw", between, ["peep"], support=rng.choice(supports))


def support_alone(story: Story) -> None:
    """Extubated, or on another mode, and no reading with it; a gas soon after (P1, P2)."""
    rng = story.rng
    at = story.time()
    words = {"support": rng.choice(["room-air", "room-air", "invasive", "oxygen", "unknown"])}
    if words["support"] == "unknown" or story.chance(0.3):
        words["control"] = rng.choice(["pressure", "volume"])
    if story.chance(0.1):
        del words["support"]
        words["control"] = "pressure"
    story.support(rng.choice(["vent-gw", "vent-gw-2"]), at, **words)
    if story.chance(0.6):
        story.measure("lab", "lis", at + rng.choice(SPANS[:5]) + rng.choice(NUDGES), ["pao2"], specimen="arterial")


def moved(story: Story) -> None:
    """From bed to bed: of no consequence for a score (docs/topics.md#picuadtv1)."""
    place = story.rng.choice([{"unit": "PICU-A"}, {"bed": "12"}, {"unit": "PICU-B", "bed": "3"}])
    story.fact("adt", "moved", story.time(), **place, **({"id": "move-1"} if story.chance(0.3) else {}))


def twins(story: Story) -> None:
    """Neighbours of a CVP at the same distance before and after it, or at the very same time (P4)."""
    at = story.time()
    story.measure("vital", "monitor", at, ["cvp"])
    for variable in ("heart_rate", "map_invasive"):
        apart = story.rng.choice([timedelta(0), timedelta(minutes=5), timedelta(minutes=15)])
        story.measure("vital", "monitor", at - apart, [variable])
        story.measure("vital", story.rng.choice(["monitor", "monitor-2"]), at + apart, [variable])


def coma_at_midnight(story: Story) -> None:
    """The parts of one GCS on both sides of a midnight (M6)."""
    midnight = story.midnight(story.time())
    for part in ("gcs_eye", "gcs_verbal", "gcs_motor"):
        minutes = story.rng.choice([-10, -5, -1, 0, 0, 1, 5])
        story.measure("vital", "charting", midnight + timedelta(minutes=minutes), [part])


def failing_lungs(story: Story) -> None:
    """Gases on a ventilator at the spans that decide onset, the pair at 24 h and a new episode (A2-A6)."""
    rng = story.rng
    at = story.time()
    for hours in rng.sample([0, 0, 6, 18, 23, 24, 24, 30, 48, 72], rng.choice([2, 4, 6])):
        sample = at + timedelta(hours=hours) + rng.choice(NUDGES)
        lungs = rng.choice([SICK, SICK, WELL])
        support, control = rng.choice(["invasive"] * 8 + ["oxygen"]), rng.choice(["pressure", "pressure", "volume"])
        before = sample - rng.choice([timedelta(0), timedelta(minutes=5), *SPANS[3:5], SPANS[6]]) - rng.choice(NUDGES)
        gas = {"pao2": lungs["pao2"], "fio2": lungs["fio2"]} if story.chance(0.7) else ["pao2", "fio2"]
        peep = {"peep": lungs["peep"]} if story.chance(0.7) else ["peep"]
        story.measure("lab", "lis", sample, gas, specimen="arterial")
        story.measure("ventilator", "vent-gw", before, peep, support=support, control=control)
        if story.chance(0.2):
            story.measure("ventilator", "vent-gw", story.near(before), ["peep_measured"], support=support)
        for _ in range(rng.choice([0, 1, 1, 2])):
            pressures = rng.choice([["plateau_pressure"], ["peak_pressure"], ["plateau_pressure", "peak_pressure"]])
            story.measure("ventilator", "vent-gw", story.near(sample), pressures, support=support, control=control)
    if story.chance(0.2):
        onset = rng.choice([at, at + SPANS[6], sample, sample])
        story.fact("trial", "ards_assessed", onset, result="confirmed", onset_at=story.text(onset))


SCENES = [chemistry, chemistry, blood_gas, blood_gas, ventilator, par, par, coma, coma, sedation]
SCENES += [failing_lungs, failing_lungs, changing_support, twins, coma_at_midnight]
SCENES += [analyser, support_alone, beyond_detection, beyond_detection, tied_results, tied_results, tied_facts, moved]
"""What fills a stay, the likelier the more often it stands here."""

FRAME = [ending, trial, follow_up]
"""What is sent of a stay once: its end, the trial's facts, what became of the child."""
