"""Doing messages again: by the gateway that runs, or here where none does."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from picustream.gateways.journal import cipher
from picustream.gateways.journal.browse import Wanted, letters
from picustream.gateways.journal.index import Index
from picustream.gateways.journal.journal import Journal, Writer
from picustream.gateways.journal.lock import InUse, lock, unlock
from picustream.gateways.server.gate import Gate
from picustream.gateways.server.pipeline import Pipeline
from picustream.gateways.server.run import Site, check_key, folder
from picustream.gateways.server.sink import KafkaSink, check
from picustream.gateways.state import State
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.settings import Settings

PATIENCE = 120.0
"""Seconds for the gateway that runs to do a message."""
LOOK = 0.1
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Account:
    """What became of messages that were done again."""

    messages: int
    missing: int
    """Which the journal no longer has."""
    events: int
    """That they make; those that Kafka had are not sent again."""
    before: Counter[str]
    """Their letters, by reason."""
    after: Counter[str]


def tried(settings: Settings, site: Site, sequences: Sequence[int]) -> Account:
    """What would become of messages by a configuration: nothing is sent, nothing is kept."""
    index = Index(folder(settings), read_only=True)
    with contextlib.closing(index):
        state = State()
        state.load(index.state())
        interpreter = site.make(state)
        kept = Journal(folder(settings), cipher.keys(settings.gateway_journal_key_file))
        before, after, events, found = reasons(index, sequences), Counter[str](), 0, 0
        for received in kept.find(sequences):
            outcome = interpreter.outcome(received)
            found, events = found + 1, events + len(outcome.events)
            after.update(letter.reason for letter in outcome.letters)
        return Account(found, len(sequences) - found, events, before, after)


def done_again(settings: Settings, site: Site, sequences: Sequence[int], everything: bool = False) -> Account:
    """Do messages again, in order; returns when they are done. Raises `UserError`."""
    index = Index(folder(settings), read_only=True)
    with contextlib.closing(index):
        before = reasons(index, sequences)
        index.ask_again(sequences, everything)
        try:
            _work(settings, site)
        except InUse:
            _wait(index, site, sequences)
        found = (index.rows("SELECT events FROM messages WHERE sequence = ?", (sequence,)) for sequence in sequences)
        events = sum(row[0] for rows in found for row in rows)
        kept = Journal(folder(settings), cipher.keys(settings.gateway_journal_key_file))
        missing = len(set(sequences) - {one.sequence for one in kept.find(sequences)})
        return Account(len(sequences) - missing, missing, events, before, reasons(index, sequences))


def reasons(index: Index, sequences: Sequence[int]) -> Counter[str]:
    """Letters of messages by reason."""
    wanted = set(sequences)
    return Counter(one.reason for one in letters(index, Wanted()) if one.sequence in wanted)


def _wait(index: Index, site: Site, sequences: Sequence[int]) -> None:
    """Until the gateway that runs has done them."""
    ours = site.make(State()).site
    if index.noted("site") != ours:
        index.dismiss_redo(sequences)
        raise UserError(
            "The gateway that runs has another configuration.",
            "Start it anew with this one, then do it again; --dry-run shows what would become of it.",
            ENVIRONMENT,
        )
    until = time.monotonic() + PATIENCE
    left = set(sequences)
    while left := left & index.to_redo():
        if time.monotonic() > until:
            raise UserError(f"{len(left)} messages wait for the gateway that runs.", "See its /healthz.", ENVIRONMENT)
        time.sleep(LOOK)


def _work(settings: Settings, site: Site) -> None:
    """Be the gateway for as long as it takes, and take nothing."""
    held = lock(folder(settings))  # before anything is asked of Kafka
    unlock(held)
    check(settings)
    asyncio.run(_until_idle(settings, site))


async def _until_idle(settings: Settings, site: Site) -> None:
    place, gate = folder(settings), Gate()
    index = Index(place)
    with contextlib.closing(index):
        check_key(index, site)
        writer = Writer(place, cipher.keys(settings.gateway_journal_key_file), lambda *_: None)
        writer.open(index.done)
        with contextlib.closing(writer):
            pipeline = Pipeline(writer, index, site.make, lambda: KafkaSink(settings), gate, _now)
            pipeline.last = writer.last
            working, idle = asyncio.create_task(pipeline.run()), asyncio.create_task(pipeline.idle.wait())
            await asyncio.wait((working, idle), return_when=asyncio.FIRST_COMPLETED)
            for task in (working, idle):
                task.cancel()
            ended, _ = await asyncio.gather(working, idle, return_exceptions=True)
            if isinstance(ended, Exception):
                raise ended


def _now() -> datetime:
    return datetime.now(UTC)
