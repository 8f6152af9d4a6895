"""The shape of a story: what has to be known of one child to simulate the stay."""

from dataclasses import dataclass

from picustream.demo.course import Points

Steps = tuple[tuple[float, str], ...]
"""(hours since admission, state from then on), hours ascending."""

NEVER = (0.0, 0.0)


def hour(day: int, clock: float) -> float:
    """Hours since the midnight that begins ward day 1: `hour(3, 6.5)` is 06:30 on the third day."""
    return (day - 1) * 24 + clock


@dataclass(frozen=True)
class Child:
    """One stay. Times are hours since admission, except `admitted` and `left`: hours since the ward's first midnight.

    A laboratory value without a course is never sent; `cvp_line` and `arterial_line` are the hours between which
    there is one, and without an arterial line gases are drawn as `other_gases`.
    """

    bed: int
    stay_id: str
    patient_id: str
    label: str
    age_days: int
    sex: str
    admitted: float
    left: float
    whereto: str
    heart_rate: Points
    map: Points
    pf: Points
    fio2: Points
    gcs: Points
    platelets: Points
    creatinine: Points
    support: Steps
    bilirubin: Points | None = None
    cvp: Points | None = None
    cvp_line: tuple[float, float] = NEVER
    arterial_line: tuple[float, float] = NEVER
    other_gases: str | None = None
    peep: Points = ((0, 5.0),)
    plateau: Points = ((0, 18.0),)
    control: str = "volume"
    sedation: Steps = ()
    moves: Steps = ()
    """To another bed."""
    consent: tuple[float, str] | None = None
    treatment: tuple[float, str] | None = None
    ards: tuple[float, str] | None = None

    @property
    def age(self) -> str:
        """The age as a ward says it: weeks, months or years."""
        if self.age_days < 90:
            return f"{self.age_days // 7} wk"
        if self.age_days < 730:
            return f"{self.age_days // 30} mo"
        return f"{self.age_days // 365} y"
