"""Receipts: whoever reads one can work every point out again (I7)."""

import re
from collections import defaultdict
from fractions import Fraction  # noqa: F401 - what is evaluated below needs it

import pytest

from picustream.eventfiles import files
from picustream.eventfiles.replay import run
from picustream.explain.chains import StayScores, collect
from picustream.models.record import ScoreRecord
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord
from tests.explain.asking import data_of, faults, on_page, records_of
from tests.explain.by_hand import check_apps, check_mods, close
from tests.paths import REAL_DATA, needs_real_data
from tests.reference.generate import case
from tests.scoring.histories import replayed, rules_for


@pytest.fixture(scope="module")
def real() -> dict[str, StayScores]:
    """The scores of every stay of the real data."""
    with REAL_DATA.open("rb") as file:
        lines = files.lines(file, REAL_DATA.name)
        input_records = (InputRecord(line.topic, None, line.number, None, line.value) for line in lines)
        told = records_of(run(load_rules(), input_records))
    by_stay: dict[str, list[ScoreRecord]] = defaultdict(list)
    for record in told:
        by_stay[record.stay_id].append(record)
    return {stay_id: collect(records) for stay_id, records in by_stay.items()}


@needs_real_data
def test_i7_every_point_of_the_real_data_follows_from_its_receipt(real: dict[str, StayScores]) -> None:
    """I7: values as sent, factors and formulas of the receipts give all points again, in fractions and by hand."""
    days = episodes = organs = parts = 0
    for scores in real.values():
        for record in data_of(scores)["records"]:
            assert not record["explained"]["does_not_add_up"], record["event_id"]
            if record["score"] == "MODS":
                days, organs = days + 1, organs + check_mods(record)
            elif record["components"]:
                episodes, parts = episodes + 1, parts + check_apps(record)
    assert (days, episodes) == (653, 134)
    assert organs > 2000 and parts > 250


@needs_real_data
def test_i7_the_sentences_of_the_real_receipts_are_true(real: dict[str, StayScores]) -> None:
    """I7: every formula on paper, worked out as printed, gives the value beside it, and it is in the band."""
    sentences = 0
    for scores in list(real.values())[::3]:
        page = on_page(scores, width=100)
        assert "Does not add up" not in page and "does not follow" not in page
        for paragraph in re.split(r"\n\s*\n", page):
            for numbers, result in re.findall(r"^  (?:P/F|PAR|GCS) = [^=]+ = (.+?) [=≈] (\S+)", paragraph, re.M):
                value = eval(re.sub(r"([\d.]+)", r"Fraction('\1')", numbers.replace("×", "*")))
                assert close(value, result)
                band = re.search(r"for ([\d.]+ [<≤] )?\S+ ([<≤>]) ([\d.]+)", paragraph)
                if band is not None and band[2] == "≤":
                    assert value <= int(band[3])
                sentences += 1
    assert sentences > 300


@needs_real_data
@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_line_of_a_real_receipt_is_wider_than_the_terminal(real: dict[str, StayScores], width: int) -> None:
    """A wide terminal gets no lines that nobody can read, a narrow one none that it breaks."""
    for scores in list(real.values())[::9]:
        for page in (on_page(scores, width), on_page(scores, width, table=True)):
            assert max(map(len, page.splitlines())) <= min(width, 100)
            assert not any(line.endswith(" ") for line in page.splitlines())


@pytest.mark.parametrize("seed", range(12))
def test_i7_receipts_of_random_stays_add_up(seed: int) -> None:
    """I7: whatever the protocol, the zone, the corrections: every revision published follows from its own inputs."""
    history = case(seed)
    records = records_of(replayed(history.events, rules_for(history.protocol), history.until))
    assert [fault for record in records for fault in faults(record)] == []
    for stay_id in {record.stay_id for record in records}:
        assert "Does not add up" not in on_page(collect(r for r in records if r.stay_id == stay_id))
