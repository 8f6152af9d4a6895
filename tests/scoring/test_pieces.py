"""A stay that is more than one piece of work: worked off bit by bit, with others and crashes in between (I1, I3)."""

import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from picustream.models import text
from picustream.models.record import DEAD_LETTERS
from picustream.scoring.budget import LOT
from picustream.scoring.outputs import Output
from tests.reference.generate import case
from tests.scoring.build import Event, Stay
from tests.scoring.feeding import firing
from tests.scoring.histories import SEEDS, SHIPPED, replayed, rules_for, shuffled
from tests.scoring.running import Worker, assert_same, essence, without_the_way

LOTS = [1, 2, 7, 40]


def worked_off(worker: Worker, events: list[Event], rng: random.Random, *, at_once: bool) -> list[Output]:
    """Batches of any size, a few crashes between any two pieces; `at_once`: each is worked off before the next."""
    crashes = 3
    while events:
        size = rng.choice([1, 1, 2, 5, 20])
        worker.take(events[:size])
        events = events[size:]
        while worker.unfinished and (at_once or rng.random() < 0.3):
            worker.go_on()
            if crashes and rng.random() < 0.05:
                worker.crash()
                crashes -= 1
    return worker.end()


def chains(outputs: Iterable[Output]) -> dict[str, list[dict[str, Any]]]:
    """The revisions of every record, as published."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for output in outputs:
        if output.topic not in DEAD_LETTERS:
            record = text.parse(output.value)
            found[output.event_id.rpartition("/r")[0]].append(record)
    return found


def assert_whole(outputs: Iterable[Output]) -> None:
    """Every chain counts from 1, and each revision supersedes the one before it (I3)."""
    for name, revisions in chains(outputs).items():
        assert [one["revision"] for one in revisions] == list(range(1, len(revisions) + 1)), name
        expected = [None, *(one["event_id"] for one in revisions[:-1])]
        assert [one["supersedes"] for one in revisions] == expected, name


@pytest.mark.proves("I1", "I3", "I5", "I8")
@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("seed", range(0, SEEDS, 4))
def test_i1_pieces_of_any_size_end_where_all_at_once_does(seed: int, lot: int) -> None:
    """Random histories shuffled, repeated, in batches, with other events and crashes between any two pieces."""
    made = case(seed)
    plain = replayed(made.events, rules_for(made.protocol), made.until)
    worker = Worker(rules_for(made.protocol), made.until, lot=lot)
    published = worked_off(worker, shuffled(made.events, seed), random.Random(seed), at_once=seed % 3 == 0)
    assert_same(essence(plain), essence(published))
    assert firing(published) == firing(plain)
    assert_whole(published)


def is_within(some: list[Any], all_of_them: list[Any]) -> bool:
    """Whether some things are among others, in that order."""
    rest = iter(all_of_them)
    return all(one in rest for one in some)


@pytest.mark.proves("I1", "I3", "T4")
@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("seed", range(0, SEEDS, 4))
def test_i1_pieces_publish_nothing_that_all_at_once_would_not_have_published(seed: int, lot: int) -> None:
    """Of every record and alert nothing but what it said at some moment: in between as in the end.

    Each event is worked off before the next one; what falls due before the next piece is passed over.
    """
    made = case(seed)
    worker, whole = (Worker(rules_for(made.protocol), made.until, lot=some) for some in (lot, None))
    for event in made.events:
        worker.take([event])
        worker.finish()
        whole.take([event])
    published, plain = chains(worker.end()), chains(whole.end())
    for name, revisions in published.items():
        contents = [without_the_way(one) for one in revisions]
        assert is_within(contents, [without_the_way(one) for one in plain[name]]), name


def six_weeks_on_a_ventilator() -> list[Event]:
    """Treated, discharged on day 43, and known to live two weeks after the follow-up fell due."""
    ward = Stay().admitted("day 1 08:00", birth_date="2020-05-01", sex="female").treatment("day 2 12:00")
    for day in range(1, 43):
        ward = ward.vent(f"day {day} 09:00", "invasive", peep=8).lab(f"day {day} 11:00", creatinine=60 + day)
        for hour in (10, 14):
            ward = ward.gas(f"day {day} {hour}:00", pao2=60 + hour, fio2=1)
    corrected = {"status": "corrected", "recorded": "day 43 08:00", "birth_date": "2020-05-01", "sex": "female"}
    ward = ward.admitted("day 1 07:00", **corrected).discharged("day 43 09:00", to="other-icu")
    return list(ward.seen("day 95 09:00", alive=True).events)


@pytest.mark.proves("I1", "O4")
def test_a_backlog_of_six_weeks_makes_the_revisions_of_a_replay() -> None:
    """In one batch, with the lot of a worker: no evaluation owes anything when the next event comes, or time passes."""
    events = six_weeks_on_a_ventilator()
    worker, whole = Worker(SHIPPED, lot=LOT), Worker(SHIPPED)
    for one in (worker, whole):
        one.take(events)
    assert "follow-up-due" in {
        one["name"] for found in chains(whole.outputs).values() for one in found if "name" in one
    }
    assert [one.value for one in worker.end()] == [one.value for one in whole.end()]
