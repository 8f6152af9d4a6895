"""The receipts as data: each record as it was published, with what explains it beside it (`--json`)."""

from typing import Any

from picustream.explain.audit import faults
from picustream.explain.chains import Chain, FirstCounted, StayScores
from picustream.explain.changes import changes
from picustream.models.record import Input, ScorePart, dump
from picustream.models.text import encode
from picustream.scoring.scores.working import conversion, working


def as_json(stay_id: str, scores: StayScores, counted: FirstCounted) -> str:
    """One JSON object: `records` (each with `explained`) and `revisions`, oldest first within a record."""
    return encode(
        {
            "stay_id": stay_id,
            "records": [_record(chain) | {"explained": _explained(chain, counted)} for chain in scores.chains],
            "revisions": [revision for chain in scores.chains for revision in _revisions(chain)],
        }
    )


def _record(chain: Chain) -> dict[str, Any]:
    """As it was published; from the ward's read model without the fields that this has not."""
    hidden = STUDY_DAY if chain.of_ward else ()
    return {name: value for name, value in dump(chain.current).items() if name not in hidden}


def _explained(chain: Chain, counted: FirstCounted) -> dict[str, Any]:
    record, description = chain.current, chain.score.description
    possible = description.possible_total(record)
    return {
        "components": {name: _part(chain, name, part, counted) for name, part in description.parts(record).items()},
        "possible_total": None if possible is None else {"min": possible[0], "max": possible[1]},
        "caveats": {code: description.caveats.get(code, code) for code in record.caveats},
        "revisions_missing": chain.gaps,
        "does_not_add_up": faults(description, record),
    }


def _part(chain: Chain, name: str, part: ScorePart, counted: FirstCounted) -> dict[str, Any]:
    description = chain.score.description
    part_text, made = description.part(chain.current, name), working(part.inputs)
    rejected = getattr(part, "candidates_rejected", None)
    others = [{"id": one.id, "why": description.why_passed_over(name, one.reason)} for one in rejected or ()]
    return {
        "band": part_text.band,
        "band_in_words": part_text.band_in_words,
        "possible_points": {"min": part_text.possible[0], "max": part_text.possible[1]},
        "why_not_measured": part_text.why_not_measured,
        **({} if rejected is None else {"passed_over": others}),
        "rules": list(part_text.rules),
        "computed_by": made.sentence if made is not None and made.formula else None,
        "inputs": [_input(one, counted) for one in part.inputs],
    }


def _input(one: Input, counted: FirstCounted) -> dict[str, Any]:
    found = conversion(one)
    return {"id": one.id, "factor": None if found is None else found.factor, "first_counted_at": counted(one)}


def _revisions(chain: Chain) -> list[dict[str, Any]]:
    found, before = [], None
    for record in chain.revisions:
        own = dump(record)
        heading = {name: own[name] for name in _HEADING if name in own}
        made = [
            {"what": c.what, "before": c.before, "after": c.after, "words": c.words}
            for c in changes(chain.score.description, before, record)
        ]
        found.append(heading | {"changes": made})
        before = record
    return found


STUDY_DAY = ("elapsed_day", "sdtm_day", "in_window")
"""Fields that are not in the ward's read model, where null would say that no treatment has started."""
_HEADING = (
    "event_id", "score", "basis", "day", "episode", "revision", "supersedes", "status", "cause", "emitted_at", "total",
)  # fmt: skip
