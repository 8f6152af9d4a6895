"""Variables, codes, units and ranges: docs/topics.md, rules V1 and V2.

The table is written down here once more, from the rules, so that a slip in the product's own cannot hide.
"""

from decimal import Decimal
from typing import Any

import pytest

from picustream.models.observation import LOINC
from picustream.models.text import parse, printed
from picustream.models.variable import Variable
from picustream.scoring.chart.units import QUANTITIES, Unusable, canonical_value
from picustream.scoring.clinical.pairing import ratio
from tests.scoring.build import Stay, obs
from tests.scoring.histories import SHIPPED

CODES = {
    "heart_rate": ["8867-4"],
    "map_invasive": ["76214-6"],
    "map_noninvasive": ["76536-2", "8478-0"],
    "cvp": ["60985-9", "8400-4"],
    "gcs_total": ["9269-2"],
    "gcs_eye": ["9267-6"],
    "gcs_verbal": ["9270-0"],
    "gcs_motor": ["9268-4"],
    "spo2": ["59408-5"],
    "creatinine": ["14682-9", "2160-0"],
    "bilirubin_total": ["14631-6", "1975-2"],
    "platelets": ["777-3", "26515-7"],
    "pao2": ["2703-7", "11556-8"],
    "fio2": ["3150-6", "19994-3", "71835-3"],
    "peep": ["20077-4"],
    "peep_measured": ["76248-4", "76247-6"],
    "plateau_pressure": ["76259-1"],
    "peak_pressure": ["76531-3"],
    "mean_airway_pressure": ["76530-5", "60949-5"],
}

UNITS = [
    ("heart_rate", "120", "/min bpm", "120"),
    ("map_invasive", "60.5", "mm[Hg] mmHg", "60.5"),
    ("map_invasive", "8", "kPa", "60.00496"),
    ("map_noninvasive", "60", "mm[Hg] mmHg", "60"),
    ("map_noninvasive", "8", "kPa", "60.00496"),
    ("cvp", "8", "mm[Hg] mmHg", "8"),
    ("cvp", "12", "cm[H2O] cmH2O", "8.826708"),
    ("gcs_total", "9", "{score} score", "9"),
    ("gcs_eye", "3", "{score} score", "3"),
    ("gcs_verbal", "3", "{score} score", "3"),
    ("gcs_motor", "3", "{score} score", "3"),
    ("spo2", "97", "%", "97"),
    ("creatinine", "60", "umol/L", "60"),
    ("creatinine", "1.131", "mg/dL", "99.98040"),
    ("bilirubin_total", "20", "umol/L", "20"),
    ("bilirubin_total", "1.2", "mg/dL", "20.5248"),
    ("platelets", "250", "10*9/L 10*3/uL K/uL", "250"),
    ("pao2", "80", "mm[Hg] mmHg", "80"),
    ("pao2", "12.0", "kPa", "90.007440"),
    ("fio2", "0.4", "1", "0.4"),
    ("fio2", "40", "%", "0.40"),
    ("peep", "5", "cm[H2O] cmH2O", "5"),
    ("peep_measured", "5", "cm[H2O] cmH2O", "5"),
    ("plateau_pressure", "25", "cm[H2O] cmH2O", "25"),
    ("peak_pressure", "25", "cm[H2O] cmH2O", "25"),
    ("mean_airway_pressure", "12", "cm[H2O] cmH2O", "12"),
]
"""Variable, value, every unit or spelling that means the same, the value in the canonical unit."""

