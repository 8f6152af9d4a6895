"""The flow of a CONSORT diagram: of all stays that were ever assessed, how many went which way, and why."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from picustream.board.views.office import Office
from picustream.board.views.reading import Reading
from picustream.board.views.screening import LABELS, said
from picustream.scoring.trial.records import ELIGIBILITY


class _Criterion(msgspec.Struct):
    criterion: str
    met: bool | None


class _Screened(msgspec.Struct):
    """What is read of a screening here: of thousands, nothing but this."""

    criteria: list[_Criterion]


_decoder = msgspec.json.Decoder(_Screened)


def flow(reading: Reading, office: Office) -> tuple[tuple[str, int], ...]:
    """Name and number, in the order of the diagram. Each stay is counted once."""
    standing = office.standing(ELIGIBILITY, reading.at)
    stays = {stay for stay, _ in standing}
    states = Counter(state for _, state in standing)
    decided = {stay: what for stay, what in _decisions(reading, office) if stay in stays}
    open_ = sum(state == "eligible" and stay not in decided for stay, state in standing)
    return (
        ("assessed", len(stays)),
        *((f"not eligible: {label}", count) for label, count in sorted(_reasons(reading, office).items())),
        *((name, states[name]) for name in ("screening", "review", "withdrawn", "eligible")),
        ("eligible, no decision entered", open_),
        *sorted(Counter(decided.values()).items()),
    )


def _decisions(reading: Reading, office: Office) -> Iterator[tuple[str, str]]:
    """What was decided of a stay, the last decision last."""
    for row in office.desk(type="screening-decision"):
        if row.stay is not None and (reading.at is None or row.at <= reading.at):
            yield row.stay, said(row)


def _reasons(reading: Reading, office: Office) -> Counter[str]:
    """By the first criterion that is not met."""
    if reading.at is None:
        rows = office.current(ELIGIBILITY, state="ineligible")
    else:
        rows = office.known_at(reading.at, ELIGIBILITY, state="ineligible")
    screened = (_decoder.decode(row.body) for row in rows)
    return Counter(
        next((LABELS[one.criterion] for one in found.criteria if one.met is False), "other") for found in screened
    )
