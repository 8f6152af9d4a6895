"""A stay that spans years beside a ward: worked off in pieces, and the other children's scores come in between."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from picustream.models.event import ADT, LAB, TRIAL
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka.topics import partition_of
from tests.integration.realrun import PARTITIONS, RealRun

YEARS = 6
"""Some 2,200 days: nine pieces at each of its events."""
IN_THE_MIDST = 8
"""Writes before the kill: fewer than there are pieces, more than there are of others before the first of them."""


def years_long(stay_id: str, filed: datetime, years: int = YEARS) -> Iterator[str]:
    """The lines of a stay that is sent years later: its admission, a value of its first day, its treatment."""
    admitted = filed - timedelta(days=365 * years)

    def line(topic: str, minute: int, **fields: object) -> str:
        recorded = (filed + timedelta(minutes=minute)).isoformat()
        ids = {"event_id": f"{stay_id}-{minute}", "source": "history", "patient_id": f"P-{stay_id}", "stay_id": stay_id}
        return json.dumps({"topic": topic, "value": ids | {"recorded_at": recorded, **fields}})

    creatinine = {"system": "urn:picustream:variable", "code": "creatinine", "value": 240, "unit": "umol/L"}
    yield line(ADT, 0, type="admitted", occurred_at=admitted.isoformat())
    taken = (admitted + timedelta(hours=2)).isoformat()
    yield line(LAB, 1, observed_at=taken, observations=[creatinine])
    yield line(TRIAL, 2, type="treatment_started", arm="trial", occurred_at=taken)


def with_a_long_stay(run: RealRun, years: int = YEARS) -> tuple[RealRun, str]:
    """The ward with such a stay on a partition of others, sent at its beginning; and the stay's name."""
    first = json.loads(run.lines[0])["value"]
    ward = {partition_of(json.loads(line)["value"]["stay_id"], PARTITIONS) for line in run.lines}
    name = next(name for name in (f"L-{n}" for n in range(100)) if partition_of(name, PARTITIONS) in ward)
    filed = datetime.fromisoformat(first.get("recorded_at") or first.get("occurred_at") or first["observed_at"])
    return run.told_at([*years_long(name, filed, years), *run.lines], run.until), name


def days_of(run: RealRun, name: str) -> tuple[list[str], list[str]]:
    """The stays of the MODS records on the partition of a stay, in their order; and the days published of that stay."""
    published = [one for one in run.bench.records([MODS]) if one.partition == partition_of(name, PARTITIONS)]
    bodies = [json.loads(one.value) for one in sorted(published, key=lambda one: one.offset)]
    return [body["stay_id"] for body in bodies], [body["day"] for body in bodies if body["stay_id"] == name]


@pytest.mark.servers
@pytest.mark.proves("I1", "I2", "I3")
def test_a_stay_that_spans_years_holds_nobody_up_and_is_whole_in_the_end(real_run: RealRun) -> None:
    """Killed in the midst of its pieces; the others' records stand between its first and its last."""
    run, name = with_a_long_stay(real_run)
    run.publish()
    run.crash(f"after-lua:{IN_THE_MIDST}")
    _, days = days_of(run, name)
    assert 0 < len(set(days)) < 365 * YEARS
    run.drain()
    stays, days = days_of(run, name)
    assert len(set(days)) > 365 * YEARS
    ends = len(stays) - stays[::-1].index(name)
    between = [stay for stay in stays[stays.index(name) : ends] if stay != name]
    assert len(between) > len([stay for stay in stays[ends:] if stay != name])
    verdict = run.verdict()
    assert not verdict.faults, str(verdict)
