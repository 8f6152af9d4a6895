"""One simulated stay: the child's story tied to ward time and to a seed."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from picustream.demo.children import Child, Steps
from picustream.demo.course import Course, between, saturation
from picustream.demo.timeline import Timed

# Largest swing of each variable about its illness curve, as a share of the value.
WOBBLE = {
    "heart_rate": 0.05,
    "map": 0.04,
    "cvp": 0.08,
    "pf": 0.05,
    "plateau": 0.03,
    "creatinine": 0.02,
    "bilirubin": 0.02,
    "platelets": 0.03,
}


class Stay:
    """Reads the child's courses at any hour since admission and writes envelopes; same seed, same readings."""

    def __init__(self, child: Child, midnight: datetime, seed: int) -> None:
        """`midnight` begins ward day 1 and carries the ward's time zone."""
        self.child = child
        self.admitted = midnight + timedelta(minutes=round(child.admitted * 60))
        self.left = midnight + timedelta(minutes=round(child.left * 60))
        self.hours = (self.left - self.admitted) / timedelta(hours=1)
        self._seed = f"{seed}:{child.stay_id}"
        self._courses = {
            name: Course.drawn(points, wobble, self.chance(name))
            for name, wobble in WOBBLE.items()
            if (points := getattr(child, name)) is not None
        }

    def chance(self, name: str) -> random.Random:
        """A random source of its own for each purpose, so that one more draw here moves nothing there."""
        return random.Random(f"{self._seed}:{name}")

    def moment(self, hours: float) -> datetime:
        """Ward time at `hours` since admission, to the second."""
        return self.admitted + timedelta(seconds=round(hours * 3600))

    def ticks(self, every: float, minute: float = 0) -> Iterator[float]:
        """Hours since admission of each round of `every` hours by the ward's clock, `minute` minutes past."""
        tick = every * (self.child.admitted // every) + minute / 60
        while tick < self.child.left - 0.05:
            if tick > self.child.admitted:
                yield tick - self.child.admitted
            tick += every

    def sends(self, name: str) -> bool:
        """Whether anybody measures `name` in this child at all."""
        return name in self._courses

    def reads(self, name: str, hours: float) -> int:
        """What `name` reads at `hours`, in whole canonical units."""
        return round(self._courses[name].at(hours))

    def fio2(self, hours: float) -> int:
        """Set FiO2 in %: 21, or a multiple of five, as ventilators are set."""
        wanted = between(self.child.fio2, hours)
        return 21 if wanted < 23 else 5 * round(wanted / 5)

    def pao2(self, hours: float) -> float:
        """PaO2 in mm[Hg]: what the P/F course gives at the set FiO2."""
        return self._courses["pf"].at(hours) * self.fio2(hours) / 100

    def spo2(self, hours: float) -> int:
        """SpO2 in %, consistent with the PaO2."""
        return round(saturation(self.pao2(hours)))

    def gcs(self, hours: float) -> int:
        """GCS total 3-15 as charted."""
        return round(between(self.child.gcs, hours))

    def state(self, steps: Steps, hours: float) -> str:
        """The step in force at `hours`."""
        return [state for since, state in steps if since <= hours][-1]

    def has(self, line: tuple[float, float], hours: float) -> bool:
        """Whether a line that lies between two hours lies at `hours`."""
        return line[0] <= hours < line[1]

    def sent(self, at: datetime, topic: str, source: str, event_id: str, **fields: Any) -> Timed:
        """One message of this stay, its id made of the stay's and `event_id`."""
        who = {"patient_id": self.child.patient_id, "stay_id": self.child.stay_id}
        value = {"event_id": f"{self.child.stay_id}/{event_id}", "source": source, **who, **fields}
        return Timed(at, topic, value)
