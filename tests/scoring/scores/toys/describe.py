"""The toy score in words."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from picustream.models.event import VITAL
from picustream.models.record import ScorePart
from picustream.models.variable import Variable
from picustream.scoring.scores import words
from picustream.scoring.scores.bands import closed_above
from picustream.scoring.scores.description import Component, PartText, any_of
from picustream.scoring.scores.working import working
from tests.scoring.scores.toys.record import PulseRecord

BANDS = closed_above((120, 160), "/min", high_is_bad=True)
RULES = ("T1",)


class PulseDescription:
    name = "PULSE"
    highest = 2
    pictured = False
    tail_head = ""
    legend = "? no pulse"
    part_names = ("pulse",)
    components: tuple[Component, ...] = (
        Component("PULSE", "pulse", "T1", (any_of("heart rate", VITAL, Variable.HEART_RATE),)),
    )
    caveats: Mapping[str, str] = {}

    def title(self, record: PulseRecord) -> str:
        return f"PULSE of {record.day}"

    def day(self, record: PulseRecord) -> date:
        return record.day

    def place(self, record: PulseRecord) -> tuple[Any, ...]:
        return (record.day,)

    def headings(self, record: PulseRecord) -> Iterator[tuple[str, str]]:
        yield "counted", words.study_day(record)

    def parts(self, record: PulseRecord) -> Mapping[str, ScorePart]:
        return {} if record.pulse is None else {"pulse": record.pulse}

    def label(self, name: str) -> str:
        return name

    def head(self, name: str) -> str:
        return name

    def part(self, record: PulseRecord, name: str) -> PartText:
        assert record.pulse is not None
        points, known = record.pulse.points or 0, record.pulse.points is not None
        band = words.band("pulse", BANDS.by_points[points], BANDS.unit) if known else None
        return PartText(
            verdict=f"{words.points(points)} for {band}" if known else "no points",
            known=known,
            basis="The fastest of the day (T1)." if known else "No pulse of this day.",
            measure="pulse",
            band=str(BANDS.by_points[points]) if known else None,
            band_in_words=band,
            possible=(points, points) if known else (0, self.highest),
            why_not_measured=None if known else "no pulse of this day",
            rules=RULES,
        )

    def possible_total(self, record: PulseRecord) -> tuple[int, int] | None:
        return None if record.pulse is None else self.part(record, "pulse").possible

    def tail(self, record: PulseRecord) -> str:
        return ""

    def why_passed_over(self, name: str, reason: str) -> str:
        return reason

    def faults(self, record: PulseRecord) -> Iterator[str]:
        if record.pulse is None or record.pulse.points is None:
            return
        made = working(record.pulse.inputs)
        if made is None or BANDS.points(made.exact) != record.pulse.points:
            yield "pulse: the points do not follow from the inputs"
