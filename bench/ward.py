"""A ward's feed as an event file: `python -m bench.ward --stays 10 --days 3 --per-minute 1 > ward.ndjson`.

The same arguments give the same bytes. Each stay has a monitor (heart rate, arterial pressure and saturation, so often
a minute; of an hour's readings one with a CVP), a ventilator every five minutes, an arterial gas every six hours, a
coma scale every four hours and the laboratory once a day. Admissions are spread over a day. Events come in the order
of their filing, all stays beside one another, as they arrive from a ward.
"""

import argparse
import heapq
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from picustream.models import text

START = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
OFFSET = timedelta(hours=8)
MINUTE = timedelta(minutes=1)


class Arrival(NamedTuple):
    """An event and when it arrives; `place` keeps the order of what arrives at once."""

    at: datetime
    place: str
    topic: str
    value: dict[str, Any]


def ward(stays: int, days: int, per_minute: float) -> Iterator[Arrival]:
    """Every event of the ward, by arrival."""
    return heapq.merge(*(_Stay(number, days, per_minute, stays).arrivals() for number in range(stays)))


def lines(arrivals: Iterator[Arrival]) -> Iterator[str]:
    """As the lines of an event file."""
    return (f'{{"topic":"{one.topic}","value":{text.encode(one.value)}}}\n' for one in arrivals)


class _Stay:
    def __init__(self, number: int, days: int, per_minute: float, stays: int) -> None:
        self._random = random.Random(number)
        self._stay = f"B-{number:05d}"
        self._patient = f"BP-{number:05d}"
        self._start = START + timedelta(days=1) * number / stays
        self._end = self._start + timedelta(days=days)
        self._apart = MINUTE / per_minute

    def arrivals(self) -> Iterator[Arrival]:
        """The stay's events, by arrival."""
        yield self._event("picu.adt.v1", "admitted", self._start, timedelta(), occurred={
            "type": "admitted",
            "birth_date": f"{2014 + self._random.randrange(11)}-0{1 + self._random.randrange(9)}-11",
            "sex": self._random.choice(("female", "male")),
        })  # fmt: skip
        feeds = (self._monitor, self._ventilator, self._gases, self._coma, self._laboratory)
        yield from heapq.merge(*(feed() for feed in feeds))
        yield self._event("picu.adt.v1", "discharged", self._end, timedelta(), occurred={
            "type": "discharged", "destination": "ward",
        })  # fmt: skip

    def _monitor(self) -> Iterator[Arrival]:
        for number, at in enumerate(self._every(self._apart)):
            readings = [
                ("8867-4", self._near(125, 25), "/min"),
                ("76214-6", self._near(62, 12), "mm[Hg]"),
                ("59408-5", self._near(95, 4), "%"),
            ]
            if number % 60 == 7:
                readings.append(("60985-9", self._near(8, 4), "mm[Hg]"))
            yield self._event("picu.vital.v1", f"m/{number}", at, timedelta(seconds=2), readings)

    def _ventilator(self) -> Iterator[Arrival]:
        for number, at in enumerate(self._every(5 * MINUTE)):
            readings = [
                ("19994-3", self._near(50, 10), "%"),
                ("20077-4", self._near(9, 2), "cm[H2O]"),
                ("76531-3", self._near(24, 5), "cm[H2O]"),
                ("76530-5", self._near(14, 2), "cm[H2O]"),
            ]
            own = {"support": "invasive", "control": "pressure"}
            yield self._event("picu.ventilator.v1", f"v/{number}", at, timedelta(seconds=5), readings, own)

    def _gases(self) -> Iterator[Arrival]:
        for number, at in enumerate(self._every(360 * MINUTE)):
            readings = [("2703-7", self._near(78, 25), "mm[Hg]"), ("3150-6", self._near(50, 10), "%")]
            yield self._event("picu.lab.v1", f"g/{number}", at, 8 * MINUTE, readings, {"specimen": "arterial"})

    def _coma(self) -> Iterator[Arrival]:
        for number, at in enumerate(self._every(240 * MINUTE)):
            readings = [(code, self._random.randint(1, most), "{score}")
                        for code, most in (("9267-6", 4), ("9270-0", 5), ("9268-4", 6))]  # fmt: skip
            yield self._event("picu.vital.v1", f"c/{number}", at, 12 * MINUTE, readings)

    def _laboratory(self) -> Iterator[Arrival]:
        for number, at in enumerate(self._every(1440 * MINUTE)):
            readings = [
                ("14682-9", self._near(70, 45), "umol/L"),
                ("14631-6", self._near(30, 22), "umol/L"),
                ("777-3", self._near(140, 90), "10*9/L"),
            ]
            yield self._event("picu.lab.v1", f"l/{number}", at, 75 * MINUTE, readings)

    def _every(self, apart: timedelta) -> Iterator[datetime]:
        at = self._start + self._random.random() * apart
        while at < self._end:
            yield at
            at += apart

    def _near(self, middle: int, apart: int) -> text.Number:
        return text.Number(f"{self._random.uniform(middle - apart, middle + apart):.1f}")

    def _event(
        self,
        topic: str,
        name: str,
        at: datetime,
        delay: timedelta,
        readings: list[tuple[str, Any, str]] | None = None,
        own: dict[str, Any] | None = None,
        *,
        occurred: dict[str, Any] | None = None,
    ) -> Arrival:
        head = {"event_id": f"{self._stay}/{name}", "source": _SOURCES[topic], "patient_id": self._patient}
        value: dict[str, Any] = head | {"stay_id": self._stay}
        if readings is None:
            value |= {"occurred_at": _written(at)} | (occurred or {})
        else:
            value["observed_at"] = _written(at)
            value["observations"] = [{"code": code, "value": number, "unit": unit} for code, number, unit in readings]
        value |= {"recorded_at": _written(at + delay)} if delay > MINUTE else {}
        return Arrival(at + delay, value["event_id"], topic, value | (own or {}))


_SOURCES = {
    "picu.adt.v1": "his",
    "picu.vital.v1": "monitors",
    "picu.ventilator.v1": "ventilators",
    "picu.lab.v1": "laboratory",
}


def _written(moment: datetime) -> str:
    return (moment + OFFSET).replace(microsecond=0, tzinfo=None).isoformat() + "+08:00"


def main(arguments: list[str] | None = None) -> None:
    """Write the ward to standard output."""
    parser = argparse.ArgumentParser(prog="python -m bench.ward", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stays", type=int, default=10)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--per-minute", type=float, default=1.0, help="monitor events of a stay")
    found = parser.parse_args(arguments)
    sys.stdout.writelines(lines(ward(found.stays, found.days, found.per_minute)))


if __name__ == "__main__":
    main()
