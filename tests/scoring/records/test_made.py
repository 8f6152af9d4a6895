"""Records are made as plain fields and not validated one by one: here the models take each of them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from picustream.models.record import Out
from tests.reference.generate import case
from tests.scoring.compare import assert_of_its_model
from tests.scoring.histories import SEEDS, SHIPPED, Events, input_records, replayed, rules_for, shuffled
from tests.scoring.stories import histories
from tests.scoring.test_incremental import Bedside


@pytest.mark.proves("I7")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_i7_every_record_of_a_random_history_is_one_of_its_model(seed: int) -> None:
    """Scores, screening, outcomes, alerts and dead letters, and whatever was withdrawn."""
    made = case(seed)
    rules = rules_for(made.protocol)
    assert_of_its_model(replayed(shuffled(made.events, seed), rules), rules)


@pytest.mark.proves("I7")
@given(histories())
def test_i7_likewise_of_a_small_story(events: list[Any]) -> None:
    assert_of_its_model(replayed(events, SHIPPED), SHIPPED)


def parts(value: Any) -> Iterator[Any]:
    """Everything in a value that is no object and no list."""
    if isinstance(value, Out):
        value = vars(value)
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        yield value
        return
    for part in value:
        yield from parts(part)


PLAIN = {str, int, bool, type(None), Decimal, datetime, date}


@pytest.mark.proves("V2")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_v2_a_record_holds_decimals_and_no_floating_point(seed: int) -> None:
    """Nor a number with the text that it was read as: of 2.5E2 a receipt says 250."""
    made = case(seed)
    bedside = Bedside(rules_for(made.protocol))
    for record in made_of(bedside, made.events):
        assert {type(part) for part in parts(record)} <= PLAIN


def made_of(bedside: Bedside, events: Events) -> Iterator[Any]:
    """The records that a stay makes of all events, once its days are closed."""
    moments = [bedside.file(input_record) for input_record in input_records(events)]
    last = max((moment for moment in moments if moment is not None), default=None)
    if last is not None:
        yield from bedside.look(last + timedelta(days=2)).values()
