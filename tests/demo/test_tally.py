"""What a demo counts."""

from picustream.demo.tally import Tally, summary_lines
from picustream.models.record import ALERT, DEAD_LETTER
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from tests.demo.records import DEAD, FIRING, apps, mods


def test_everything_is_counted(tally: Tally) -> None:
    tally.event_published(3)
    tally.event_published()
    tally.record(MODS, mods())
    tally.record(MODS, mods(revision=2))
    tally.record(APPS, apps())
    tally.record(ALERT, FIRING)
    tally.record(DEAD_LETTER, DEAD)
    tally.record("picu.outcome.v1", {"stay_id": "S-1", "revision": 1})
    summary = tally.summary()
    assert summary["events"] == 4
    assert summary["records"] == {MODS: 2, APPS: 1, ALERT: 1, DEAD_LETTER: 1, "picu.outcome.v1": 1}
    assert (summary["revisions"], summary["dead_letters"], summary["stays"]) == (1, {"unit-unknown": 1}, 1)
    assert "dead letters       1 (unit-unknown 1)" in summary_lines(summary)
