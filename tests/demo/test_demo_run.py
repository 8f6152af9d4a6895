"""The demo's parts without servers: its pace, its turns, its ending, its sums, its picture, and a worker that ends."""

import json
import os
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from picustream.demo.camera import Camera
from picustream.demo.ending import SIGNALS, Ended, Ending
from picustream.demo.plan import CLEAN_UP, CLOSING, FASTEST, LEAD, WARD_SECONDS, Plan, lead
from picustream.demo.play import QUIET, Play
from picustream.demo.run import Demo
from picustream.demo.sums import Sums, keep
from picustream.demo.tally import Tally
from picustream.demo.timeline import Beat, Timed
from picustream.demo.view import PlainView
from picustream.demo.ward import Ward, ward
from picustream.demo.worker import Worker, WorkerEnded, environment
from picustream.eventfiles.files import lines
from picustream.runtime.clock import Clock
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.registry import OUTPUT_TOPICS

OPENS = datetime(2026, 3, 2, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


# --- pace


def test_the_ward_fills_the_time_that_is_left() -> None:
    assert Plan(90).pace(60_000, 63) == 60_000 / (63 - CLOSING)
    assert Plan().pace(60_000, None) == 60_000 / WARD_SECONDS


def test_the_ward_is_never_faster_than_the_worker_can_follow() -> None:
    assert Plan(20).pace(700_000, -4) == FASTEST


def test_a_speed_that_is_asked_for_holds() -> None:
    assert Plan(90, speed=500).pace(700_000, 60) == 500


def test_some_of_the_time_is_kept_for_cleaning_up() -> None:
    assert Plan(90).showing == 90 - CLEAN_UP
    assert Plan().showing is None


@pytest.mark.parametrize(("start", "given"), [(2, LEAD[0]), (7, 7), (60, LEAD[1])])
def test_the_worker_is_given_as_long_as_the_servers_took_within_bounds(start: float, given: float) -> None:
    assert lead(start) == given


# --- turns


class Feed:
    """Acknowledges everything at once."""

    def __init__(self, events: list[Timed]) -> None:
        self.waiting = deque(events)
        self.sent: list[tuple[datetime, Timed]] = []

    @property
    def done(self) -> bool:
        return not self.waiting

    def publish(self, now: datetime) -> int:
        due = [self.waiting.popleft() for _ in range(sum(event.at <= now for event in self.waiting))]
        self.sent += [(now, event) for event in due]
        return len(due)

    def flush(self) -> int:
        self.waiting.clear()
        return 0


@dataclass
class Stored:
    topic: str
    value: bytes
    partition: int = 0
    offset: int = 0
    timestamp: int = 0


def stored(event_id: str, topic: str = "picu.outcome.v1") -> Stored:
    value = {"event_id": event_id, "stay_id": "S-1", "revision": 1, "emitted_at": OPENS.isoformat()}
    return Stored(topic, json.dumps(value).encode())


class Listener:
    """Holds `records`; those in `late` are heard only when the rest is asked for."""

    def __init__(self, records: list[Stored], late: list[Stored]) -> None:
        self.held = records + late
        self.coming = [[record] for record in records]
        self.late = late

    def poll(self) -> list[tuple[str, dict[str, Any]]]:
        return [(record.topic, json.loads(record.value)) for record in (self.coming.pop(0) if self.coming else [])]

    def rest(self) -> list[tuple[str, dict[str, Any]]]:
        return [(record.topic, json.loads(record.value)) for record in self.late]

    def read_anew(self) -> list[Stored]:
        return self.held


class WellWorker:
    stopped = False
    idle = True

    def check(self) -> None:
        """It never ends by itself."""

    def stop(self) -> None:
        self.stopped = True


class Hall:
    """A play in which the test moves the clock: `now` is the ward's."""

    def __init__(self, records: list[Stored], late: list[Stored], out: Any) -> None:
        self.now = OPENS
        self.ward = Ward(
            events=[Timed(OPENS + hours * HOUR, "picu.lab.v1", {"stay_id": "S-1"}) for hours in (1, 2, 20)],
            beats=[Beat(OPENS + 2 * HOUR, "S-1", "late", "It comes late.")],
            beds=[],
            opens=OPENS,
            closes=OPENS + 30 * HOUR,
        )
        self.feed, self.listener, self.worker = Feed(self.ward.events), Listener(records, late), WellWorker()
        self.view = PlainView([], 1.0, out)
        clock = Clock(wall=lambda: self.now)
        self.play = Play(self.ward, clock, self.worker, self.feed, self.listener, self.view)

    def turn(self, now: datetime) -> None:
        self.now = now
        self.play.turn()


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with (tmp_path / "screen").open("w") as out:
        yield Hall([stored("a")], [stored("b")], out)


def test_no_event_runs_ahead_of_the_ward_s_clock(hall: Hall) -> None:
    """T6: what is published carries no time that the worker's clock has not reached."""
    for hours in range(30):
        hall.turn(OPENS + hours * HOUR)
    assert [(now, event.at) for now, event in hall.feed.sent] == [(event.at, event.at) for event in hall.ward.events]


def test_a_beat_is_told_when_it_happens_and_once(hall: Hall) -> None:
    hall.turn(OPENS + HOUR)
    assert not hall.view.tally.beats
    hall.turn(OPENS + 2 * HOUR)
    hall.turn(OPENS + 3 * HOUR)
    assert [beat.title for beat in hall.view.tally.beats] == ["late"]


def test_the_ward_is_closed_when_all_is_over_sent_processed_and_quiet(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = [1000.0]
    monkeypatch.setattr("picustream.demo.play.time.monotonic", lambda: wall[0])
    hall.turn(hall.ward.closes)
    assert not hall.play.closed  # a record has just come
    wall[0] += QUIET
    assert hall.play.closed
    hall.worker.idle = False
    assert not hall.play.closed
    hall.worker.idle, hall.now = True, hall.ward.closes - HOUR
    assert not hall.play.closed


def test_the_end_waits_for_the_worker_and_counts_what_it_still_says(hall: Hall) -> None:
    hall.turn(OPENS + 3 * HOUR)
    sums = hall.play.end(closed=False)
    assert hall.worker.stopped
    assert sums.summary["records"] == sums.held == {"picu.outcome.v1": 2}
    assert (sums.day, sums.days, sums.true) == (1, 2, True)


def test_the_clock_on_the_screen_stops_when_the_ward_closes(hall: Hall) -> None:
    hall.turn(hall.ward.closes + 100 * HOUR)
    assert hall.view.tally.now == hall.ward.closes


# --- sums


def summed(records: list[Stored], shown: dict[str, int], closed: bool = True) -> Sums:
    return Sums({"events": 3, "records": shown, "revisions": 0, "dead_letters": {}, "stays": 1}, records, 5, 8, closed)


def test_the_sums_are_true_when_the_topics_hold_what_was_shown() -> None:
    sums = summed([stored("a"), stored("b")], {"picu.outcome.v1": 2})
    assert sums.lines() == ["read anew          the topics hold just these records, no event_id twice"]
    assert sums.as_json()["topics_hold"] == {"picu.outcome.v1": 2}


def test_a_record_that_was_not_shown_is_told() -> None:
    sums = summed([stored("a"), stored("b")], {"picu.outcome.v1": 1})
    assert not sums.true
    assert sums.lines()[-1].startswith("read anew          the topics hold something else: picu.outcome.v1 2;")


def test_a_record_that_stands_twice_is_told() -> None:
    """I3: the same event_id a second time."""
    sums = summed([stored("a"), stored("a")], {"picu.outcome.v1": 2})
    assert not sums.true
    assert sums.as_json()["repeated_event_ids"] == 1


def test_an_end_before_the_close_is_told() -> None:
    assert summed([], {}, closed=False).lines()[0] == "ended early        on day 5 of 8"


def test_records_are_kept_as_event_files_one_per_topic(tmp_path: Path) -> None:
    keep([stored("a", MODS), stored("b", MODS), stored("c")], tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        f"{topic}.ndjson" for topic in OUTPUT_TOPICS
    )
    with (tmp_path / "out" / f"{MODS}.ndjson").open("rb") as file:
        read = [json.loads(line.value)["event_id"] for line in lines(file, MODS, _fail)]
    assert read == ["a", "b"]


def _fail(error: UserError) -> None:
    raise error


def test_a_folder_that_cannot_be_is_told_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        Demo(Plan(out=tmp_path / "file"), Console(), _silent)


# --- picture


def test_the_picture_is_taken_at_its_moment_and_once(tmp_path: Path) -> None:
    tally, path = Tally(), tmp_path / "ward.svg"
    camera = Camera(path, OPENS + HOUR)
    tally.clock(OPENS)
    camera.look(tally)
    assert not path.exists()
    tally.clock(OPENS + HOUR)
    camera.look(tally)
    taken = path.read_text()
    tally.clock(OPENS + 2 * HOUR)
    camera.look(tally)
    camera.take(tally)
    assert path.read_text() == taken
    assert "08:00" in taken


def test_a_picture_nowhere_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        Demo(Plan(picture=tmp_path / "no" / "ward.svg"), Console(), _silent)


def _silent(line: str) -> None:
    """Nobody listens."""


# --- ending


@contextmanager
def told(number: signal.Signals) -> Iterator[Ending]:
    with Ending() as ending:
        os.kill(os.getpid(), number)
        yield ending


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGALRM, 0)]
)
def test_a_signal_tells_to_end_and_gives_the_exit_status(number: signal.Signals, status: int) -> None:
    with told(number) as ending:
        assert ending.requested
        assert ending.status == status


