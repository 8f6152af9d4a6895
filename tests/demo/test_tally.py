"""What a demo counts."""

from typing import Any

import pytest

from picustream.demo.tally import Tally, summary_lines
from picustream.models.record import ALERT, DEAD_LETTER
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.registry import Registry
from tests.demo.records import DEAD, FIRING, apps, mods
from tests.scoring.scores.toys.record import PULSE
from tests.scoring.scores.toys.score import Pulse


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


@pytest.mark.parametrize("status", ["final", "amended", "entered-in-error"])
def test_a_score_without_a_column_is_news_all_the_same(status: str) -> None:
    """Of any score of the registry: nothing is passed over because the picture was drawn before it."""
    part = {"points": 1, "value": 130, "unit": "/min", "inputs": [], "reason": None}
    record = {
        **envelope("S-1", status), "score": "PULSE", "day": "2026-03-02", "total": 1, "elapsed_day": None,
        "sdtm_day": None, "in_window": None, "pulse": part,
    }  # fmt: skip
    found = Tally(kinds=Registry((Pulse(),))).record(PULSE, record)
    assert found is not None
    said = "withdrawn" if status == "entered-in-error" else f"1 {status}"
    assert found.what == f"PULSE of 2026-03-02 {said}"


def envelope(stay_id: str, status: str) -> dict[str, Any]:
    """What every record has."""
    at = "2026-03-03T06:00:00+08:00"
    return {
        "event_id": f"{stay_id}/pulse/2026-03-02/r1", "stay_id": stay_id, "patient_id": "P", "status": status,
        "revision": 1, "supersedes": None, "cause": {"reason": "time", "event_id": None}, "effective_at": at,
        "emitted_at": at, "protocol": {"id": "T", "version": "1", "sha256": "0"}, "software": "0", "caveats": [],
        "use": "research-only",
    }  # fmt: skip
