"""What a score comes from, for one record of it: each part with its verdict, its inputs, and what was passed over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from picustream.board.views.figure import Cell, cell
from picustream.explain.audit import faults
from picustream.explain.chains import Chain, FirstCounted
from picustream.explain.inputs import sent, times, value
from picustream.models.record import Input, ScorePart
from picustream.scoring.scores import words
from picustream.scoring.scores.mods.record import ModsComponent
from picustream.scoring.scores.working import working


@dataclass(frozen=True, slots=True)
class InputLine:
    """A value that has a say in a part."""

    name: str
    value: str
    sent: str
    """As its feed wrote it, and how it became what counts."""
    times: str
    """When it was taken, filed and first counted."""
    whence: str
    """Its source, its id and its topic."""


@dataclass(frozen=True, slots=True)
class Part:
    """An organ, or a component of another score."""

    name: str
    cell: Cell | None
    """Of an organ."""
    verdict: str
    basis: str
    formula: str
    inputs: tuple[InputLine, ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """One record, as it stands."""

    title: str
    total: str
    status: str
    """With its meaning, and when it was published."""
    headings: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    caveats: tuple[str, ...]
    faults: tuple[str, ...]
    """What does not add up; empty for a sound record."""
    event_id: str
    rules: str


def receipt(chain: Chain, counted: FirstCounted, statuses: Mapping[str, str]) -> Receipt:
    """Of a chain's current record. `statuses`: what each status means."""
    description, record = chain.score.description, chain.current
    possible = description.possible_total(record)
    could = "" if possible is None or possible[0] == possible[1] else f", could be {possible[0]}–{possible[1]}"
    none = "withdrawn" if chain.withdrawn else "no total"
    total = none if record.total is None else f"{record.total} of {description.highest}"
    return Receipt(
        title=description.title(record),
        total=f"{total}{could}",
        status=f"{statuses[record.status]}, as of {words.moment(record.emitted_at)}",
        headings=tuple((label, text) for label, text in description.headings(record) if label != words.COUNTED),
        parts=tuple(_part(chain, name, part, counted) for name, part in description.parts(record).items()),
        caveats=tuple(description.caveats.get(code, code) for code in record.caveats),
        faults=tuple(faults(description, record)),
        event_id=record.event_id,
        rules=f"protocol {record.protocol.id} {record.protocol.version}, picustream {record.software}",
    )


def _part(chain: Chain, name: str, part: ScorePart, counted: FirstCounted) -> Part:
    description = chain.score.description
    text, made = description.part(chain.current, name), working(part.inputs)
    unit = words.unit_of(part.unit)
    return Part(
        name=description.label(name),
        cell=cell(part) if isinstance(part, ModsComponent) else None,
        verdict=text.verdict,
        basis=text.basis,
        formula=f"{text.measure} = {made.sentence} {unit}".rstrip() if made is not None and made.formula else "",
        inputs=tuple(_lines(part.inputs, counted)),
        passed_over=tuple(_passed_over(chain, name, part)),
    )


def _lines(inputs: Sequence[Input], counted: FirstCounted) -> Iterator[InputLine]:
    for one in inputs:
        yield InputLine(
            words.VARIABLES.get(one.variable, one.variable),
            value(one),
            sent(one).plain,
            times(one, inputs[0], counted(one)),
            f"{one.source}, {one.id}, {one.topic}",
        )


def _passed_over(chain: Chain, name: str, part: ScorePart) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for one in getattr(part, "candidates_rejected", []):
        by_reason.setdefault(one.reason, []).append(one.id)
    for reason, ids in by_reason.items():
        yield f"{chain.score.description.why_passed_over(name, reason)}: {', '.join(ids)}"