RANGES = [
    ("heart_rate", "0.001", "300", "0", "300.001"),
    ("map_invasive", "1", "250", "0.999", "250.001"),
    ("map_noninvasive", "1", "250", "0.999", "250.001"),
    ("cvp", "-10", "50", "-10.001", "50.001"),
    ("gcs_total", "3", "15", "2", "16"),
    ("gcs_eye", "1", "4", "0", "5"),
    ("gcs_verbal", "1", "5", "0", "6"),
    ("gcs_motor", "1", "6", "0", "7"),
    ("spo2", "0", "100", "-0.001", "100.001"),
    ("creatinine", "0", "4420", "-0.001", "4420.001"),
    ("bilirubin_total", "0", "1710", "-0.001", "1710.001"),
    ("platelets", "0", "2000", "-0.001", "2000.001"),
    ("pao2", "15", "720", "14.999", "720.001"),
    ("fio2", "0.20", "1.00", "0.199", "1.001"),
    ("peep", "0", "60", "-0.001", "60.001"),
    ("peep_measured", "0", "60", "-0.001", "60.001"),
    ("plateau_pressure", "0", "100", "-0.001", "100.001"),
    ("peak_pressure", "0", "120", "-0.001", "120.001"),
    ("mean_airway_pressure", "0", "60", "-0.001", "60.001"),
]
"""Variable, the least and the greatest value kept, and the next ones outside, in the canonical unit."""


def canonical(variable: str, value: str, unit: str | None) -> Decimal:
    return canonical_value(Variable(variable), parse(value), unit, SHIPPED.codemap)


def refusal(variable: str, value: str, unit: str | None) -> str:
    with pytest.raises(Unusable) as caught:
        canonical(variable, value, unit)
    return caught.value.reason


def test_every_variable_is_in_every_table() -> None:
    """Nothing is left out of the tables of this module."""
    names = {variable.value for variable in Variable}
    assert names == set(CODES) == {row[0] for row in UNITS} == {row[0] for row in RANGES}


@pytest.mark.proves("V1")
@pytest.mark.parametrize("variable", CODES)
def test_v1_codes_mean_their_variable_and_no_other(variable: str) -> None:
    """LOINC codes and the variable's own name are accepted, in their own system only."""
    codes = CODES[variable]
    assert {SHIPPED.codemap.variable(LOINC, code) for code in codes} == {Variable(variable)}
    assert SHIPPED.codemap.variable("urn:picustream:variable", variable) is Variable(variable)
    assert SHIPPED.codemap.variable("urn:picustream:variable", codes[0]) is None
    assert SHIPPED.codemap.variable(LOINC, variable) is None


@pytest.mark.proves("V2")
@pytest.mark.parametrize(("variable", "value", "units", "exact"), UNITS)
def test_v2_units_are_converted_exactly(variable: str, value: str, units: str, exact: str) -> None:
    """Every accepted unit and spelling gives the canonical value to the last digit."""
    assert {canonical(variable, value, unit) for unit in units.split()} == {Decimal(exact)}


@pytest.mark.proves("V1")
@pytest.mark.parametrize(("variable", "least", "greatest", "below", "above"), RANGES)
def test_v1_values_outside_the_range_are_implausible(
    variable: str, least: str, greatest: str, below: str, above: str
) -> None:
    """Both ends of a range are kept, the next value outside is not."""
    unit = QUANTITIES[Variable(variable)].unit
    assert canonical(variable, least, unit) <= canonical(variable, greatest, unit)
    assert {refusal(variable, value, unit) for value in (below, above)} == {"implausible"}


@pytest.mark.proves("V1")
@pytest.mark.parametrize(("value", "kept"), [
    ("1e-30", True), ("9.9e-31", False), ("1e-400", False), ("1e400", False), ("1e999999", False),
])  # fmt: skip
def test_v1_a_magnitude_that_no_measurement_has_is_implausible(value: str, kept: bool) -> None:
    """Far beyond the smallest and the greatest of anything; exact arithmetic is not asked to hold it."""
    if kept:
        assert canonical("heart_rate", value, "/min") == Decimal(value)
    else:
        assert refusal("heart_rate", value, "/min") == "implausible"


@pytest.mark.proves("V1")
@pytest.mark.parametrize(("zero", "kept"), [
    ("0", True), ("-0", True), ("0.000", True), ("0e30", True), ("0e-30", True),
    ("0e31", False), ("0e-31", False), ("0." + 31 * "0", False), ("0e-99999999999", False),
])  # fmt: skip
def test_v1_zero_is_zero_unless_it_is_written_beyond_all_measure(zero: str, kept: bool) -> None:
    """What has no digits may have places without end, each of which would be written out in the receipt."""
    if kept:
        assert canonical("creatinine", zero, "umol/L") == 0
    else:
        assert refusal("creatinine", zero, "umol/L") == "implausible"


