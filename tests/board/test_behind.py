"""What is behind the read model: partitions, feeds, inputs and checks, as they are on the operator's page."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.board import pipeline as asking
from picustream.board.app import application
from picustream.board.checks import Checked, Checks
from picustream.board.pipeline import Behind, Feed, Pipeline
from picustream.board.views.engine import engine
from picustream.board.workers import PartitionReport
from picustream.doctor.finding import Finding, ok, skipped
from picustream.models.event import INPUT_TOPICS, LAB
from picustream.models.feeds import FeedLimits, SourceLimits, SourceMap
from picustream.runtime.clock import Clock
from picustream.runtime.settings import Settings
from picustream.scoring.alerts.feed_alerts import conditions
from picustream.scoring.alerts.feed_snapshot import FeedSnapshot
from picustream.scoring.alerts.source import SILENT, Source
from tests.board.made import ask
from tests.board.office import ALARMED, Office

NOW = ALARMED.astimezone(UTC)
DAY = timedelta(hours=24)
HEARD = Feed("lis", True, NOW - timedelta(hours=2), DAY, NOW + timedelta(hours=22))
PARTS = {(topic, number): 0 for topic in INPUT_TOPICS for number in range(2)}
KNOWN = Behind({0: "icu-1 (10.0.0.3)", 1: "icu-2 (10.0.0.4)"}, PARTS, {LAB: NOW}, (HEARD,), 2)
REPORT = PartitionReport("127.0.0.1:6066", 1, "working", 7, 3.2, "", False)
BAD = re.compile(r'<tr class="bad"><th scope="row">([^<]*)</th><td>([^<]*)')


def office(tmp_path: Path, behind: Behind = KNOWN, checked: Checked | None = None) -> str:
    """The operator's page."""
    board = Office.of(tmp_path, ALARMED).board()
    board = replace(board, behind=lambda: behind, checked=lambda: checked or Checked())
    return ask(application(board), "/ops").text


@given(
    st.booleans(),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=9)),
    st.timedeltas(timedelta(0), timedelta(days=9)),
    st.booleans(),
    st.booleans(),
    st.integers(1, 200),
)
def test_a_feed_is_overdue_exactly_when_the_workers_would_call_it_silent(
    accepted: bool, opened: timedelta | None, unheard: timedelta, measures: bool, fires: bool, limit: int
) -> None:
    """And where the alert fires it is silent, whatever the limit: the page and the alerts never differ."""
    sources = SourceMap()
    sources.add(FeedLimits(), {"own": SourceLimits(silence_after_hours=limit)})
    source = Source(NOW - unheard, accepted, measures)
    snapshot = FeedSnapshot(NOW, {"lis": source, "own": source}, None if opened is None else NOW - opened)
    feeds = Pipeline(Settings(), sources, Clock()).feeds(snapshot)
    for feed in feeds:
        limits = sources.limits(feed.source, measures)
        names = [name for name, *_ in conditions(source, snapshot.opened, limits, NOW, {})]
        shown = engine(
            replace(KNOWN, feeds=(feed,)), (), Checked(), {feed.source: feed.last} if fires else {}, NOW, NOW
        )
        [row] = shown.feeds
        assert row.state == "silent" if fires else (row.state == "overdue") == (SILENT in names)
        assert row.bad == (fires or SILENT in names)
        assert row.last == source.last


def test_what_was_asked_is_judged_as_of_when_it_was() -> None:
    """A ward's clock that runs fast has gone on for a day since."""
    late = engine(replace(KNOWN, as_of=NOW), (), Checked(), {}, NOW + 2 * DAY, NOW)
    assert late == engine(KNOWN, (), Checked(), {}, NOW, NOW)
    assert [row.state for row in late.feeds] == ["in time"]


def test_every_partition_is_on_the_page_with_whoever_has_it_and_what_is_not_known_says_so(tmp_path: Path) -> None:
    shown = engine(replace(KNOWN, owners={1: "icu-2"}), [REPORT], Checked(), {}, NOW, NOW).partitions
    assert [(row.number, row.owner, row.state, row.waiting, row.bad) for row in shown] == [
        (0, "nobody", "not known", 0, True),
        (1, "icu-2", "working", 7, False),
    ]
    away = Behind(partitions=2, unknown=("Kafka does not answer at a:1.",))
    shown = engine(away, [REPORT], Checked(), {}, NOW, NOW).partitions
    assert [(row.owner, row.waiting) for row in shown] == [("not known", None), ("127.0.0.1:6066", 7)]
    text = office(tmp_path, away)
    assert "Not all is known: Kafka does not answer at a:1." in text
    assert "When something last came from each feed is not known" in text


