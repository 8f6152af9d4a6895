"""The gateway's journal on this machine: how large it is, and what has waited in it for too long."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from picustream.doctor.finding import Finding, ok
from picustream.gateways.journal import cipher
from picustream.gateways.journal.index import FILE, Index
from picustream.gateways.journal.journal import Journal
from picustream.gateways.server.run import folder
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings

LARGE = 50 << 30
"""Bytes of a journal that somebody should know of."""
LONG = 60.0
"""Seconds that a message may be unanswered."""


def check_journal(settings: Settings) -> list[Finding]:
    """Nothing where there is no journal: not every machine has a gateway."""
    place = folder(settings)
    if not (place / FILE).is_file():
        return []
    with closing(Index(place, read_only=True)) as index:
        done, waiting, key = index.done, index.waiting, index.noted("key")
        letters = index.rows("SELECT count(*) FROM letters")[0][0]
    size = Journal(place).size()
    words = f"{size >> 20:,} MB, {done:,} messages done, {waiting:,} wait for a stay, {letters:,} letters, key {key}"
    fix = "Set PICUSTREAM_GATEWAY_KEEP_DAYS lower, or give it more room." if size > LARGE else ""
    return [Finding("gateway-journal", "finding" if fix else "ok", words, fix), _unanswered(place, done, settings)]


def _unanswered(place: Path, done: int, settings: Settings) -> Finding:
    try:
        journal = Journal(place, cipher.keys(settings.gateway_journal_key_file))
        first = next(journal.read(done + 1), None)
    except UserError as error:
        return Finding("gateway-unanswered", "finding", error.message, error.hint)
    age = (datetime.now(UTC) - first.at).total_seconds() if first else 0.0
    if age > LONG:
        fix = "Is the gateway running, and can it reach Kafka? See its /healthz."
        return Finding("gateway-unanswered", "finding", f"a message has been there for {age:,.0f} s, not done", fix)
    return ok("gateway-unanswered", "all that came is done")
