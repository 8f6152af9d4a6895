"""The picture of the ward on screens of every size."""

import pytest

from picustream.demo.tally import Tally
from picustream.demo.timeline import Bed
from picustream.models.record import ALERT, DEAD_LETTER
from picustream.scoring.scores.mods.record import MODS
from tests.demo.records import BED, DEAD, FIRING, LATE, NOON, drawn, mods


@pytest.mark.parametrize(("width", "height"), [(80, 24), (104, 30), (140, 40), (200, 60)])
def test_the_picture_fills_the_screen_and_loses_nothing_that_matters(width: int, height: int) -> None:
    beds = [Bed(n, f"S-{n}", f"child {n}", BED.admitted, BED.left, "ward") for n in range(1, 9)]
    tally = Tally(beds, speed=12_000)
    tally.clock(NOON)
    tally.beat(LATE)
    tally.record(MODS, mods())
    tally.record(DEAD_LETTER, DEAD)
    tally.record(ALERT, FIRING)
    lines = drawn(tally, width, height)
    text = "\n".join(lines)
    assert len(lines) == height
    assert max(len(line) for line in lines) <= width
    for wanted in ("S-8", "Thu 05 Mar 12:00", "12,000×", "day 4", LATE.title, "unit-unknown", "amended-after-final"):
        assert wanted in text
    for word in ("measured", "carried forward", "not measured", "sedated", "dead letters 1"):
        assert word in text
