"""What `picustream deadletters resubmit` needs to send: the rules of now, a producer, and what to do next."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from picustream.deadletters.choice import Skip
from picustream.deadletters.dead_letter import DecodedDeadLetter
from picustream.deadletters.originals import Originals
from picustream.deadletters.resubmit import Resubmission, Resubmitter
from picustream.eventfiles.deliveries import BATCHING, Deliveries
from picustream.models.event import INPUT_TOPICS
from picustream.models.protocol import hours
from picustream.runtime.clock import Clock
from picustream.runtime.settings import Settings
from picustream.scoring.validation import Validator
from picustream.streams.kafka import clients, rights
from picustream.streams.kafka.rights import Targets
from picustream.terminal.options import loaded_rules


def prepared(settings: Settings, fixed_by: Path | None, rekey: bool) -> Resubmitter:
    """Checks by the rules of the settings, the code map given in place of theirs, and by the ward's clock (T6)."""
    rules, clock = loaded_rules(settings.protocol, fixed_by or settings.codemap), Clock.of(settings)
    tolerance = hours(rules.protocol.time.future_tolerance_hours)
    return Resubmitter(Validator(rules), lambda: clock.now() + tolerance, rekey, Originals(settings))


def send(
    settings: Settings,
    again: Resubmitter,
    found: Iterable[DecodedDeadLetter],
    skip: Callable[[DecodedDeadLetter], Skip | None] | None,
    dry_run: bool,
) -> Resubmission:
    """Send what is fixed; returns when the broker holds all of it."""
    if dry_run:
        return again.resubmit(found, None, skip)
    with clients.admin(settings) as admin:
        targets = Targets(settings, rights.look(admin, INPUT_TOPICS))
    with clients.producer(settings, **BATCHING) as producer:
        deliveries = Deliveries(producer, targets.check)
        outcome = again.resubmit(found, deliveries, skip)
        deliveries.flush()
    return outcome


def report_next_steps(outcome: Resubmission, settings: Settings, fixed_by: Path | None, dry_run: bool) -> None:
    """Print what has still to be done or checked: sent is not accepted."""
    sent = outcome.sent.total()
    if not sent and outcome.skipped and not outcome.refused:
        print("Nothing is left to send.", file=sys.stderr)
    if sent and fixed_by is not None and not _same_file(fixed_by, settings.codemap):
        print(
            f"{'Before they are sent, the' if dry_run else 'The'} worker must run with {fixed_by}: set"
            " PICUSTREAM_CODEMAP to it and restart the worker. One that does not have it refuses these events again.",
            file=sys.stderr,
        )
    if sent and not dry_run:
        print("What the worker made of them, once it has read them: picustream deadletters list", file=sys.stderr)


def _same_file(one: Path, other: Path | None) -> bool:
    return other is not None and one.resolve() == other.resolve()
