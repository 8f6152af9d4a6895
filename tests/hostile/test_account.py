"""The account can fail: what is lost, seen though it never was, said twice or said wrongly is found."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from picustream.models.event import LAB
from picustream.streams.kafka.topics import partition_of
from tests.hostile.account import LETTERS, Account, account
from tests.hostile.dress import PARTITIONS
from tests.hostile.records import ABORTED, REFUSED_BY_BROKER, USED, Record, Sent, fates
from tests.hostile.standing import Read
from tests.hostile.ward import CLOCK

EVENT = {
    "event_id": "e-1", "source": "lis", "patient_id": "P", "stay_id": "H-1", "observed_at": "2026-03-02T10:00:00+08:00",
    "observations": [{"code": "2160-0", "value": 60, "unit": "umol/L"}],
}  # fmt: skip
VALUE = json.dumps(EVENT).encode()
HOME = partition_of("H-1", PARTITIONS)
ELSEWHERE = (HOME + 1) % PARTITIONS
FORWARDED = b"picustream_forwarded_from"


def sent(value: bytes, offset: int, *expected: str, partition: int = HOME, end: str = "") -> Sent:
    return Sent(Record(LAB, value, b"H-1", fates=fates(*expected)), (LAB, partition, offset), end)


def stands(one: Sent) -> Read:
    assert one.place is not None
    return Read(*one.place, one.record.key, one.record.value, (), 0)


def letter(one: Read, reason: str = "not-json", **more: Any) -> Read:
    value = one.value or b""
    body = {"topic": one.topic, "partition": one.partition, "offset": one.offset, "scope": "event", "reason": reason,
            "path": "", "payload": base64.b64encode(value).decode(), "payload_bytes": len(value),
            "payload_sha256": hashlib.sha256(value).hexdigest()} | more  # fmt: skip
    return Read(LETTERS[0], one.partition, 0, b"H-1", json.dumps(body).encode(), (), 0)


GOOD, JUNK, STRAY = sent(VALUE, 0, USED), sent(b"junk", 1, "not-json"), sent(VALUE, 0, USED, partition=ELSEWHERE)
NEVER = sent(VALUE, 2, USED, end=ABORTED)
COPY = replace(stands(GOOD), offset=3, headers=((FORWARDED, f"{LAB}/{ELSEWHERE}/0".encode()),))
ALL = [GOOD, JUNK, STRAY, NEVER]
INPUTS = [stands(GOOD), stands(JUNK), stands(STRAY), COPY]
TOLD = [letter(stands(JUNK))]


def judged(sent: list[Sent], inputs: list[Read], letters: list[Read]) -> Account:
    return account(sent, inputs, letters, CLOCK)


def test_what_is_in_order_has_no_fault() -> None:
    found = judged(ALL, INPUTS, TOLD)
    assert found.faults == []
    assert found.counts == {USED: 2, "not-json": 1, ABORTED: 1}
    assert [one.place for one in found.used] == [GOOD.place, STRAY.place]


WRONG: dict[str, Callable[[], Account]] = {
    "passed over without a letter": lambda: judged(ALL, INPUTS, []),
    "not on its topic": lambda: judged(ALL, [stands(JUNK), stands(STRAY), COPY], TOLD),
    "seen though aborted": lambda: judged(ALL, [*INPUTS, stands(NEVER)], TOLD),
    "a dead letter twice": lambda: judged(ALL, INPUTS, TOLD * 2),
    "of its partition, and passed over": lambda: judged(ALL, INPUTS[:3], TOLD),
    "forwarded twice": lambda: judged(ALL, [*INPUTS, replace(COPY, offset=4)], TOLD),
    "a copy of what was never sent": lambda: judged(ALL[:2], [stands(GOOD), stands(JUNK), COPY], TOLD),
    "a dead letter of what was never sent": lambda: judged(ALL, INPUTS, [*TOLD, letter(replace(COPY, offset=9))]),
    "not-json and not used": lambda: judged(ALL, INPUTS, [*TOLD, letter(stands(GOOD))]),
    "schema and not not-json": lambda: judged(ALL, INPUTS, [letter(stands(JUNK), "schema")]),
    "without its payload": lambda: judged(ALL, INPUTS, [letter(stands(JUNK), payload="")]),
    "a dead letter of": lambda: judged(ALL, INPUTS, [letter(stands(JUNK), message="x" * (1 << 20))]),
    "on the wrong topic": lambda: judged(ALL, INPUTS, [replace(TOLD[0], topic=LETTERS[1])]),
    "refused by the broker": lambda: judged([*ALL, replace(GOOD, place=None, end=REFUSED_BY_BROKER)], INPUTS, TOLD),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_found(what: str) -> None:
    assert any(what in fault for fault in WRONG[what]().faults)
