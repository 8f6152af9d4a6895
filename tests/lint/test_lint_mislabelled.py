"""`picustream lint`: codes of a quantity that scores need, values of another unit, sources of which nothing is read."""

import random
from decimal import Decimal
from typing import Any

import pytest

from picustream.lint.levels import RANGES, Levels, units_of_values
from picustream.lint.siblings import others, siblings
from picustream.models.observation import LOINC
from picustream.models.variable import Variable
from picustream.scoring.chart.units import QUANTITIES
from picustream.scoring.rules import load_rules
from tests.lint.cards import WHOLE, card, found
from tests.scoring.build import Stay, obs


def by_code(report: Any, code: str) -> dict[str, str]:
    """What the findings of one kind are about -> what they say."""
    return {one.about: one.message for one in report.findings if one.code == code}


def loinc(code: str, unit: str | None, value: Any = 5) -> dict[str, Any]:
    return {"code": code, "value": value} | ({} if unit is None else {"unit": unit})


# Codes. --------------------------------------------------------------------------------------------------------------


def check_digit(number: str) -> int:
    """The check digit of LOINC: mod 10, every other digit from the right doubled."""
    digits = [int(digit) * (1 + (place % 2 == 0)) for place, digit in enumerate(reversed(number))]
    return -sum(digit // 10 + digit % 10 for digit in digits) % 10


def test_the_table_of_siblings_has_codes_of_loinc_and_none_that_is_accepted() -> None:
    """Every code has its check digit, none is in two places, and none is read anyway."""
    codemap = load_rules().codemap
    assert not siblings().keys() & others()
    for code in siblings().keys() | others():
        number, _, digit = code.partition("-")
        assert check_digit(number) == int(digit), code
        assert codemap.variable(LOINC, code) is None, code
    assert all(one.what and one.why for one in siblings().values())


@pytest.mark.parametrize(
    ("code", "unit", "variable"),
    [
        ("38483-4", "mg/dL", "creatinine"), ("77140-2", "umol/L", "creatinine"), ("778-1", "10*3/uL", "platelets"),
        ("8889-8", "/min", "heart_rate"), ("42719-5", "mg/dL", "bilirubin_total"), ("8591-0", "mm[Hg]", "cvp"),
        ("19255-9", "mm[Hg]", "pao2"), ("19996-8", "%", "fio2"), ("38483-4", "furlong", "creatinine"),
    ],
)  # fmt: skip
def test_a_code_of_the_same_quantity_is_a_finding_and_named_for_what_it_is(code: str, unit: str, variable: str) -> None:
    """The creatinine is a creatinine and no bilirubin, though they share a unit and one of them is given already."""
    report = card(*WHOLE.lab("day 1 11:00", loinc(code, unit)).events)
    [(about, message)] = by_code(report, "code-unmapped").items()
    assert about == f"picu.lab.v1 ward {code} {unit}" and f"list the code as {variable} in a code map" in message
    others_named = {str(one) for one in Variable if one != variable} & set(message.replace(":", " ").split())
    assert others_named == set() and not report.codemap_optional


def test_a_code_that_nobody_knows_here_is_a_hint_that_says_so() -> None:
    """Its unit fits two variables; that is no suggestion, and no finding."""
    report = card(*WHOLE.lab("day 1 11:00", loinc("90001-9", "mg/dL")).events)
    hint = "\n".join(report.codemap)
    assert report.findings == [] and report.codemap_optional
    assert "not known here: look it up at loinc.org. Its unit fits bilirubin_total, creatinine," in hint


def test_a_code_of_another_quantity_is_neither_a_finding_nor_a_hint() -> None:
    """Urea in mg/dL is no creatinine, and nobody has to be asked."""
    report = card(*WHOLE.lab("day 1 11:00", loinc("3094-0", "mg/dL")).events)
    assert report.findings == [] and report.codemap == []


def test_a_code_with_another_check_digit_is_reported_with_the_right_one() -> None:
    report = card(*WHOLE.lab("day 1 11:00", loinc("14682-8", "umol/L"), loinc("1-0", "umol/L")).events)
    [(about, message)] = by_code(report, "code-mistyped").items()
    assert about == "picu.lab.v1 ward 14682-8 umol/L" and "14682-9 (creatinine)" in message


@pytest.mark.parametrize("system", ["http://loinc.org", "urn:lis"])
@pytest.mark.parametrize(
    "code",
    [
        "14682\u20119",
        "14682-9\u200b",
        "\uff11\uff14\uff16\uff18\uff12-\uff19",
        "0014682 - 9",
        "LN:14682-9",
        "14682-9^Kreatinin^LN",
    ],
)
def test_an_accepted_code_in_another_writing_is_reported_with_the_right_one(code: str, system: str) -> None:
    """It is ignored, and whoever reads the file sees nothing wrong with it."""
    report = card(*WHOLE.lab("day 1 11:00", loinc(code, "umol/L") | {"system": system}).events)
    [(about, message)] = by_code(report, "code-mistyped").items()
    assert "it is 14682-9 (creatinine) written otherwise; send 14682-9" in message
    assert about.isascii() and report.codemap == []


@pytest.mark.parametrize("code", ["14682-09", "2160-0/14682-9", "114682-9", "14682-91", "1-0"])
def test_a_code_that_only_resembles_an_accepted_one_is_not_taken_for_it(code: str) -> None:
    assert by_code(card(*WHOLE.lab("day 1 11:00", loinc(code, "umol/L")).events), "code-mistyped") == {}


def test_a_name_of_a_variable_in_capitals_and_without_its_system_is_reported_so() -> None:
    report = card(*WHOLE.lab("day 1 11:00", loinc("Heart-Rate", "/min")).events)
    [message] = by_code(report, "code-mistyped").values()
    assert message.endswith("send heart_rate with urn:picustream:variable")


def test_a_code_that_is_none_of_loinc_and_came_without_a_system_is_not_looked_up_there() -> None:
    report = card(*WHOLE.lab("day 1 11:00", loinc("KREA", "umol/L")).events)
    hint = "\n".join(report.codemap)
    assert report.findings == [] and "no code of LOINC, though it came without another system" in hint


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("creatinin", "creatinine"),
        ("Heart-Rate", "heart_rate"),
        ("xyz", "one of those in docs/topics.md"),
        ("MAP", "map_invasive or map_noninvasive"),
    ],
)
def test_a_name_that_no_variable_has_is_a_typing_error(code: str, right: str) -> None:
    """The system is picustream's own: nothing else can be meant."""
    said = {"system": "urn:picustream:variable", "code": code, "value": 5, "unit": "umol/L"}
    report = card(*WHOLE.lab("day 1 11:00", said).events)
    [message] = by_code(report, "code-mistyped").values()
    assert f"no variable has this name; send {right}" in message and report.codemap == []


