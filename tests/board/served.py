"""A board of the simulated ward as a process of its own, which a test can kill: `python -m tests.board.served PORT`."""

import sys

import uvicorn

from picustream.board.app import application
from tests.board.made import NOON, Memory, everything, made


class Server(uvicorn.Server):
    """Writes a line when it is ready."""

    async def startup(self, sockets: object = None) -> None:
        await super().startup()
        print("ready", flush=True)


if __name__ == "__main__":
    board = made(Memory(everything(), NOON))
    app = application(board, [board.pulse.run])
    Server(uvicorn.Config(app, port=int(sys.argv[1]), log_config=None, access_log=False)).run()
