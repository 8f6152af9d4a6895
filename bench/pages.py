"""How long the pages of the board take, over HTTP, with forty children here and thousands who were."""

import http.client
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import uvicorn

from bench.hospital import NOW, records
from bench.plan import Plan
from bench.readmodel import everything
from bench.table import Column, Table
from picustream.board.app import application
from picustream.board.board import Board
from picustream.board.pages.page import AT
from picustream.board.pulse import Pulse, State
from picustream.board.source import Source
from picustream.board.views import reading
from picustream.demo.ward import ZONE
from picustream.readmodel.database import address

COLUMNS = [Column("ms of processor", 1), Column("ms", 1), Column("first, ms of processor", 1), Column("KB", 1)]
PAST = urlencode({AT: (NOW - timedelta(hours=30)).isoformat()})
LONG_AGO = urlencode({AT: (NOW - timedelta(days=20)).isoformat()})
PAGES = {
    "the ward": "/ward",
    "the ward as known the day before": f"/ward?{PAST}",
    "the ward as known 20 days ago": f"/ward?{LONG_AGO}",
    "a stay": "/stay/S-now01-2",
    "a stay as known the day before": f"/stay/S-now01-2?{PAST}",
    "the desk": "/desk",
    "the desk as known the day before": f"/desk?{PAST}",
    "the log of the desk": "/desk?tab=log",
    "all at the desk": "/desk?tab=all",
    "a stay at the desk": "/desk/S-now01-2",
    "the operator's page": "/ops",
}


def tables(plan: Plan) -> Generator[Table]:
    """One table: a row a page."""
    stays = plan.sizes.held[-1]
    note = (
        "Asked of the board in a process that is running, over HTTP on this machine; `first`: nothing is remembered "
        "of the records."
    )
    table = Table("pages", f"pages of a board, 40 children here and {stays:,} stays before", COLUMNS, note=note)
    path = plan.folder / "pages.sqlite"
    everything(path, records(stays))
    with _served(path) as port:
        for _ in plan.each_round():
            for page, where in PAGES.items():
                _forget()
                first, _, _ = _asked(port, where)
                processor, passed, size = _asked(port, where)
                figures = (processor, passed, first, size)
                table.add(page, dict(zip((one.name for one in COLUMNS), figures, strict=True)))
    yield table


def _forget() -> None:
    for remembered in (reading.record, reading._digest):
        remembered.cache_clear()


def _asked(port: int, where: str) -> tuple[float, float, float]:
    """Milliseconds of processor and of the clock, and kilobytes that were sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began, processor = time.perf_counter(), time.process_time()
    connection.request("GET", where, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    size = len(answer.read())
    spent, passed = time.process_time() - processor, time.perf_counter() - began
    connection.close()
    assert answer.status == 200, (where, answer.status)
    return spent * 1e3, passed * 1e3, size / 1e3


@contextmanager
def _served(path: Path) -> Iterator[int]:
    """The board of a read model, on a free port."""
    source = Source(address(str(path)))
    pulse = Pulse(lambda: State(source.model().version(), NOW, ()), lambda: NOW)
    app = application(Board(source, pulse, lambda: NOW, ZONE, "0.0.0"))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        source.lost()
