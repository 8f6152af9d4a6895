"""The receipts as data: each record as it was told, with what explains it beside it (`--json`)."""

from typing import Any

from picustream.explain import words
from picustream.explain.apps import possible_total
from picustream.explain.audit import faults
from picustream.explain.bands import apps_band, apps_interval, mods_band, mods_interval
from picustream.explain.chains import AnyChain, FirstCounted, ScoreRecord, StayScores
from picustream.explain.changes import changes
from picustream.explain.working import conversion, working
from picustream.models.record import Input, dump
from picustream.models.text import encode
from picustream.scoring.scores.apps.record import AppsComponent, AppsRecord
from picustream.scoring.scores.mods.record import ModsComponent, ModsRecord


def as_json(stay_id: str, scores: StayScores, counted: FirstCounted) -> str:
    """One JSON object: `records` (each with `explained`) and `revisions`, oldest first within a record."""
    return encode(
        {
            "stay_id": stay_id,
            "records": [dump(chain.current) | {"explained": _explained(chain, counted)} for chain in scores.chains],
            "revisions": [revision for chain in scores.chains for revision in _revisions(chain)],
        }
    )


def _explained(chain: AnyChain, counted: FirstCounted) -> dict[str, Any]:
    record = chain.current
    return {
        "components": _mods(record, counted) if isinstance(record, ModsRecord) else _apps(record, counted),
        "possible_total": _possible(record),
        "caveats": {code: words.caveat(code, record.score) for code in record.caveats},
        "revisions_missing": chain.gaps,
        "does_not_add_up": faults(record),
    }


def _possible(record: ScoreRecord) -> dict[str, int] | None:
    if isinstance(record, ModsRecord):
        return None if record.range is None else record.range.model_dump()
    if record.components is None:
        return None
    low, high = possible_total(record)
    return {"min": low, "max": high}


def _mods(record: ModsRecord, counted: FirstCounted) -> dict[str, Any]:
    return {part.organ: _organ(part) | _computed(part.organ, part, counted) for part in record.components}


def _organ(component: ModsComponent) -> dict[str, Any]:
    measured, banded = component.basis == "measured", _banded(component)
    return {
        "band": mods_interval(component) if banded else None,
        "band_in_words": mods_band(component) if banded else None,
        "possible_points": {"min": component.points if measured else 0, "max": component.points if measured else 4},
        "why_not_measured": None if measured else words.why_not_measured(component.organ, component.reason),
        "passed_over": [
            {"id": one.id, "why": words.why_passed_over(component.organ, one.reason)}
            for one in component.candidates_rejected
        ],
    }


def _banded(component: ModsComponent) -> bool:
    """Under sedation a value of 15 stands in the record, and nothing was banded."""
    return component.basis in ("measured", "carried-forward")


def _apps(record: AppsRecord, counted: FirstCounted) -> dict[str, Any]:
    if record.components is None:
        return {}
    return {name: _component(name, part) | _computed(name, part, counted) for name, part in record.components}


def _component(name: str, component: AppsComponent) -> dict[str, Any]:
    known = component.points is not None
    return {
        "band": apps_interval(name, component),
        "band_in_words": apps_band(name, component),
        "possible_points": {"min": component.points if known else 1, "max": component.points if known else 3},
        "why_not_measured": None if known else words.why_no_points(component.reason),
    }


def _computed(part: str, component: ModsComponent | AppsComponent, counted: FirstCounted) -> dict[str, Any]:
    made = working(component.inputs)
    return {
        "rules": list(words.RULES[part]),
        "computed_by": made.sentence if made is not None and made.formula else None,
        "inputs": [_input(one, counted) for one in component.inputs],
    }


def _input(one: Input, counted: FirstCounted) -> dict[str, Any]:
    found = conversion(one)
    return {"id": one.id, "factor": None if found is None else found.factor, "first_counted_at": counted(one)}


def _revisions(chain: AnyChain) -> list[dict[str, Any]]:
    told, before = [], None
    for record in chain.revisions:
        own = dump(record)
        heading = {name: own[name] for name in _HEADING if name in own}
        made = [
            {"what": c.what, "before": c.before, "after": c.after, "words": c.words} for c in changes(before, record)
        ]
        told.append(heading | {"changes": made})
        before = record
    return told


_HEADING = (
    "event_id", "score", "basis", "day", "episode", "revision", "supersedes", "status", "cause", "emitted_at", "total",
)  # fmt: skip
