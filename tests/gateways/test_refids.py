"""A code of ISO/IEEE 11073 whose name is that of another code."""

from typing import Any

import pytest

from picustream.gateways.refids import code_of_name
from picustream.gateways.statement import Coding
from tests.gateways.converting import Result, converted, site_of
from tests.gateways.texts import admission, obx, results

MDC = "urn:iso:std:iso:11073:10101"
MMHG, CM_H2O = "266016^MDC_DIM_MMHG^MDC", "266048^MDC_DIM_CM_H2O^MDC"


def of(code: str, unit: str = MMHG, **source: Any) -> Result:
    site = site_of(presets=["pcd-plain", "spellings"], **source)
    return converted([admission(), results(obx(code, "58", unit))], site)


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("150035^MDC_PRESS_BLD_ART_MEAN^MDC", MMHG),
        ("150035^MDC_PRESS_BLD_ART_ABP_MEAN^MDC", MMHG),  # another code of the same variable
        ("150035^ART mean^MDC", MMHG),
        ("150035^^MDC", MMHG),
        ("16929192^MDC_VENT_PRESS_AWAY_END_EXP_POS_SETTING^MDC", CM_H2O),
        ("151976^MDC_VENT_PRESS_AWAY_END_EXP_POS_SETTING^MDC", CM_H2O),
        ("152424^MDC_PRESS_RESP_PLAT^MDC", CM_H2O),
    ],
)
def test_a_name_that_fits_its_code(code: str, unit: str) -> None:
    found = of(code, unit)
    assert (found.reasons, len(found.observations)) == ([], 1)


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("150035^MDC_PRESS_BLD_NONINV_MEAN^MDC", MMHG),
        ("150023^MDC_PRESS_BLD_ART_MEAN^MDC", MMHG),
        ("150035^MDC_PRESS_BLD_ART_PULM_MEAN^MDC", MMHG),
        ("152424^MDC_VENT_PRESS_AWAY_MAX^MDC", CM_H2O),
    ],
)
def test_a_name_of_another_code_is_a_letter(code: str, unit: str) -> None:
    found = of(code, unit)
    assert (found.reasons, found.observations) == (["code-conflict"], [])


def test_what_the_sources_own_table_has_is_meant() -> None:
    code = "150035^MDC_PRESS_BLD_NONINV_MEAN^MDC"
    found = of(code, codes={"MDC": {"map_invasive": ["150035"]}})
    assert (found.reasons, len(found.observations)) == ([], 1)


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        (Coding("150035", MDC, "MDC_PRESS_BLD_NONINV_MEAN"), "150023"),
        (Coding("151976", MDC, "MDC_PRESS_AWAY_END_EXP_POS_SETTING"), str(151804 + 2**24)),
        (Coding("150035", MDC, "MDC_PRESS_BLD_ART_MEAN"), None),
        (Coding("150035", MDC, "MDC_UNHEARD_OF"), None),
        (Coding("150035", "http://loinc.org", "MDC_PRESS_BLD_NONINV_MEAN"), None),
        (Coding("X", MDC, "MDC_PRESS_BLD_NONINV_MEAN"), None),
    ],
)
def test_the_code_that_a_name_belongs_to(coding: Coding, expected: str | None) -> None:
    assert code_of_name(coding) == expected
