"""How far a change reaches: the local days whose results a changed observation can touch.

Derived from the windows of the pairing rules; a property test holds every shortcut made here against a computation
from scratch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from picustream.models.protocol import Protocol, hours, minutes
from picustream.models.variable import Variable
from picustream.scoring.chart.bands import Organ
from picustream.scoring.clinical.days import ONE_DAY, local_date

Changed = Variable | Literal["ventilator"]
Part = Organ | Literal["pairs", "plateau"]
"""An organ's day, the P/F pairs of a day, or the pressures beside them."""

NOW = timedelta()


@dataclass(frozen=True, slots=True)
class Reach:
    """A part that a change touches, from `back` before it to `ahead` after it."""

    part: Part
    back: timedelta
    ahead: timedelta


class Reaches:
    """The reach of every kind of change under a protocol."""

    def __init__(self, protocol: Protocol) -> None:
        self._zone = protocol.zone
        self._reaches = _reaches(protocol)

    def touched(self, changed: Changed, moment: datetime) -> Iterator[tuple[Part, date]]:
        """Every part and local day that a change at a moment can touch."""
        for reach in self._reaches.get(changed, ()):
            day = local_date(moment - reach.back, self._zone)
            last = local_date(moment + reach.ahead, self._zone)
            while day <= last:
                yield reach.part, day
                day += ONE_DAY


def _reaches(protocol: Protocol) -> dict[Changed, tuple[Reach, ...]]:
    pairing, plateau = protocol.pairing, hours(protocol.apps.plateau_within_hours)
    fio2 = max(hours(pairing.fio2_look_back_hours), hours(pairing.room_air_look_back_hours))
    fio2_ahead = minutes(pairing.fio2_look_ahead_minutes)
    support = hours(pairing.support_look_back_hours)
    peep = hours(pairing.peep_look_back_hours)
    par = minutes(pairing.par_within_minutes)
    triplet = (Reach("cardiovascular", par, max(par, minutes(pairing.par_look_back_minutes))),)
    gcs = minutes(pairing.gcs_within_minutes)
    beside_plateau = (Reach("plateau", plateau, plateau),)

    def gases(back: timedelta, ahead: timedelta) -> tuple[Reach, ...]:
        return Reach("respiratory", back, ahead), Reach("pairs", back, ahead)

    positive_pressure = (Reach("pairs", NOW, peep), Reach("plateau", plateau, peep + plateau))
    return {
        Variable.PAO2: gases(NOW, NOW),
        Variable.FIO2: gases(fio2_ahead, fio2),
        "ventilator": (
            *gases(fio2_ahead, support + fio2),
            Reach("neurologic", NOW, support),
            Reach("plateau", plateau, plateau),
        ),
        Variable.PEEP: positive_pressure,
        Variable.PEEP_MEASURED: positive_pressure,
        Variable.PLATEAU_PRESSURE: beside_plateau,
        Variable.PEAK_PRESSURE: beside_plateau,
        Variable.CREATININE: (Reach("renal", NOW, NOW),),
        Variable.BILIRUBIN_TOTAL: (Reach("hepatic", NOW, NOW),),
        Variable.PLATELETS: (Reach("haematologic", NOW, NOW),),
        Variable.CVP: (Reach("cardiovascular", NOW, NOW),),
        Variable.HEART_RATE: triplet,
        Variable.MAP_INVASIVE: triplet,
        Variable.MAP_NONINVASIVE: triplet,
        Variable.GCS_TOTAL: (Reach("neurologic", NOW, NOW),),
        Variable.GCS_EYE: (Reach("neurologic", NOW, NOW),),
        Variable.GCS_VERBAL: (Reach("neurologic", gcs, gcs),),
        Variable.GCS_MOTOR: (Reach("neurologic", gcs, gcs),),
    }