def test_the_name_of_a_variable_without_its_system_is_reported_so() -> None:
    """`system-unknown`; the system has to be sent, no code map is asked for."""
    report = card(*WHOLE.lab("day 1 11:00", {"code": "creatinine", "value": 50, "unit": "umol/L"}).events)
    [message] = by_code(report, "system-unknown").values()
    assert message.endswith("send it with urn:picustream:variable") and report.codemap == [] and report.codemap_optional


def test_a_code_of_the_same_quantity_under_another_name_of_loinc_is_named_too() -> None:
    """The table knows what it is under LOINC; a unit alone would fit a bilirubin as well."""
    report = card(*WHOLE.lab("day 1 11:00", {**loinc("38483-4", "mg/dL"), "system": "urn:oid:1.2.3"}).events)
    [(about, message)] = by_code(report, "code-unmapped").items()
    assert about.endswith("urn:oid:1.2.3|38483-4 mg/dL") and "under LOINC it is creatinine in blood" in message
    assert "\n".join(report.codemap).endswith("creatinine = []")


def test_a_code_under_a_system_that_is_not_its_own_is_reported_with_the_system() -> None:
    """`system-unknown`; a code map may say that the system is LOINC by another name."""
    said = {**loinc("14682-9", "umol/L", 50), "system": "urn:oid:1.2.3"}
    report = card(*WHOLE.lab("day 1 11:00", said).events)
    [(about, message)] = by_code(report, "system-unknown").items()
    assert about == "picu.lab.v1 ward urn:oid:1.2.3|14682-9 umol/L"
    assert "the code is creatinine, and not under the system urn:oid:1.2.3" in message
    assert "creatinine, if this system is LOINC by another name." in "\n".join(report.codemap)


# Units. --------------------------------------------------------------------------------------------------------------


def three(variable: str, unit: str, *values: float) -> Stay:
    ward = WHOLE
    for number, value in enumerate(values):
        ward = ward.lab(f"day 1 11:0{number}", obs(variable, value, unit), source="lis", specimen="arterial")
    return ward


@pytest.mark.parametrize(
    ("variable", "label", "values", "looks"),
    [
        ("creatinine", "umol/L", (5.9, 4.1, 3.2), "mg/dL"),
        ("creatinine", "umol/L", (0.5, 0.4, 0.9), "mg/dL or mmol/L"),
        ("creatinine", "mg/dL", (60, 44, 52), "umol/L"),
        ("bilirubin_total", "umol/L", (0.6, 0.4, 1.1), "mg/dL"),
        ("platelets", "10*9/L", (210_000, 150_000, 88_000), "/uL"),
        ("platelets", "K/uL", (210_000, 150_000, 88_000), "/uL"),
        ("pao2", "mmHg", (12.1, 9.8, 11.4), "kPa"),
        ("pao2", "kPa", (80, 95, 110), "mm[Hg]"),
        ("fio2", "1", (40, 60, 21), "%"),
        ("fio2", "%", (0.4, 0.6, 0.21), "1 (a fraction)"),
        ("map_invasive", "mm[Hg]", (8.1, 9.2, 7.4), "kPa"),
        ("spo2", "%", (0.97, 0.99, 0.93), "1 (a fraction)"),
    ],
)
def test_values_that_as_a_whole_look_like_another_unit_are_reported(
    variable: str, label: str, values: tuple[float, ...], looks: str
) -> None:
    """Whether they are used as they stand or refused as implausible; and no value is in the words."""
    report = card(*three(variable, label, *values).events)
    [(about, message)] = by_code(report, "unit-suspect").items()
    assert about == f"picu.lab.v1 lis {variable} {label}"
    assert message.startswith(f"{variable}: as a whole the values cannot be in {label}, and look like {looks}.")
    assert not any(str(value) in message for value in values)