@given(st.dictionaries(st.sampled_from(sorted(PARTS)), st.none() | st.integers(0, 9), min_size=10))
def test_a_sum_with_something_unknown_in_it_is_unknown(waiting: dict[tuple[str, int], int | None]) -> None:
    shown = engine(replace(KNOWN, waiting=waiting), (), Checked(), {}, NOW, NOW)
    for row in shown.partitions:
        lefts = [waiting[topic, row.number] for topic in INPUT_TOPICS]
        assert row.waiting == (None if None in lefts else sum(left or 0 for left in lefts))
    for one in shown.inputs:
        lefts = [waiting[one.topic, number] for number in range(2)]
        assert one.waiting == (None if None in lefts else sum(left or 0 for left in lefts))


def test_feeds_and_inputs_have_when_they_were_heard_and_a_silent_one_is_first(tmp_path: Path) -> None:
    late = replace(HEARD, source="monitor", due=NOW - timedelta(minutes=1))
    text = office(tmp_path, replace(KNOWN, feeds=(HEARD, late)))
    assert ("monitor", "overdue") in BAD.findall(text)
    assert text.index('row">monitor<') < text.index('row">lis<')
    assert '<th scope="row">picu.lab.v1</th>' in text and "nothing yet" in text
    shown = engine(replace(KNOWN, feeds=None), (), Checked(), {"bga": NOW - DAY}, NOW, NOW)
    assert [(row.source, row.state, row.limit) for row in shown.feeds] == [("bga", "silent", "not known")]


def test_answers_that_hang_are_no_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    pipeline = Pipeline(
        Settings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1"), SourceMap(), Clock(), lambda: clock[0]
    )
    assert pipeline().unknown == ("It has not been asked yet.",)
    found = pipeline.ask()
    assert [why.partition(" (")[0] for why in found.unknown] == [
        "Kafka does not answer at 127.0.0.1:1", "Redis does not answer at 127.0.0.1:1",
    ]  # fmt: skip
    assert (found.owners, found.waiting, found.newest, found.feeds) == (None, None, None, None)
    clock[0] = asking.STALE + 0.1
    assert pipeline().unknown == ("Kafka or Redis keeps us waiting for an answer.",)
    pipeline.close()


def test_what_the_doctor_found_is_on_the_page_with_its_age_and_what_to_do(tmp_path: Path) -> None:
    findings = (
        ok("rules", "fine"),
        skipped("redis", "CONFIG is not allowed"),
        Finding("kafka", "missing", "away", "Start it."),
    )
    text = office(tmp_path, checked=Checked(datetime.now(UTC) - timedelta(minutes=4, seconds=2), findings))
    assert "4 min ago: 1 to see to, 1 not checked, 1 well" in text
    assert BAD.findall(text)[-1] == ("kafka", "missing") and "Start it." in text and "CONFIG" in text


def run(*program: str, before: Checked | None = None) -> Checked:
    checks = Checks({"PICUSTREAM_STORE": "here"}, ["-c", *program], lambda: NOW)
    if before is not None:
        checks._last = before
    asyncio.run(checks.check())
    return checks()


def test_the_doctor_is_asked_as_a_process_with_the_read_model_of_the_board() -> None:
    said = {"status": 1, "findings": [{"check": "store", "level": "finding", "message": "old", "fix": ""}]}
    program = (
        f"import os, sys; assert os.environ['PICUSTREAM_STORE'] == 'here'; print({json.dumps(said)!r}); sys.exit(1)"
    )
    assert run(program) == Checked(NOW, (Finding("store", "finding", "old"),))


def test_a_doctor_that_says_nothing_leaves_what_was_found_before_and_says_so() -> None:
    before = Checked(NOW - DAY, (ok("rules", "fine"),))
    broken = run("import sys; sys.exit('no settings')", before=before)
    assert (broken.at, broken.findings) == (before.at, before.findings)
    assert broken.trouble == "it ended with status 1: no settings"


def test_the_real_doctor_speaks_as_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICUSTREAM_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("PICUSTREAM_REDIS", "redis://127.0.0.1:1")
    checks = Checks({})
    asyncio.run(checks.check())
    assert {one.check for one in checks().findings} >= {"rules", "kafka", "redis"}
    assert checks().trouble == ""


def test_a_doctor_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("picustream.board.checks.PATIENCE", 0.5)
    assert "gave no answer" in run("import time; time.sleep(60)").trouble


def test_the_page_is_made_anew_with_what_is_behind_the_read_model(tmp_path: Path) -> None:
    board = Office.of(tmp_path, ALARMED).board()
    seen = [KNOWN]
    app = application(replace(board, behind=lambda: seen[0]))
    first, desk = ask(app, "/ops"), ask(app, "/desk?tab=all")
    assert ask(app, "/ops", if_none_match=first.headers["etag"]).status == 304
    seen[0] = replace(KNOWN, owners={0: "icu-1"})
    assert "nobody" in ask(app, "/ops", if_none_match=first.headers["etag"]).text
    assert ask(app, "/desk?tab=all", if_none_match=desk.headers["etag"]).status == 304
