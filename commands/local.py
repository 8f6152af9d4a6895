"""`picustream local`: a real Apache Kafka and a real Redis on this machine, on loopback."""

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import typer

from picustream.local import servers
from picustream.local.places import LocalSettings
from picustream.local.reporting import Meter

NOT_RUNNING = 3


def _epilog() -> str:
    fields = LocalSettings.model_fields.items()
    settings = "; ".join(f"PICUSTREAM_LOCAL_{name.upper()}: {field.description}" for name, field in fields)
    return f"Settings (environment variables). {settings}."


app = typer.Typer(help=__doc__, epilog=_epilog())

_DIR = typer.Option(None, "--dir", help="Folder of the servers: data, logs, process ids.", show_default=False)
_JSON = typer.Option(False, "--json", help="For a program to read.")


@app.command()
def up(
    dir: Path | None = _DIR,
    kafka_port: int | None = typer.Option(None, min=0, max=65535, help="Port of Kafka; 0: any free one.  [9092]"),
    redis_port: int | None = typer.Option(None, min=0, max=65535, help="Port of Redis; 0: any free one.  [6379]"),
    as_json: bool = _JSON,
    env: bool = typer.Option(False, "--env", help='For a shell: eval "$(picustream local up --env)".'),
) -> None:
    """Start both, or find them running, and print the settings to use.

    The first start fetches Kafka, once for all folders.
    """
    with download_meter() as meter:
        running = servers.up(dir, kafka_port, redis_port, _print, meter)
    if as_json:
        print(json.dumps({"kafka": running.kafka, "redis": running.redis, "dir": str(running.dir)}))
    elif env:
        print(f"export PICUSTREAM_KAFKA={shlex.quote(running.kafka)}")
        print(f"export PICUSTREAM_REDIS={shlex.quote(running.redis)}")
    else:
        print(f"Kafka and Redis run, with their data in {running.dir}. Settings to use:")
        print(f"  PICUSTREAM_KAFKA={running.kafka}")
        print(f"  PICUSTREAM_REDIS={running.redis}")


@app.command()
def status(dir: Path | None = _DIR, as_json: bool = _JSON) -> None:
    """Say whether they run: exit status 0 if both do, else 3."""
    both = servers.status(dir)
    if as_json:
        print(json.dumps({state.name.lower(): asdict(state) | {"log": str(state.log)} for state in both}))
    else:
        for state in both:
            print(f"{state.name}  {_in_words(state)}")
    if not all(state.running for state in both):
        raise typer.Exit(NOT_RUNNING)


@app.command()
def down(
    dir: Path | None = _DIR,
    wipe: bool = typer.Option(False, "--wipe", help="Delete their data, too."),
) -> None:
    """End what `up` started, and nothing else. What was fetched stays for the next start."""
    servers.down(dir, wipe, _print)


def _in_words(state: servers.State) -> str:
    if state.running:
        return f"runs at {state.address} (process {state.pid})"
    if state.pid is not None:
        return f"does not answer at {state.address} (process {state.pid}; its log: {state.log})"
    return "does not run" + (f" (its log: {state.log})" if state.log.exists() else "")


def _print(line: str) -> None:
    print(line, file=sys.stderr)


@contextmanager
def download_meter() -> Iterator[Meter | None]:
    """A bar that appears when a download begins; None where there is no terminal to draw on."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    bar = Progress(BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=Console(stderr=True))
    task = bar.add_task("Kafka")

    def meter(done: int, total: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=total)
        if done == total:
            bar.stop()

    try:
        yield meter
    finally:
        bar.stop()