@pytest.mark.proves("V1")
@pytest.mark.parametrize("variable", ["gcs_total", "gcs_eye", "gcs_verbal", "gcs_motor"])
def test_v1_a_coma_score_is_a_whole_number(variable: str) -> None:
    """3.5 is no score; 3.0 is 3."""
    assert refusal(variable, "3.5", "{score}") == "implausible"
    assert canonical(variable, "3.0", "{score}") == 3


@pytest.mark.proves("V1")
@pytest.mark.parametrize("variable", [name for name in CODES if name != "fio2"])
def test_v1_a_unit_is_never_guessed(variable: str) -> None:
    """No unit, a unit of something else, a unit nobody knows: each refused by its reason."""
    other = "umol/L" if variable != "creatinine" and variable != "bilirubin_total" else "%"
    assert refusal(variable, "50", None) == "unit-missing"
    assert refusal(variable, "50", other) == "unit-mismatch"
    assert refusal(variable, "50", "furlong") == "unit-unknown"


@pytest.mark.proves("V1")
def test_v1_mass_and_substance_concentrations_do_not_mix() -> None:
    """Creatinine in mmol/L, CVP in kPa or airway pressure in mmHg are not on the list."""
    assert refusal("creatinine", "60", "mmol/L") == "unit-unknown"
    assert refusal("pao2", "80", "MMHG") == "unit-unknown"
    assert refusal("cvp", "1", "kPa") == "unit-mismatch"
    assert refusal("mean_airway_pressure", "12", "mm[Hg]") == "unit-mismatch"
    assert refusal("pao2", "80", "cm[H2O]") == "unit-mismatch"


@pytest.mark.proves("V1")
def test_v1_nobody_is_advised_to_call_a_unit_of_another_size_a_spelling() -> None:
    """60 mmol/L as a "spelling" of umol/L would be read a thousandfold wrong: the feed converts."""
    with pytest.raises(Unusable) as refused:
        canonical_value(Variable.CREATININE, Decimal(60), "mmol/L", SHIPPED.codemap)
    output = str(refused.value)
    assert "only another spelling of umol/L or mg/dL may go into a code map" in output
    assert "the feed must convert any other unit" in output and "mmol" not in output


@pytest.mark.proves("V1")
@pytest.mark.parametrize(("value", "fraction"), [
    ("0.199", None), ("0.20", "0.21"), ("0.2099", "0.21"), ("0.21", "0.21"), ("0.4", "0.4"), ("1.00", "1"),
    ("1.01", None), ("15", None), ("19.9", None), ("20", "0.21"), ("20.9", "0.21"), ("21", "0.21"), ("40", "0.4"),
    ("100", "1"), ("100.1", None), ("0", None),
])  # fmt: skip
def test_v1_fio2_without_a_unit_is_a_fraction_or_a_percentage(value: str, fraction: str | None) -> None:
    """Nothing between is guessed; just below room air counts as room air."""
    if fraction is None:
        assert refusal("fio2", value, None) == "implausible"
    else:
        assert canonical("fio2", value, None) == Decimal(fraction)


@pytest.mark.proves("V1")
@pytest.mark.parametrize(("value", "unit"), [("40", "1"), ("0.4", "%"), ("1.01", "1"), ("100.1", "%"), ("19.9", "%")])
def test_v1_fio2_with_a_unit_is_taken_at_its_word(value: str, unit: str) -> None:
    """40 in `1` is no fraction, 0.4 % no air: rejected, not repaired."""
    assert refusal("fio2", value, unit) == "implausible"


WARD = Stay().admitted("day 1 00:00").discharged("day 2 00:00").vent("day 1 07:00", "oxygen", obs("fio2", "0.5"))