def test_another_variable_of_the_source_with_the_same_label_is_reported_too() -> None:
    """A bilirubin of 12 is possible in both units; beside a creatinine of 4 it has to be asked about."""
    ward = three("creatinine", "umol/L", 5.9, 4.1, 3.2).events
    more = three("bilirubin_total", "umol/L", 14, 12.5, 9.9).events[6:]
    messages = by_code(card(*ward, *more), "unit-suspect")
    assert (
        len(messages) == 2 and "possible in umol/L and in mg/dL" in messages["picu.lab.v1 lis bilirubin_total umol/L"]
    )
    assert by_code(card(*WHOLE.events, *more), "unit-suspect") == {}


@pytest.mark.parametrize(
    ("variable", "label", "values"),
    [
        ("creatinine", "umol/L", (5.9, 4.1)),
        ("creatinine", "umol/L", (5.9, 60, 44)),
        ("creatinine", "umol/L", (900, 1_100, 1_200)),
        ("creatinine", "mg/dL", (0.1, 0.1, 0.2)),
        ("bilirubin_total", "umol/L", (600, 550, 300)),
        ("platelets", "10*9/L", (4, 6, 5)),
        ("pao2", "mmHg", (28, 31, 40)),
        ("cvp", "mmHg", (16, 18, 22)),
        ("peep", "cmH2O", (0, 0, 0)),
    ],
)
def test_few_values_and_those_of_very_sick_children_are_no_finding(
    variable: str, label: str, values: tuple[float, ...]
) -> None:
    assert by_code(card(*three(variable, label, *values).events), "unit-suspect") == {}


@pytest.mark.parametrize("seed", range(20))
def test_a_source_that_labels_rightly_is_never_doubted(seed: int) -> None:
    """Any values whose median a source can have, in any unit that is accepted, are left alone; a source that has a
    usual spread and another label than it should is found, or possible as labelled."""
    chance = random.Random(seed)
    for variable, possible in RANGES.items():
        for unit, factor in QUANTITIES[variable].factors.items():
            levels = Levels()
            for _ in range(9):
                inside = chance.uniform(possible.low, possible.high)
                levels.add(Decimal(inside) / Decimal(factor))
            assert units_of_values(variable, unit, levels) == [], (variable, unit)


def test_levels_know_a_median_within_a_hundredth_and_take_any_number() -> None:
    levels = Levels()
    for value in ("1e-30", "0.1", "7.3", "1200", "1e30", "0", "-5"):
        levels.add(Decimal(value))
    assert levels.count == 5 and levels.median == pytest.approx(7.3, rel=0.011)


# Sources of which nothing is read. -----------------------------------------------------------------------------------


def test_a_source_of_which_nothing_is_read_is_reported_however_small() -> None:
    """Two observations, ignored or refused alone or with their event."""
    ward = WHOLE.lab("day 1 11:00", loinc("2951-2", "mmol/L"), source="lis")
    for last in (
        ward.lab("day 1 11:01", obs("creatinine", 5, "furlong"), source="lis"),
        ward.lab("day 1 11:01", {"code": "1"}, source="lis"),
    ):
        [one] = [one for one in card(*last.events).findings if one.code == "feed-unread"]
        assert (one.count, one.about, one.first) == (2, "lis", "feed:7")
    read = ward.lab("day 1 11:02", creatinine=50, source="lis")
    assert card(*read.events).findings == []


@pytest.mark.parametrize(("read", "unread", "report"), [(2, 18, False), (2, 20, True), (3, 20, False), (2, 19, False)])
def test_nine_in_ten_of_a_day_and_at_least_twenty_are_reported(read: int, unread: int, report: bool) -> None:
    """`feed-unread`, with the share and the number that the alert has."""
    ward = WHOLE
    for number in range(read):
        ward = ward.lab(f"day 1 09:0{number}", creatinine=50, source="lis")
    for number in range(unread):
        ward = ward.lab(f"day 1 10:{number:02}", loinc("2951-2", "mmol/L"), source="lis")
    assert ("feed-unread" in found(card(*ward.events))) == report
    fired = [alert for alert in ward.alerts if alert["name"] == "feed-unread"]
    assert bool(fired) == report
