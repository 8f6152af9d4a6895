"""What a demo runs on: a folder, Kafka, Redis, topics and a worker of its own, all ended with it."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from picustream.demo.board import Board
from picustream.demo.feed import Feed
from picustream.demo.gateway import Gateway
from picustream.demo.hospital import Hospital, found
from picustream.demo.lines import Lines
from picustream.demo.listen import Listener
from picustream.demo.messages import message
from picustream.demo.timeline import Timed
from picustream.demo.worker import Worker
from picustream.local import ports, servers
from picustream.local.reporting import Meter, Report
from picustream.runtime.clock import Clock
from picustream.runtime.settings import Settings
from picustream.streams.kafka import topics

PARTITIONS = 4
"""Enough to spread eight beds, few enough to start soon."""


class Stage:
    """Put up piece by piece; everything on free ports and in one folder, so that it meets nothing else that runs."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        # The environment is about another Kafka and another Redis.
        self._settings = Settings.model_construct(group="picustream-demo", partitions=PARTITIONS)

    def start_servers(self, report: Report, meter: Meter | None) -> None:
        """Start Kafka and Redis. Raises `LocalError`."""
        folder = self._folder / "servers"
        self._stack.callback(_end_servers, folder, report)
        at = servers.up(folder, ports.ANY, ports.ANY, report, meter)
        self._settings = self._settings.model_copy(update={"kafka": at.kafka, "redis": at.redis})

    def make_topics(self) -> None:
        """Make the topics."""
        topics.ensure(self._settings)

    def start_worker(self, clock: Clock) -> Worker:
        """Start a worker that goes by `clock`."""
        more = {"http_port": ports.free_port(), "log_format": "text", "instance": "demo"}
        worker = Worker(self._going_by(clock).model_copy(update=more), self._folder / "worker.log")
        self._stack.callback(worker.stop)
        worker.start()
        return worker

    def start_board(self, clock: Clock, worker: Worker) -> Board:
        """Start a board that goes by `clock`, with a read model of its own."""
        store, log = self._folder / "store.sqlite", self._folder / "board.log"
        board = Board(self._going_by(clock), worker.pages, store, log)
        self._stack.callback(board.stop)
        board.start()
        return board

    def _going_by(self, clock: Clock) -> Settings:
        times = {"clock_start": clock.start, "clock_at": clock.at, "clock_speed": clock.speed}
        return self._settings.model_copy(update=times)

    def start_gateway(self, events: list[Timed]) -> tuple[Gateway, Hospital]:
        """Start a gateway for the hospital of these events, with a key made for it."""
        folder = self._folder / "gateway"
        folder.mkdir()
        site, hospital = found(folder, events)
        gateway = Gateway(self._settings, site, self._folder / "gateway.log")
        self._stack.callback(gateway.stop)
        gateway.start()
        return gateway, hospital

    def lines(self, events: list[Timed], gateway: Gateway, hospital: Hospital) -> Lines:
        """The ward's systems, connected to the gateway; what has no form in HL7 v2 goes to Kafka."""
        messages, direct = [], []
        for event in events:
            if (sent := message(event)) is None:
                direct.append(hospital.pseudonymised(event))
            else:
                messages.append(sent)
        lines = Lines(messages, gateway, self.feed(direct))
        self._stack.callback(lines.close)
        return lines

    def feed(self, events: list[Timed]) -> Feed:
        """The ward's feeds, connected."""
        feed = Feed(self._settings, events)
        self._stack.callback(feed.close)
        return feed

    def listener(self, names: Mapping[str, str] | None = None) -> Listener:
        """The reader of the output topics, connected. `names`: pseudonym of a stay -> what the ward calls it."""
        listener = Listener(self._settings, names)
        self._stack.callback(listener.close)
        return listener


@contextmanager
def stage() -> Iterator[Stage]:
    """An empty stage; cleared in the end, whatever happened."""
    with tempfile.TemporaryDirectory(prefix="picustream-demo-") as folder, ExitStack() as stack:
        yield Stage(Path(folder), stack)


def _end_servers(folder: Path, report: Report) -> None:
    ended = servers.down(folder)
    if ended:
        report(f"ended {' and '.join(ended)}")
