"""What is asked of a demo, and how fast its ward has to go for that."""

from dataclasses import dataclass
from pathlib import Path

from picustream.demo.ward import SEED

WARD_SECONDS = 240.0
"""How long the ward's days last by default: time to read each caption."""
FASTEST = 25_000.0
"""Ward seconds per second. Beyond it the worker's own delay, a tenth of a second, is most of an hour on the ward."""
SHORTEST = 20.0
"""Seconds for a whole demo. Start and end take most of them; a ward that is cut short is shown as far as it goes."""
LEAD = (5.0, 10.0)
"""Least and most seconds from the start of the worker to the opening of the ward: the worker is given the time of
that at its start, and until then its clock reads a time at which nobody is admitted."""
CLOSING = 3.0
"""Seconds kept, after the ward has closed, for its last records to come."""
CLEAN_UP = 5.0
"""Seconds kept for reading the topics anew and ending what was started."""


@dataclass(frozen=True)
class Plan:
    """What the user wants. `seconds` in all, start and end included (None: as long as it takes); `speed` in ward
    seconds per second (None: what fits the time); `seed` of the ward; `picture`: a file to draw the screen into;
    `out`: a folder to keep the records in; `hl7`: the ward speaks HL7 v2 to a gateway; `browser`: opens the board.
    """

    seconds: float | None = None
    speed: float | None = None
    seed: int = SEED
    picture: Path | None = None
    out: Path | None = None
    hl7: bool = False
    browser: bool = False

    @property
    def showing(self) -> float | None:
        """Seconds from the start until the showing must be over."""
        return None if self.seconds is None else self.seconds - CLEAN_UP

    def pace(self, ward_seconds: float, left: float | None) -> float:
        """The speed at which `ward_seconds` pass in time, with `left` seconds from the opening to the end."""
        if self.speed is not None:
            return self.speed
        seconds = WARD_SECONDS if left is None else max(left - CLOSING, 1.0)
        return min(FASTEST, ward_seconds / seconds)


def lead(start: float) -> float:
    """Seconds to give the worker, where the servers took `start` seconds to be there: a busy machine needs longer."""
    return min(max(LEAD[0], start), LEAD[1])
