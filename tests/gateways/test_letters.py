"""Letters: each reason in the code has its advice, and a letter shows codes and no free text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.letters import REASONS, letter_of
from picustream.scoring.faults import Fault
from tests.gateways.converting import NOW
from tests.paths import ROOT

_FAULT = re.compile(r"(?:Fault|_unreadable)\(\s*\"([a-z0-9-]+)\"")
_LATER = {"unused-kind", "training", "unreadable"}
"""Reasons of answers, of which there is no letter."""


def reasons_in_code() -> set[str]:
    texts = (path.read_text() for path in (ROOT / "gateways").rglob("*.py"))
    return {reason for text in texts for reason in _FAULT.findall(text)} - _LATER


@pytest.mark.parametrize("reason", sorted(reasons_in_code()))
def test_every_reason_has_advice(reason: str) -> None:
    assert reason in REASONS


@given(st.text(max_size=40))
def test_free_text_is_not_shown(text: str) -> None:
    told = {"code": "2160-0", "system": f"{text} {text}", "unit": f"{text:>25}"}
    letter = letter_of(Fault("unit-unknown", "OBX[1]", "no"), "lab", NOW, "h-1", **told)
    assert letter.about == {"code": "2160-0"}


@pytest.mark.parametrize("unit", ["mm Hg", "x10(3)/mcL", "次/分", "мм рт.ст.", "µmol/L", "10³/µl", "beats per minute"])
def test_a_unit_is_shown_as_it_is_written(unit: str) -> None:
    """The site's file has to have this very spelling."""
    letter = letter_of(Fault("unit-unknown", "OBX[1]", "no"), "lab", NOW, "h-1", unit=unit)
    assert letter.about == {"unit": unit}


def test_a_row_has_what_is_needed_to_act() -> None:
    fault = Fault("unit-unknown", "", "unknown unit")
    row = letter_of(
        fault, "lab", NOW, "h-1", "OBX[3]", code="2160-0", system="http://loinc.org", unit="UMOLL"
    ).as_json()
    assert row == {
        "at": NOW.isoformat(),
        "source": "lab",
        "message_id": "h-1",
        "reason": "unit-unknown",
        "path": "OBX[3]",
        "message": "unknown unit",
        "fix": REASONS["unit-unknown"].fix,
        "code": "2160-0",
        "system": "http://loinc.org",
        "unit": "UMOLL",
    }
