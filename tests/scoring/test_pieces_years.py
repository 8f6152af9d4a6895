"""Stays that span years, in pieces: what is done in one call has bounds, and nobody waits for the end of it."""

import random
from typing import Any

import pytest

from picustream.models import text
from picustream.models.record import ALERT, DEAD_LETTER
from picustream.scoring import budget
from picustream.scoring.batch import Batch
from picustream.scoring.chart import pruning
from picustream.scoring.event_packs import stored_events
from picustream.scoring.rebuild import Rebuild
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import OUTCOME
from tests.scoring.build import Event, Stay, at
from tests.scoring.feeding import firing
from tests.scoring.histories import SEEDS, SHIPPED, input_records, replayed
from tests.scoring.rebuilding import note_outputs
from tests.scoring.running import Worker, assert_same, essence
from tests.scoring.test_pieces import assert_whole, worked_off

DAYS = 220
"""Enough for many pieces of `LOT`; a worker has more at once, and the years are no other."""
LOT = 20
ADMITTED = Stay().admitted("day 1 08:00", birth_date="2020-05-01", sex="female", recorded=f"day {DAYS} 09:00")


def recorded(minute: int) -> str:
    """A moment of filing, after the years."""
    return f"day {DAYS} 10:{minute:02}"


def filed_years_later(rng: random.Random) -> list[Event]:
    """What somebody enters of a stay of years: values, gases on the ventilator, treatment, an end, corrections."""
    ward = ADMITTED
    for minute in range(12):
        day, filed = rng.randint(1, DAYS - 2), {"recorded": recorded(minute)}
        ward = ward.vent(f"day {day} 09:00", "invasive", peep=8, **filed)
        ward = ward.gas(f"day {day} 10:00", pao2=rng.choice([60, 90, 250]), fio2=1, **filed)
        ward = ward.lab(f"day {rng.randint(1, DAYS - 2)} 11:00", creatinine=rng.choice([90, 150, 400]), **filed)
        ward = ward.vital(f"day {day} 12:00", cvp=8, **filed)
    ward = ward.treatment(f"day {rng.randint(1, DAYS - 40)} 12:00", recorded=recorded(20))
    corrected = f"day {rng.choice([1, 30, DAYS // 2])} 07:00"
    ward = ward.admitted(corrected, status="corrected", recorded=recorded(30), birth_date="2020-05-01", sex="female")
    if rng.random() < 0.7:
        ward = ward.discharged(f"day {DAYS - rng.choice([0, 60])} 09:00", recorded=recorded(40))
    if rng.random() < 0.3:
        ward = ward.admitted("day 1 07:00", status="cancelled", recorded=recorded(50))
    return list(ward.events)


