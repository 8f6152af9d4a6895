"""The list of letters says what has to be mapped, so that nobody needs the message itself."""

from picustream.commands.gateway_journal import _MOST, _letter_line, _sums
from picustream.gateways.journal.browse import KeptLetter


def letter(**about: str) -> KeptLetter:
    body = {"message": "unknown unit", "fix": "add it", **about}
    return KeptLetter("L-1", 1, "h-1", "lab", "2026-03-01T08:00:00+00:00", "unit-unknown", "OBX[1]", body)


def test_what_is_in_question_is_in_the_list() -> None:
    found = [letter(code="2160-0", unit="mg per dl"), letter(code="2160-0", unit="mg per dl"), letter(code="777-3")]
    assert list(_sums(found)) == [
        "     3 lab unit-unknown: unknown unit (L-1 OBX[1])",
        "       what to do: add it",
        "       2 of code 2160-0, unit mg per dl",
        "       1 of code 777-3",
    ]
    assert _letter_line(found[0]).endswith("unit-unknown OBX[1]: unknown unit (code 2160-0, unit mg per dl)")
    assert _letter_line(letter()).endswith("unit-unknown OBX[1]: unknown unit")


def test_of_many_the_most_frequent() -> None:
    lines = list(_sums([letter(code=str(number)) for number in range(_MOST + 3)]))
    assert len(lines) == 2 + _MOST + 1
    assert lines[-1] == "       and 3 others: --all-lines"
