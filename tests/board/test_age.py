"""A read model, its follower, the workers and the feeds: each of them is seen when it is not at work."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.board.follower import Follower
from picustream.board.frame import Trouble
from picustream.board.pulse import STALE, Pulse, State
from picustream.board.source import Source
from picustream.board.state import BEHIND, UNFED, Watch
from picustream.board.workers import Workers
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, NoStore, address
from picustream.readmodel.rows import Position, Progress
from picustream.runtime.clock import Clock
from tests.board.made import ZONE, everything
from tests.readmodel.filling import Log, fill

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@dataclass
class Model:
    """A read model whose follower was seen, and knew all, so long ago."""

    unseen: timedelta | None = timedelta(seconds=1)
    age: timedelta | None = timedelta(seconds=1)
    ready: bool = True
    lag: int = 1234
    audience: Audience = Audience.EVERYTHING
    firing: list[dict[str, Any]] = field(default_factory=list)

    def model(self) -> "Model":
        return self

    def progress(self) -> Progress:
        seen, known = (None if ago is None else NOW - ago for ago in (self.unseen, self.age))
        places = (Position("picu.stay.v1", 0, 1244 - self.lag, 1244, NOW),)
        return Progress(7, known, known, seen, known, "here", "there", self.ready, places)

    def alerts(self, audience: str) -> list["Alert"]:
        return [Alert(one) for one in self.firing if one["audience"] == audience]


@dataclass
class Alert:
    body: dict[str, Any]

    def json(self) -> dict[str, Any]:
        return self.body


def troubles(model: Any) -> list[tuple[str, str]]:
    watch = Watch(model, Clock(wall=lambda: NOW), ZONE)
    return [(one.kind, f"{one.title} {one.words}") for one in watch().troubles]


def seconds(most: int) -> st.SearchStrategy[timedelta]:
    return st.timedeltas(timedelta(0), timedelta(seconds=most))


@given(seconds(100), seconds(100))
def test_what_is_shown_is_fresh_or_a_page_says_what_is_wrong(unseen: timedelta, age: timedelta) -> None:
    """One line, and none if and only if the follower was just seen and knew all."""
    found = troubles(Model(unseen, age))
    assert len(found) == (unseen > UNFED or age > BEHIND)
    assert {kind for kind, _ in found} <= {"stale"}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Model(unseen=timedelta(seconds=44)), "not fed for 40 s"),
        (Model(unseen=None, age=None), "not fed: what"),
        (Model(age=timedelta(minutes=7)), "behind by 7 min; 1,234 records to be read"),
        (
            Model(age=timedelta(seconds=9), lag=0),
            "behind by 5 s; Kafka was not heard since, and how much is to be read is not known",
        ),
        (Model(age=None, ready=False), "being filled; 1,234 records"),
    ],
)
def test_the_line_says_since_when_and_how_much_is_missing(model: Model, words: str) -> None:
    [(_, said)] = troubles(model)
    assert words in said


def _alert(name: str, audience: str) -> dict[str, Any]:
    return {
        "name": name, "audience": audience, "stay_id": None, "alert_id": f"alert/{name}/bga-2",
        "since": "2026-03-08T19:36:00+08:00",
    }  # fmt: skip


def test_a_silent_feed_is_named_and_nothing_of_the_trial_is() -> None:
    firing = [
        _alert("feed-silent", "operations"),
        _alert("eligible", "trial-office"),
        _alert("dead-letters", "operations"),
    ]
    assert troubles(Model(firing=firing)) == [("silent", "Silent: bga-2 since Sun 8 Mar 19:36")]


def test_a_read_model_of_the_ward_is_not_asked_for_alerts() -> None:
    assert troubles(Model(audience=Audience.WARD, firing=[_alert("feed-silent", "operations")])) == []


def test_a_read_model_that_goes_is_seen_and_what_was_known_is_not_made_newer(tmp_path: Path) -> None:
    where = address(str(tmp_path / "store.sqlite"))
    watch = Watch(Source(where), Clock(), ZONE)
    assert watch().there is False
    _filled(where)
    there = watch()
    assert there.there and there.version > 0
    for file in tmp_path.iterdir():
        file.unlink()
    gone = watch()
    assert (gone.there, gone.known, gone.troubles[0].kind) == (False, there.known, "stale")
    _filled(where)
    assert watch().there


def _filled(where: Address) -> None:
    log = Log()
    for row in everything()[:40]:
        log.add(row.topic, str(row.stay).encode() if row.stay else b"x", row.body.encode())
    fill(where, log)


class Ticking:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@given(st.floats(0, 2 * STALE))
def test_an_old_answer_is_no_answer(age: float) -> None:
    clock = Ticking()
    pulse = Pulse(lambda: State(1, NOW, ()), lambda: NOW, clock)
    assert pulse.fresh is None
    pulse.ask()
    clock.at = age
    assert (pulse.fresh is not None) == (age < STALE)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 1)), min_size=2, max_size=2))
def test_the_version_is_another_one_when_anything_that_is_shown_is(states: list[tuple[int, bool, int]]) -> None:
    versions = []
    for version, wrong, minute in states:
        state = State(version, NOW, (Trouble("stale", "Behind", "by 5 s"),) if wrong else ())
        versions.append(
            Pulse(lambda state=state: state, lambda minute=minute: NOW + timedelta(minutes=minute)).ask().version
        )
    assert (versions[0] == versions[1]) == (states[0] == states[1])


def _worker(**partition: Any) -> Callable[[str], dict[str, Any]]:
    row = {
        "partition": 3, "state": "working", "lag": 0, "seconds_since_progress": 0.1, "trouble": None, "stuck": False,
    }  # fmt: skip
    return lambda _: {"ok": True, "partitions": [row | partition]}


def _dead(_: str) -> dict[str, Any]:
    raise ConnectionRefusedError


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (_worker(), []),
        (_worker(stuck=True), ["the worker at 127.0.0.1:6066 is stuck, partitions 3"]),
        (_dead, ["the worker at 127.0.0.1:6066 does not answer"]),
        (lambda _: {}, ["the worker at 127.0.0.1:6066 does not answer"]),
    ],
)
def test_a_worker_that_is_not_at_work_makes_all_figures_old(ask: Any, words: list[str]) -> None:
    workers = Workers(["http://127.0.0.1:6066/"], ask)
    asyncio.run(workers.ask())
    found = list(workers())
    assert [one.words for one in found] == words
    assert {one.kind for one in found} <= {"stale"}


def test_a_worker_that_hangs_keeps_no_page_waiting() -> None:
    """Neither the answer of the read model nor what is known of the other workers waits for it."""
    goes_on = threading.Event()

    def ask(address: str) -> dict[str, Any]:
        if address == "hangs":
            goes_on.wait(30)
        raise ConnectionRefusedError

    workers = Workers(["hangs", "dead"], ask)

    async def life() -> None:
        asking = asyncio.create_task(workers.ask())
        await asyncio.sleep(0.05)
        assert list(workers()) == []  # and this returned at once
        goes_on.set()
        await asking
        assert len(list(workers())) == 1

    asyncio.run(life())


def test_a_follower_that_ends_is_named_and_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And none is started while another feeds the read model, and none is left over."""
    monkeypatch.setattr("picustream.board.follower.AGAIN", 0.01)
    monkeypatch.setattr("picustream.board.follower.EVERY", 0.01)
    follower = Follower(Source(address(str(tmp_path / "none.sqlite"))), ["store", "follow", "--store", "ftp://x/y"])
    fed: Iterator[bool] = iter([True, True, False, True, *[True] * 1000])

    async def life() -> None:
        task = asyncio.create_task(follower.run(lambda: next(fed)))
        async with asyncio.timeout(60):
            while not follower._ended:
                await asyncio.sleep(0.01)
        [said] = follower()
        assert "status 2" in said.words
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(life())


def test_a_follower_is_stopped_with_its_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    follower = Follower(Source(address(str(tmp_path / "none.sqlite"))), [])
    monkeypatch.setattr(sys, "executable", "/bin/sleep")
    monkeypatch.setattr("picustream.board.follower.PROGRAM", ())
    follower._arguments = ["60"]

    async def life() -> int | None:
        task = asyncio.create_task(follower.run(lambda: False))
        async with asyncio.timeout(60):
            while follower._process is None:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return follower._process.returncode

    assert asyncio.run(life()) == -15


def test_the_read_model_is_opened_when_it_is_there(tmp_path: Path) -> None:
    source = Source(address(str(tmp_path / "store.sqlite")))
    with pytest.raises(NoStore):
        source.model()
    _filled(address(str(tmp_path / "store.sqlite")))
    assert source.model() is source.model()
