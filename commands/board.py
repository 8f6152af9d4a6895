"""`picustream board`: the ward, and each stay, as web pages over the read model."""

import sys
from typing import Annotated

import typer

from picustream.runtime.settings import Settings
from picustream.terminal.options import loaded_rules


def board(
    store: Annotated[
        str | None, typer.Option("--store", metavar="URL", help="The read model; default: PICUSTREAM_STORE.")
    ] = None,
    ward_store: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="The ward's own, with nothing of the trial in it: PICUSTREAM_BOARD_WARD_STORE."
        ),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default: PICUSTREAM_BOARD_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Its port (0: any free one); default: PICUSTREAM_BOARD_PORT.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Feed a read model in a file, where nobody else does.")
    ] = True,
) -> None:
    """Show the ward and each stay in a browser until stopped: on this machine, where nobody logs in.

    For others PICUSTREAM_BOARD_ACCESS says who is let in (picustream accounts), and TLS or a proxy is a must. The first
    line on standard output is the address.
    """
    from picustream.board.serve import serve
    from picustream.runtime.logs import configure

    settings = Settings()
    named = {"board_host": host, "board_port": port}
    settings = settings.model_copy(update={name: value for name, value in named.items() if value is not None})
    configure(settings)
    serve(settings, loaded_rules(settings.protocol, settings.codemap), store, ward_store, follow, _ready)


def _ready(address: str) -> None:
    print(f"{address}/ward", flush=True)
    print("picustream: the board is there; Ctrl-C ends it", file=sys.stderr)
