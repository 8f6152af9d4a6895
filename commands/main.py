"""The command `picustream`: finds the command by name, imports its module and no other, and runs it.

A command is a line in `COMMANDS` and a module of that name: a function of the same name with typer's annotations, or
an `app` (typer.Typer) where it has commands of its own. It returns its exit status (None: 0) or raises; `errors.py`
turns what it raises into a line and a status.
"""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from picustream import __version__
from picustream.commands.errors import guarded

COMMANDS = {
    "worker": "the stream processor: events in, scores out",
    "replay": "runs event files through the same engine, with no broker",
    "publish": "sends event files to Kafka",
    "consume": "prints records of topics as an event file",
    "topics": "creates and checks the topics",
    "local": "a real Kafka and a real Redis on this machine: up, down, status",
    "demo": "everything at once on this machine, with a simulated ward",
    "explain": "the receipt of a score, to read",
    "alerts": "what is firing and since when",
    "deadletters": "what was refused: list, show, resubmit",
    "board": "the ward, and each stay, as web pages",
    "store": "the read model: what the topics say, in SQLite or PostgreSQL",
    "accounts": "who may look at the board: accounts, and displays on a wall",
    "gateway": "HL7 v2 and FHIR in: serve, convert, messages, letters",
    "fhir": "scores as FHIR resources: export, push",
    "lint": "report card on a feed before it goes live",
    "doctor": "checks everything a worker needs, and says what to do",
}
"""Name of the command and of its module, and its line in the help."""


class _Commands(TyperGroup):
    """Commands that are imported when they are called, and not to print their names."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"commands": dict.fromkeys(COMMANDS)})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        return _load(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from picustream.commands.settings_help import lines

        with formatter.section("Settings (environment variables; [default])"):
            formatter.write("".join(f"  {line}\n" for line in lines()))


def _load(name: str) -> Any:
    module = import_module(f"picustream.commands.{name}")
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer()
        app.command(name)(getattr(module, name))
    # Plain help, two lines for a wrong use, no options for shell completion: all commands look alike.
    app.rich_markup_mode = None
    app._add_completion = False
    command: Any = get_command(app)
    command.no_args_is_help = False
    return command


app = typer.Typer(cls=_Commands, add_completion=False, rich_markup_mode=None)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"picustream {__version__}")
        raise typer.Exit


@app.callback()
def picustream(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """Turns the live event streams of a paediatric intensive care unit into explained trial endpoints.

    Exit status: 0 done, 1 findings, 2 wrong use, 3 something in the environment is missing.
    """


def main(arguments: list[str]) -> int:
    """Run one command line; its exit status."""

    def command() -> int | None:
        group = get_command(app)
        with group.make_context("picustream", list(arguments) or ["--help"]) as context:
            status: int | None = group.invoke(context)
            return status

    return guarded(command)


def run() -> None:
    """Entry point of the command `picustream`."""
    sys.exit(main(sys.argv[1:]))
