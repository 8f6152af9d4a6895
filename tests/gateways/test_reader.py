"""Bytes to statements: of HL7 v2 all messages of a frame, or none."""

import pytest

from picustream.gateways.reader import read_statements
from picustream.gateways.site.load import demo
from picustream.gateways.state import State
from picustream.gateways.statement import Unreadable
from tests.gateways.texts import admission, message, obx, results, together

BATCH = [message("FHS|^~\\&|LAB", "BHS|^~\\&|LAB"), admission(), results(obx()), message("BTS|2", "FTS|1")]


def kinds(raw: bytes) -> list[str]:
    site = demo()
    return [one.kind for one in read_statements(raw, site.site.source[0], site, State())]


@pytest.mark.parametrize("raw", [b"".join(BATCH), together(BATCH[1:3]), b"\xef\xbb\xbf" + b"".join(BATCH[1:])])
def test_a_frame_may_hold_several_messages(raw: bytes) -> None:
    assert kinds(raw) == ["ADT^A01", "ORU^R01"]


def test_where_one_of_them_cannot_be_read_all_are_refused_with_all_their_values() -> None:
    broken = results(obx(), obx()).replace(b"|R|P|2.5", "|R|P|2.5||||||ASCII|é".encode())
    with pytest.raises(Unreadable) as caught:
        kinds(b"".join([admission(), results(obx()), broken]))
    assert (caught.value.fault.reason, caught.value.values) == ("charset-broken", 3)


@pytest.mark.parametrize(
    ("raw", "reason"), [(b"", "no-msh"), (b"\x0bMSH|^~\\&|", "truncated-frame"), (b"PID|1", "no-msh")]
)
def test_what_is_no_message_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        kinds(raw)
    assert caught.value.fault.reason == reason
