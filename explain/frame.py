"""What the receipts of all scores have in common: who, when, by which rules; caveats, revisions, the check."""

from rich.text import Text

from picustream.explain.chains import Chain
from picustream.explain.changes import changes
from picustream.models.record import ScoreRecord
from picustream.scoring.scores import words
from picustream.terminal import glyphs
from picustream.terminal.page import ALARM, QUIET, Page

COLUMN = 11
"""Where the text beside a label of the heading begins."""

_STATUSES = {
    "preliminary": "may still change until it closes",
    "final": "closed",
    "amended": "changed after final",
    "entered-in-error": "withdrawn, the record no longer stands",
}


def opening(page: Page, record: ScoreRecord, title: str, total: str) -> None:
    """The heading: stay, patient, status, protocol, software."""
    page.ends(Text(title, "bold"), Text(total, "bold"))
    page.rule()
    page.field("stay", f"{record.stay_id}, patient {record.patient_id or 'unknown'}", COLUMN)
    status = Text(record.status, glyphs.STATUS[record.status])
    meaning = f": {_STATUSES[record.status]}; revision {record.revision}, told {words.moment(record.emitted_at)}"
    page.field("status", status + Text(meaning), COLUMN)
    by = f"protocol {record.protocol.id} {record.protocol.version}, picustream {record.software}, for research only"
    page.field("rules", by, COLUMN)
    page.field("sha256", record.protocol.sha256, COLUMN, style=QUIET)


def closing(page: Page, chain: Chain, faults: list[str]) -> None:
    """Caveats, revisions, and whether the record adds up."""
    record = chain.current
    if record.caveats:
        page.blank()
        for code in record.caveats:
            page.field("caveat", chain.score.description.caveats.get(code, code), COLUMN)
    page.blank()
    page.write(Text("REVISIONS OF THIS RECORD", "bold"))
    _revisions(page, chain)
    if faults or not chain.withdrawn:
        page.blank()
    for fault in faults:
        page.write(f"Does not add up: {fault}.", style=ALARM)
    if not faults and not chain.withdrawn:
        page.write("Worked out again from the inputs above: every point and the total agree.", style=QUIET)


def _revisions(page: Page, chain: Chain) -> None:
    before: ScoreRecord | None = None
    for record in chain.revisions:
        head = Text.assemble(
            (record.status, glyphs.STATUS[record.status]),
            f", {words.moment(record.emitted_at)}: {words.cause(record.cause)}",
        )
        page.field(f"{record.revision:>4}", head, 6)
        for change in changes(chain.score.description, before, record):
            page.write(str(change), 6, hang=2)
        before = record
    if chain.gaps:
        missing = ", ".join(map(str, chain.gaps))
        page.write(f"Not here: revision {missing}. The changes are told from the one before.", 2, style=ALARM)