def test_only_the_first_signal_counts() -> None:
    with told(signal.SIGTERM) as ending:
        os.kill(os.getpid(), signal.SIGINT)
        assert ending.status == 143


def test_what_takes_long_is_broken_off_and_what_cleans_up_is_not() -> None:
    with Ending() as ending:
        with pytest.raises(Ended), ending.breaks():
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_nothing_long_begins_after_the_end_was_told() -> None:
    begun = []
    with told(signal.SIGTERM) as ending, pytest.raises(Ended), ending.breaks():
        begun.append(True)
    assert not begun


def test_the_time_is_up_by_itself() -> None:
    with Ending(0.001) as ending:
        with pytest.raises(Ended), ending.breaks():
            signal.pause()
        assert ending.time_is_up
        assert ending.status == 0


def test_signals_are_as_before_when_it_is_over() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Ending():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


# --- worker


def test_the_worker_is_told_our_settings_and_none_of_the_user_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo must never reach the Kafka that somebody works with."""
    monkeypatch.setenv("PICUSTREAM_KAFKA", "kafka.hospital.example:9092")
    monkeypatch.setenv("PICUSTREAM_KAFKA_SECURITY", "SSL")
    told = environment(Settings.model_construct(kafka="127.0.0.1:20001", clock_start=OPENS, clock_speed=2871.25))
    ours = {name: value for name, value in told.items() if name.startswith("PICUSTREAM_")}
    assert ours == {
        "PICUSTREAM_KAFKA": "127.0.0.1:20001",
        "PICUSTREAM_CLOCK_START": "2026-03-02T07:00:00+00:00",
        "PICUSTREAM_CLOCK_SPEED": "2871.25",
    }
    assert "PATH" in told


def test_a_worker_that_ends_is_told_with_its_last_complaint_and_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    worker = Worker(Settings.model_construct(redis="redis://127.0.0.1:1/0", http_port=1), tmp_path / "worker.log")
    worker.start()
    try:
        with pytest.raises(WorkerEnded, match=r"exit status 3.*Redis does not answer at 127\.0\.0\.1:1") as caught:
            worker.wait_until_ready()
    finally:
        worker.stop()
    assert caught.value.status == 3
    kept = Path(caught.value.hint.removeprefix("Its log: "))
    assert kept.parent == tmp_path
    assert "Redis does not answer" in kept.read_text()


def test_a_worker_that_was_killed_is_told_by_the_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    worker = Worker(Settings.model_construct(redis="redis://127.0.0.1:1/0", http_port=1), tmp_path / "worker.log")
    worker.start()
    assert worker._process is not None
    worker._process.kill()
    worker._process.wait()
    with pytest.raises(WorkerEnded, match="SIGKILL"):
        worker.check()


def test_the_story_is_told_within_the_days_of_the_ward() -> None:
    days = ward()
    assert all(days.opens < beat.at < days.closes for beat in days.beats)