@pytest.mark.proves("V1", "M4")
@pytest.mark.parametrize(("code", "specimen", "arterial"), [
    ("2703-7", "arterial", True),
    ("2703-7", "unknown", True),
    ("2703-7", None, True),
    ("2703-7", "venous", False),
    ("2703-7", "capillary", False),
    ("2703-7", "mixed-venous", False),
    ("11556-8", "arterial", True),
    ("11556-8", "unknown", False),
    ("11556-8", None, False),
    ("11556-8", "venous", False),
    ("pao2", "arterial", True),
    ("pao2", None, True),
    ("pao2", "venous", False),
])  # fmt: skip
def test_v1_only_an_arterial_sample_gives_a_pao2(code: str, specimen: str | None, arterial: bool) -> None:
    """A venous or capillary gas is not arterial, whatever its code: ignored, and no dead letter."""
    said: dict[str, Any] = {"code": code, "value": 80, "unit": "mmHg"}
    said |= {"system": "urn:picustream:variable"} if code == "pao2" else {}
    ward = WARD.lab("day 1 08:00", said, **({} if specimen is None else {"specimen": specimen}))
    assert (ward.organ(1, "respiratory")["basis"] == "measured") is arterial
    assert ward.dead_letters == []


@pytest.mark.proves("M5", "V1")
def test_m5_mean_airway_pressure_is_no_arterial_pressure() -> None:
    """Both are called MAP on wards; the pressure-adjusted rate reads one of them."""
    ward = WARD.vital("day 1 08:00", cvp=8, heart_rate=120).vent("day 1 08:00", None, obs("mean_airway_pressure", 15))
    assert ward.organ(1, "cardiovascular")["reason"] == "unpaired"


@pytest.mark.proves("V2")
@pytest.mark.parametrize(("edge", "points"), [
    ("300.0000000000000000000000000000000001", 0), ("300", 1), ("225.0000000000000000000000000000000001", 1),
    ("75.00000000000000000000000000000000001", 3), ("75.0", 4),
])  # fmt: skip
def test_v2_no_digit_is_lost_before_the_band(edge: str, points: int) -> None:
    """A value beside an edge in its 35th digit falls on its own side, though both print alike."""
    organ = WARD.gas("day 1 08:00", obs("pao2", edge), obs("fio2", "1")).organ(1, "respiratory")
    assert (organ["points"], organ["value"]) == (points, Decimal(edge).quantize(Decimal("0.000001")))


@pytest.mark.proves("V2", "P3")
def test_v2_a_quotient_that_no_decimal_holds_is_not_rounded_onto_an_edge() -> None:
    """A third of 225 and a bit is above 75, though not in any number of printed digits."""
    third = ratio(Decimal("22.5" + "0" * 36 + "1"), Decimal("0.3"))
    assert third > 75
    assert printed(third) == 75
    organ = WARD.gas("day 1 08:00", obs("pao2", "22.5" + "0" * 36 + "1"), obs("fio2", "0.3")).organ(1, "respiratory")
    assert (organ["points"], organ["value"]) == (3, 75)


@pytest.mark.proves("V2")
@pytest.mark.parametrize(("exact", "shown"), [
    ("0.0000005", "0"), ("0.0000015", "0.000002"), ("0.0000025", "0.000002"), ("-0.0000005", "0"),
    ("225.0186", "225.0186"), ("150.0000001", "150"), ("1E+2", "100"), ("-10.50", "-10.5"),
])  # fmt: skip
def test_v2_what_is_printed_is_rounded_half_even_to_six_decimals(exact: str, shown: str) -> None:
    """Rounding is for reading, after every band is decided."""
    assert str(printed(Decimal(exact))) == shown


@pytest.mark.proves("V2", "I7")
def test_v2_the_worked_example_of_the_rules() -> None:
    """12.0 kPa at 40 % is exactly 225.0186 mmHg: one point, and the receipt shows what the feed wrote."""
    organ = WARD.gas("day 1 08:00", obs("pao2", "12.0", "kPa"), obs("fio2", 40, "%")).organ(1, "respiratory")
    assert (organ["points"], organ["value"]) == (1, Decimal("225.0186"))
    originals = [(str(one["original"]["value"]), one["original"]["unit"]) for one in organ["inputs"]]
    assert originals == [("12.0", "kPa"), ("40", "%")]
