"""A receipt worked out again with a pencil: fractions, and edges written down once more."""

from fractions import Fraction
from typing import Any

EDGES = {
    "respiratory": (75, 150, 225, 300),
    "renal": (100, 200, 350, 500),
    "hepatic": (20, 60, 120, 240),
    "cardiovascular": (10, 15, 20, 30),
    "haematologic": (20, 50, 80, 120),
    "neurologic": (6, 9, 12, 14),
}
"""Marshall's table, written down once more: the ends of the bands, closed above."""
LOW_IS_BAD = ("respiratory", "haematologic", "neurologic")


def mods_points(organ: str, value: Fraction) -> int:
    above = sum(value > edge for edge in EDGES[organ])
    return 4 - above if organ in LOW_IS_BAD else above


def apps_points(name: str, value: Fraction) -> int:
    if name == "age":
        return 1 if value < 47 else 2 if value <= 66 else 3
    if name == "pf":
        return 1 if value > 158 else 2 if value >= 105 else 3
    return 1 if value < 27 else 2 if value <= 30 else 3


def canonical(one: dict[str, Any], explained: dict[str, Any]) -> Fraction:
    """An input from its value as sent and the factor that the receipt names."""
    assert one["id"] == explained["id"]
    if one["variable"] == "support":
        assert one["value"] == "room-air"
        return Fraction("0.21")
    exact = Fraction(one["original"]["value"]) * Fraction(explained["factor"])
    if one["variable"] == "fio2" and Fraction("0.20") <= exact < Fraction("0.21"):
        return Fraction("0.21")
    if one["variable"] == "gcs_verbal" and exact == 1 and one["value"] == 5:
        return Fraction(5)
    return exact


def ages_by_hand(birth: str, onset_at: str) -> set[int]:
    """Completed years on the local day of the onset, for the first and the last day that the birth date allows."""
    year, month, day = (int(part) for part in onset_at[:10].split("-"))
    first, last = (f"{birth}{rest[len(birth) - 4 :]}" for rest in ("-01-01", "-12-31"))
    born = [[int(part) for part in one.split("-")] for one in (first, last)]
    return {year - one[0] - ([month, day] < one[1:]) for one in born}


def by_hand(part: dict[str, Any], explained: dict[str, Any]) -> Fraction:
    """The value of an organ or component, in fractions, from nothing but the receipt."""
    values = [canonical(*pair) for pair in zip(part["inputs"], explained["inputs"], strict=True)]
    names = [one["variable"] for one in part["inputs"]]
    if "pao2" in names:
        return values[0] / values[1]
    if "cvp" in names:
        return values[1] * values[0] / values[2]
    return sum(values, Fraction(0))


def close(value: Fraction, printed: Any) -> bool:
    return abs(value - Fraction(printed)) <= Fraction(1, 2_000_000)


def check_mods(record: dict[str, Any]) -> int:
    """How many organs of a receipt were worked out by hand; each, the total and the range have to agree."""
    done, points, measured = 0, [], []
    for part in record["components"]:
        explained = record["explained"]["components"][part["organ"]]
        if part["basis"] in ("measured", "carried-forward"):
            value = by_hand(part, explained)
            assert close(value, part["value"]), (record["event_id"], part["organ"])
            assert mods_points(part["organ"], value) == part["points"], (record["event_id"], part["organ"])
            points.append(mods_points(part["organ"], value))
            done += 1
        else:
            assert part["points"] == 0 and explained["band"] is None
            points.append(0)
        if part["basis"] == "measured":
            measured.append(part["points"])
    assert record["total"] == sum(points)
    least, most = sum(measured), sum(measured) + 4 * (6 - len(measured))
    assert record["explained"]["possible_total"] == record["range"] == {"min": least, "max": most}
    return done


def check_apps(record: dict[str, Any]) -> int:
    done, total = 0, 0
    for name, part in record["components"].items():
        if part["points"] is None:
            assert record["total"] is None and part["reason"]
            continue
        if name == "age":
            values = {Fraction(age) for age in ages_by_hand(part["inputs"][0]["value"], record["onset_at"])}
        else:
            values = {by_hand(part, record["explained"]["components"][name])}
        assert part["value"] is None or any(close(value, part["value"]) for value in values), (record["event_id"], name)
        assert {apps_points(name, value) for value in values} == {part["points"]}, (record["event_id"], name)
        total, done = total + part["points"], done + 1
    assert record["total"] in (None, total)
    return done
