"""What a mutant is tried with: random histories against the reference first, then the tests of its rules.

The reference's records are computed once, before a mutant exists; a mutant is only replayed.
"""

import signal
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests import reference
from tests.mutation.likely import Likely
from tests.reference.generate import case
from tests.reference.written import Event

HISTORIES = 60
"""Random histories, by the seeds 0, 1, ...: the fixed ones that the tests begin with, too."""
QUICK, QUICK_SECONDS = 8, 10.0
"""The first of them come before the tests. They take about a second: one that runs for ever is ended soon."""

ENGINE = ["revisions", "incremental", "time", "versions", "convergence", "rebuild"]
KEPT = ["versions", "time", "incremental", "convergence", "pruning"]
SOURCES = ["feed_sources", "feeds", "feed_unread", "feed_state", "feed_course"]
RECEIPTS = ["receipt", "receipts_add_up", "toys"]
OF_VERSIONS = ["lineage", "alerts_corrections", "alerts_ids", "alerts_pruned"]
OF_STAYS = [
    "alerts",
    "alerts_amended",
    "alerts_patients",
    "time",
    "versions",
    "outcomes",
    "outcomes_window",
    "revisions",
]
TESTS = {
    "stay_alerts": [*OF_STAYS, "alerts_corrections"],
    "alerts": [
        "alerts",
        "alerts_amended",
        "alerts_patients",
        "alerts_ids",
        "time",
        "versions",
        "outcomes",
        "outcomes_window",
        "revisions",
    ],
    "apps.components": ["apps", "ards", "second_protocol"],
    "apps.describe": RECEIPTS,
    "apps.record": ["apps", "receipts"],
    "apps.score": ["apps", "ards", "incremental", "pieces", "second_protocol"],
    "ards": ["ards", "apps", "second_protocol"],
    "batch": ["backlog", *ENGINE],
    "bands": ["bands", "mods", "comparators", "apps", "vectors"],
    "bodies": ["revisions", "receipts", "rebuild"],
    "days": ["time", "outcomes", "outcomes_window", "second_protocol"],
    "validation": ["validation", "validation_kinds", "units", "feeds", "validation_fuzz"],
    "eligibility": ["eligibility", "eligibility_state", "second_protocol"],
    "engine": ["bounded", "backlog", "history", "pruning", *ENGINE, *SOURCES],
    "feed_alerts": SOURCES,
    "feed_snapshot": SOURCES,
    "feed_monitor": SOURCES,
    "pruned": ["pruned", "alerts_pruned", *KEPT],
    "lineage": [*OF_VERSIONS, "convergence"],
    "conditions": ["alerts", "rebuild"],
    "contract": ["toys"],
    "description": ["toys", *RECEIPTS],
    "evaluation": ["incremental", "time", "mods_days", "pieces"],
    "kinds": ["eligibility", "eligibility_state", "outcomes", "outcomes_window", "incremental", "alerts"],
    "mods.day": ["mods", "mods_days", "time", "second_protocol"],
    "mods.describe": RECEIPTS,
    "mods.organ_rules": ["mods", "mods_days", "receipts", "triplet", "pairing", "second_protocol"],
    "mods.organs": ["mods", "vectors", "comparators", "toys", "receipts"],
    "mods.record": ["toys", "mods", "receipts"],
    "mods.score": ["alerts", "mods_days", "incremental", "time", "toys", "outcomes_window", "eligibility_state"],
    "parts": ["incremental", "toys"],
    "outcomes": ["outcomes", "outcomes_window", "time", "second_protocol"],
    "outputs": ["dead_letters", "validation", "revisions", "feeds"],
    "pairing": ["pairing", "triplet", "support", "mods", "second_protocol"],
    "reading": ["units", "validation", "versions"],
    "registry": ["toys", "comparators", "alerts_ids"],
    "receipts": ["receipts", "revisions"],
    "revisions": ["revisions", "alerts_amended", "rebuild", "receipts", "second_protocol"],
    "source": SOURCES,
    "stay": ["time", "outcomes", "outcomes_window", "eligibility", "mods", "versions", "second_protocol"],
    "support": ["support", "mods", "apps"],
    "units": ["units", "validation"],
    "version_alerts": OF_VERSIONS,
    "series": ["series", "pairing", "triplet"],
    "words": RECEIPTS,
    "working": RECEIPTS,
    "view": ["pairing", "triplet", "support", "mods", "receipts", *KEPT],
    "assessor": ["incremental", "pieces", "time", "mods_days", "apps", "outcomes", "eligibility_state"],
    "day_cache": ["incremental", "toys", "time", "mods_days", "apps"],
    "reads": ["reads", "incremental", "pairing", "apps"],
    "pruning": ["pruning_limits", "alerts_pruned", *KEPT],
    "chart": ["pruning_limits", "alerts", "apps", "bounded", *OF_VERSIONS, *KEPT],
    "conflicts": ["alerts", "pruning_limits", *KEPT],
    "entries": ["alerts", "pruning_limits", *KEPT],
    "live_events": ["alerts", "alerts_patients", "pruning_limits", "bounded", *KEPT],
    "rebuild": ["rebuild", "bounded", *ENGINE, *SOURCES],
    "history": ["history", *KEPT],
    "stay_cache": ["bounded", "history", "pieces", *ENGINE],
    "due_times": ["pieces", "bounded", *ENGINE],
    "budget": ["pieces", "pieces_years"],
    "quarantine": ["quarantine"],
    "dead_letters": ["dead_letters", "quarantine"],
    "deaths": ["deaths"],
    "hints": ["hints"],
    "stay_state": ["alerts_pruned", "history", "bounded", "pruning", *ENGINE],
    "rules": ["rules", "rebuild"],
    "series_index": ["pruning_limits", *KEPT],
}
"""The tests of tests/scoring/ and tests/explain/ that see a module, the likeliest first; by default the engine's."""


