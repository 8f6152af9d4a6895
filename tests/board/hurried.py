"""A ward on which time flies: a board over a read model in a file, as a process whose clock a test moves on.

`python -m tests.board.hurried PORT FOLDER`; for each line of its input with a number, so many ticks pass.
"""

import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn

from picustream.board import live, pulse
from picustream.board.app import application
from picustream.models import text
from picustream.models.record import DEAD_LETTERS
from picustream.scoring.outputs import Output
from tests.board.made import NOON
from tests.board.office import Office, outputs
from tests.board.served import Server

BEGIN = NOON - timedelta(days=2)
"""A moment from which on children are on the ward for days."""
TICK = timedelta(minutes=1)
PAUSE = 0.1
"""Seconds between two ticks; the board's own times are as much shorter."""


def hurry(office: Office) -> None:
    """Let time pass as often as the input says, with all that is published meanwhile."""
    coming = [one for one in outputs(NOON)[len(outputs(BEGIN)) :] if one.topic not in DEAD_LETTERS]
    for line in sys.stdin:
        for _ in range(int(line)):
            time.sleep(PAUSE)
            office.now += TICK
            due = [one for one in coming if published(one) <= office.now]
            if due:
                del coming[: len(due)]
                office.log.add_all(due)
                office.read()
        print("done", flush=True)


def published(one: Output) -> datetime:
    """When a record was made."""
    return datetime.fromisoformat(text.parse(one.value)["emitted_at"])


if __name__ == "__main__":
    live.EVERY, pulse.EVERY = PAUSE, PAUSE / 2
    office = Office.of(Path(sys.argv[2]), BEGIN)
    board = office.board()
    app = application(board, [board.pulse.run])
    server = Server(uvicorn.Config(app, port=int(sys.argv[1]), log_config=None, access_log=False))
    threading.Thread(target=server.run, daemon=True).start()
    hurry(office)
