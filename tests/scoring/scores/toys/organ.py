"""A seventh organ: the day's first oxygen saturation."""

from picustream.models.event import VITAL
from picustream.models.variable import Variable
from picustream.scoring.scores.bands import closed_above
from picustream.scoring.scores.description import any_of
from picustream.scoring.scores.mods.organ_rules import first_value
from picustream.scoring.scores.mods.organs import Organ, OrganWords

OXYGENATION = Organ(
    name="oxygenation",
    rule=first_value(Variable.SPO2),
    anchors=(Variable.SPO2,),
    bands=closed_above((94, 90, 85, 80), "%", high_is_bad=False),
    rules=("M1", "M3"),
    needs=(any_of("saturation", VITAL, Variable.SPO2),),
    words=OrganWords(
        measure="SpO2",
        short="satur",
        reading="SpO2 %",
        first_of_day="the day's first saturation",
        nothing_came="no saturation of this day",
    ),
    one_value=Variable.SPO2,
)
