"""Totals of the Glasgow coma scale that contradict their parts, charted at the same moment (M6)."""

from picustream.lint.memory import LATEST_FIRST, Memory, where
from picustream.models.variable import Variable

PARTS = (Variable.GCS_TOTAL, Variable.GCS_EYE, Variable.GCS_VERBAL, Variable.GCS_MOTOR)
"""In the database a variable is its place here."""

_CURRENT = f"""
    SELECT coma.stay, coma.at, coma.part, coma.points, coma.place FROM coma JOIN
    (SELECT name, place, RANK() OVER (PARTITION BY name ORDER BY {LATEST_FIRST}) AS nth
     FROM thing WHERE name IN (SELECT name FROM coma)) AS version
    ON version.name = coma.name AND version.place = coma.place AND version.nth = 1
"""
_CONTRADICTIONS = f"""
    SELECT MIN(place) FROM ({_CURRENT}) GROUP BY stay, at HAVING COUNT(DISTINCT part) = {len(PARTS)}
    AND COUNT(DISTINCT part * 100 + points) = {len(PARTS)}
    AND MAX((part = 0) * points) <>
        MAX((part = 1) * points) + MAX((part = 2) * points) + MAX((part = 3) * points)
"""


def contradictions(memory: Memory) -> tuple[int, tuple[int, int] | None]:
    """How many totals in force are not the sum of the eye, verbal and motor points of the same stay and moment, and
    where the first is. What contradicts itself already, two totals of one moment, is passed over."""
    memory.write()
    places = [place for (place,) in memory.database.execute(_CONTRADICTIONS)]
    return len(places), where(min(places)) if places else None