LONG = [
    "tests/scoring/test_second_protocol.py::test_i7_every_record_names_the_protocol_that_made_it",
    "tests/scoring/test_second_protocol.py::test_i1_the_ward_equals_the_reference_under_the_example",
    "tests/scoring/chart/test_pruning.py::test_i9_a_dense_feed_is_bounded_and_changes_no_record[0:00:20]",
]
"""Left out: they take longer than all others of their file, and a shorter one sees the same."""


@dataclass(frozen=True)
class Expected:
    """A history, and the records that stand at its end by the reference."""

    events: list[Event]
    protocol: dict[str, Any]
    until: datetime | None
    records: dict[Any, Any]


def expected() -> list[Expected]:
    """The histories and what the reference makes of them."""
    made = []
    for seed in range(HISTORIES):
        events = case(seed)
        records = reference.final_records(events.events, events.until, events.protocol)
        made.append(Expected(events.events, events.protocol, events.until, records))
    return made


def kills(module: str, histories: list[Expected], limit: float, likely: Likely) -> bool:
    """Whether anything notices the mutant in place. In a process of its own: it imports what is mutated.

    The process is ended where it takes more than so many seconds of the processor's time.
    """
    quick, rest = histories[:QUICK], histories[QUICK:]
    signal.setitimer(signal.ITIMER_PROF, min(limit, QUICK_SECONDS))
    if any(map(_differs, quick)):
        return True
    signal.setitimer(signal.ITIMER_PROF, limit)
    return _fails(tests(module), likely) or any(map(_differs, rest))


def _differs(one: Expected) -> bool:
    from picustream.models.record import DEAD_LETTERS
    from tests.scoring.compare import current
    from tests.scoring.histories import compared, replayed, rules_for

    published = replayed(one.events, rules_for(one.protocol), one.until)
    chains: dict[str, list[int]] = defaultdict(list)
    for output in published:
        record, _, revision = output.event_id.rpartition("/r")
        if output.topic not in DEAD_LETTERS:
            chains[record].append(int(revision))
    broken = any(chain != list(range(1, len(chain) + 1)) for chain in chains.values())
    return broken or bool(compared(current(published), one.records))


def tests(module: str) -> list[str]:
    """The test files for a module."""
    return [_file(name) for name in TESTS.get(module, ENGINE)]


def _file(name: str) -> str:
    """Of a test by its name: of the core's tests and those of its words no two share one."""
    [path] = (path for folder in ("scoring", "explain") for path in Path("tests", folder).rglob(f"test_{name}.py"))
    return str(path)


def _fails(files: list[str], likely: Likely) -> bool:
    import pytest

    quiet = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    without = [f"--deselect={one}" for one in LONG]
    return pytest.main([*quiet, *without, *files], plugins=[likely]) != pytest.ExitCode.OK
