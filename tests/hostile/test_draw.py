"""What the kit expects of its records is what both readings of the rules say of them; and what it draws and shrinks."""

import json
import random
from pathlib import Path

import pytest

from picustream.scoring.engine import Engine
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord
from tests import reference
from tests.cases import case, found
from tests.hostile import casefile
from tests.hostile.account import fate_of
from tests.hostile.draw import MAKES, admissions_of, plan
from tests.hostile.dress import KEYS
from tests.hostile.events import Ward
from tests.hostile.records import REFUSED_BY_BROKER, USED
from tests.hostile.shrink import Hostile, shrunk
from tests.hostile.ward import CLOCK, GOOD


def made(kind: str, seed: int = 1) -> tuple:
    ward = Ward(random.Random(seed), admissions_of(GOOD))
    ward.measured()
    return MAKES[kind](ward), ward


@pytest.mark.parametrize("kind", [kind for kind in MAKES if "MB" not in kind])
def test_the_rules_say_of_each_kind_what_the_kit_expects(kind: str) -> None:
    one, _ = made(kind)
    read = Engine(load_rules()).read([InputRecord(one.topic, 0, 0, one.stay.encode(), one.value)], CLOCK)
    fate = fate_of((fault.scope, fault.reason) for fault in read.inputs[0].faults)
    assert one.fates is None or fate in one.fates or REFUSED_BY_BROKER in one.fates


@pytest.mark.parametrize("kind", [kind for kind in MAKES if "MB" not in kind and "MiB" not in kind])
def test_the_reference_lets_in_what_the_kit_expects_to_be_used(kind: str) -> None:
    one, _ = made(kind)
    if one.fates is None or one.fates & {"not-json", REFUSED_BY_BROKER}:
        return  # the reference reads JSON values
    body = reference.loads((one.value or b"").decode("utf-8-sig"))
    used = any(fate.startswith(USED) for fate in one.fates)
    assert reference.accepts(one.topic, body, CLOCK) == used


def test_a_plan_is_a_function_of_its_seed_and_has_every_kind() -> None:
    one, again, other = (plan(seed, 400, GOOD) for seed in (1, 1, 2))
    assert (one.hostile, one.ground) == (again.hostile, again.ground)
    assert one.hostile != other.hostile
    kinds = {name for _, sending in one.hostile for record in sending.records for name in record.kind.split(", ")}
    assert kinds >= MAKES.keys()
    assert {sending.end for _, sending in one.hostile} == {"", "steady", "commit", "abort", "open"}
    assert kinds >= KEYS.keys()


def test_a_case_file_says_all_of_a_plan(tmp_path: Path) -> None:
    drawn = plan(3, 300, GOOD)
    file = tmp_path / "case.ndjson"
    file.write_text("".join(f"{line}\n" for line in casefile.to_lines(drawn.hostile, drawn.ground)))
    hostile, ground = casefile.read(file)
    assert ground == drawn.ground
    assert [sending for _, sending in hostile] == [sending for _, sending in drawn.hostile]
    assert [share for share, _ in hostile] == pytest.approx([share for share, _ in drawn.hostile], abs=1e-4)


LIVE = ["aborted-transaction", "null-header", "encodings", "k01", "k02", "k03", "k04"]


@pytest.mark.parametrize("name", [name for name in LIVE if found(name)])
def test_a_case_file_written_by_hand_is_read(name: str) -> None:
    file = case(name)
    hostile, _ = casefile.read(file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [sending.records[0].topic for _, sending in hostile] == [line["topic"] for line in lines]
    assert [sending.end for _, sending in hostile] == [line.get("_end", "") for line in lines]


@pytest.mark.parametrize("guilty", [{5}, {0, 17}, {3, 4, 29}])
def test_what_is_left_of_a_failing_plan_is_what_makes_it_fail(guilty: set[int]) -> None:
    whole: Hostile = tuple((place / 100, sending) for place, (_, sending) in enumerate(plan(4, 60, GOOD).hostile[8:38]))
    few = shrunk(whole, lambda some: guilty <= {round(share * 100) for share, _ in some})
    assert {round(share * 100) for share, _ in few} == guilty
    assert all(len(sending.records) == 1 for _, sending in few)