@pytest.mark.proves("I1", "I3", "M7", "A3", "A4", "O4")
@pytest.mark.parametrize("seed", range(SEEDS // 10))
def test_i1_years_in_pieces_end_where_years_at_once_do(seed: int) -> None:
    """In any order, with crashes between the pieces; no call makes more than its lots and what a stay has once."""
    rng = random.Random(seed)
    events, until = filed_years_later(rng), at(f"day {DAYS + 40}")
    plain = replayed(events, SHIPPED, until)
    rng.shuffle(events)
    worker = Worker(SHIPPED, until, bounded=True, lot=LOT)
    published = worked_off(worker, events, rng, at_once=seed % 2 == 0)
    assert_same(essence(plain), essence(published))
    assert firing(published) == firing(plain)
    assert_whole(published)
    assert worker.largest <= (budget.LOTS + 1) * LOT + 30


def published(worker: Worker, topic: str, stay: str = "S") -> list[dict[str, Any]]:
    """The records of a topic and a stay so far."""
    bodies = (text.parse(one.value) for one in worker.outputs if one.topic == topic)
    return [body for body in bodies if body["stay_id"] == stay]


def test_others_get_their_scores_between_the_pieces() -> None:
    """An event of another stay waits for the piece in hand and no longer; outcomes wait for all days."""
    other = Stay().admitted(f"day {DAYS}", stay="T").lab(f"day {DAYS} 09:30", creatinine=90, stay="T")
    worker = Worker(SHIPPED, lot=LOT)
    worker.take(ADMITTED.events)
    worker.take(other.events)
    assert published(worker, MODS, "T")
    assert 0 < len(published(worker, MODS)) <= 4 * LOT
    assert not published(worker, OUTCOME)
    worker.finish()
    assert len(published(worker, MODS)) == DAYS - 1  # the last day has no value yet, and is not closed
    assert [one["revision"] for one in published(worker, OUTCOME)] == [1]


def test_an_event_that_comes_meanwhile_counts_in_what_is_still_to_be_published() -> None:
    """The days not published yet are published with it, once."""
    worker = Worker(SHIPPED, lot=LOT)
    worker.take(ADMITTED.events)
    late = ADMITTED.lab("day 1 09:00", creatinine=400, recorded=recorded(0)).discharged(f"day {DAYS} 09:00")
    worker.take(late.events[1:])
    worker.finish()
    days = published(worker, MODS)
    assert {one["total"] for one in days if one["day"] > days[3 * LOT]["day"]} == {3}
    assert sum(one["revision"] > 1 for one in days) <= 3 * LOT


def test_what_falls_due_after_a_sleep_of_months_is_evaluated_bit_by_bit() -> None:
    """Many stays are due at once: some at a time are loaded, each as of when it fell due."""
    names = [f"S-{number}" for number in range(25)]
    worker = Worker(SHIPPED, lot=LOT)
    for name in names:
        worker.take(Stay().admitted("day 1", stay=name).events)
    worker.crash()
    after = Stay().admitted("day 12", stay="late").events
    assert len(worker.missing(after)) < len(names)
    worker.take(after)
    worker.finish()
    assert all(len(published(worker, MODS, name)) == 10 for name in names)
    assert worker.largest <= (budget.LOTS + 1) * LOT + 30


def test_dead_letters_of_many_bad_values_are_not_made_in_one_go() -> None:
    """Each event may have two hundred, with its whole text in each."""
    bad = [{"system": "urn:picustream:variable", "code": "creatinine", "value": 1, "unit": "furlong", "id": f"o{n}"}
           for n in range(200)]  # fmt: skip
    ward = Stay()
    for _ in range(20):
        ward = ward.lab("day 1 09:00", *bad)
    worker = Worker(SHIPPED, lot=LOT)
    worker.take(ward.events)
    letters = [one for one in worker.outputs if one.topic == DEAD_LETTER]
    assert len(letters) == len({one.event_id for one in letters}) == 20 * 200
    assert worker.largest <= budget.MOST_RECORDS + 200


@pytest.mark.proves("I9")
def test_i9_a_stay_of_years_is_pruned_in_pieces_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A monitor that speaks every minute of the last day; while it is pruned it goes on to speak."""
    monkeypatch.setattr(pruning, "MOST_PER_DAY", 50)
    monkeypatch.setattr(pruning, "NEWEST_COUNT", 10)
    ward = ADMITTED
    for minute in range(400):
        when = f"day {DAYS} {10 + minute // 60:02}:{minute % 60:02}"
        ward = ward.vital(when, heart_rate=100 + minute % 7, recorded=when)
    worker = Worker(SHIPPED, bounded=True, lot=LOT)
    for first in range(0, len(ward.events), 40):
        worker.take(ward.events[first : first + 40])
    worker.tidy_up()
    assert len(list(stored_events(worker.stored("S")))) < 200
    assert_same(essence(replayed(ward.events, SHIPPED)), essence(worker.end()))


@pytest.mark.proves("I3")
def test_i3_what_fires_is_not_resolved_while_a_stay_is_evaluated_anew() -> None:
    """After a crash its days are evaluated again one lot after the other; those not evaluated yet publish nothing."""
    ward = ADMITTED.treatment(f"day {DAYS // 2} 12:00", recorded=recorded(0))
    worker = Worker(SHIPPED, lot=LOT)
    worker.take(ward.events)
    worker.finish()
    published, fires = len(worker.outputs), firing(worker.outputs)
    assert sum("window-day-unmeasured" in name for name in fires) > 1
    worker.crash()
    worker.take(ward.lab(f"day {DAYS} 09:30", platelets=100, recorded=recorded(1)).events[-1:])
    assert worker.unfinished
    worker.finish()
    assert firing(worker.outputs) == fires
    assert not [one for one in worker.outputs[published:] if one.topic == ALERT]


@pytest.mark.proves("I5", "I3")
def test_i5_lost_state_of_a_long_stay_is_made_up_for_in_pieces() -> None:
    """Half of what was published is on the topics; the rest is owed, a lot at a time."""
    events = ADMITTED.lab("day 3 09:00", creatinine=400, recorded=recorded(0)).treatment("day 4", recorded=recorded(1))
    worker = Worker(SHIPPED)
    worker.take(events.events)
    published = worker.outputs[: len(worker.outputs) // 2]
    rebuild = Rebuild(SHIPPED, bounded=True, lot=LOT)
    note_outputs(rebuild, published)
    for input_record in input_records(events.events):
        rebuild.take(input_record, worker.clock)
    engine, effects = rebuild.finish(worker.clock, "partition-0+0")
    owed = effects.outputs
    while engine.unfinished:
        piece = engine.process(Batch(()), worker.clock)
        assert len(piece.outputs) <= 2 * LOT
        owed += piece.outputs
    assert_whole([*published, *(one for one in owed if one.key is not None)])
    assert_same(essence(worker.outputs), essence([*published, *owed]))
