"""The rows of the beds: measured, carried, assumed and sedated look different, and only current records are shown."""

from dataclasses import replace
from datetime import timedelta

import pytest

from picustream.demo.news import Weight
from picustream.demo.tally import Tally
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.terminal import glyphs
from tests.demo.records import BED, NOON, apps, drawn, mods, row, withdrawn


def test_missing_never_looks_like_zero(tally: Tally) -> None:
    """I6: an organ that nobody measured shows no digit, in one line or in two."""
    tally.record(MODS, mods(hepatic={"basis": "assumed-normal", "value": None, "reason": "not-measured"}))
    assert "?╌╌╌╌" in row(tally)
    roomy = drawn(tally, 140, 40)
    assert any("not measured" in line for line in roomy)
    assert "0–4" in row(tally)


def test_a_row_shows_day_total_range_trend_apps_and_status(tally: Tally) -> None:
    tally.record(MODS, mods(3, renal={"points": 2}))
    tally.record(MODS, mods(4, renal={"points": 3}, neurologic={"basis": "assumed-normal-sedated", "value": 15}))
    tally.record(APPS, apps(6))
    cells = row(tally).split()
    assert cells[:4] == ["S-1", "4", "3", "3–7"]
    assert cells[4:10] == ["0····", "3███·", "0····", "0····", "0····", "z╌╌╌╌"]
    assert cells[10:] == ["▂▂", "6", "prelim."]


@pytest.mark.parametrize("width", range(80, 130))
def test_a_label_takes_only_the_room_that_the_organs_leave(width: int) -> None:
    tally = Tally([replace(BED, label="after heart surgery, 8 mo")])
    tally.clock(NOON)
    tally.record(MODS, mods(4, renal={"points": 4}, hepatic={"points": 4}, neurologic={"basis": "assumed-normal"}))
    cells = row(tally, width=width)
    assert all(picture in cells for picture in ("4████", "0····", "?╌╌╌╌", "8–12", "prelim."))
    assert ("after hea" in cells) is (width >= 91)


def test_a_carried_value_says_how_old_it_is(tally: Tally) -> None:
    tally.record(MODS, mods(renal={"points": 2, "basis": "carried-forward", "age_hours": 31.5, "value": 236}))
    assert any("236 ‹32 h" in line for line in drawn(tally, 140, 40))


def test_an_incomplete_apps_is_a_question_mark_and_not_a_number(tally: Tally) -> None:
    tally.record(MODS, mods())
    tally.record(APPS, apps(None))
    assert row(tally).split()[-2:] == ["?", "prelim."]


def test_the_trend_leaves_a_gap_for_a_day_without_a_record(tally: Tally) -> None:
    for day in (1, 3, 4):
        tally.record(MODS, mods(day, renal={"points": 4}, hepatic={"points": 4}))
    assert glyphs.trend(tally.stays["S-1"].days, 24).plain == "▃ ▃▃"


def test_a_bed_is_empty_before_the_admission_and_left_after_the_discharge(tally: Tally) -> None:
    tally.clock(BED.admitted - timedelta(hours=1))
    assert "empty" in row(tally, width=100)
    assert BED.label not in row(tally, width=100)
    tally.record(MODS, mods())
    tally.clock(BED.left)
    assert "left" in row(tally)


def test_a_stay_that_no_bed_is_known_for_is_shown_all_the_same() -> None:
    tally = Tally()
    tally.record(MODS, mods())
    assert row(tally).startswith("S-1")


def test_a_withdrawn_day_gives_way_to_the_day_before(tally: Tally) -> None:
    tally.record(MODS, mods(3, renal={"points": 2}))
    tally.record(MODS, mods(4, renal={"points": 3}))
    news = tally.record(MODS, withdrawn(4))
    assert tally.stays["S-1"].current == mods(3, renal={"points": 2})
    assert news is not None
    assert (news.what, news.weight) == ("day 4 MODS withdrawn", Weight.SURPRISE)


def test_a_withdrawn_apps_is_no_longer_shown(tally: Tally) -> None:
    tally.record(APPS, apps(6))
    tally.record(APPS, apps(None, "entered-in-error", 2, ards=None))
    assert tally.stays["S-1"].daily_apps is None
