"""Names that ISO/IEEE 11073 gives to its codes: where number and name of a value disagree, either may be meant."""

from picustream.gateways.hl7.codings import FIRST_SETTING, MDC
from picustream.gateways.statement import Coding

_SUFFIX = "_SETTING"
_CODES = {
    "MDC_ECG_HEART_RATE": 147842,
    "MDC_ECG_CARD_BEAT_RATE": 147842,
    "MDC_BLD_PULS_RATE_INV": 149522,
    "MDC_PULS_OXIM_PULS_RATE": 149530,
    "MDC_PULS_RATE_NON_INV": 149546,
    "MDC_PRESS_BLD_MEAN": 150019,
    "MDC_PRESS_BLD_NONINV_MEAN": 150023,
    "MDC_PRESS_BLD_ART_MEAN": 150035,
    "MDC_PRESS_BLD_ART_ABP_MEAN": 150039,
    "MDC_PRESS_BLD_ART_PULM_MEAN": 150047,
    "MDC_PRESS_BLD_ART_UMB_MEAN": 150059,
    "MDC_PRESS_BLD_ART_FEMORAL_MEAN": 192703,
    "MDC_PRESS_CUFF_MEAN": 150303,
    "MDC_PRESS_BLD_VEN_CENT": 150084,
    "MDC_PRESS_BLD_VEN_CENT_MEAN": 150087,
    "MDC_SAT_O2_ART": 150324,
    "MDC_PULS_OXIM_SAT_O2": 150456,
    "MDC_CONC_AWAY_O2_INSP": 152196,
    "MDC_CONC_GASDLV_O2_INSP": 153144,
    "MDC_VENT_CONC_AWAY_O2_INSP": 151920,
    "MDC_CONC_AWAY_O2": 151908,
    "MDC_CONC_AWAY_O2_EXP": 153132,
    "MDC_VENT_PRESS_AWAY_END_EXP_POS": 151976,
    "MDC_PRESS_AWAY_END_EXP_POS": 151804,
    "MDC_PRESS_AWAY_END_EXP_POS_TOTAL": 152788,
    "MDC_PRESS_AWAY_END_EXP_POS_INTRINSIC": 151808,
    "MDC_VENT_PRESS_RESP_PLAT": 152424,
    "MDC_PRESS_RESP_PLAT": 151784,
    "MDC_VENT_PRESS_AWAY_MAX": 151973,
    "MDC_PRESS_AWAY_INSP_MAX": 151817,
    "MDC_VENT_PRESS_AWAY_MEAN": 151975,
    "MDC_PRESS_AWAY_INSP_MEAN": 151819,
}
"""Of what can be taken for one another."""


def code_of_name(coding: Coding) -> str | None:
    """The code that the name of a coding belongs to, where that is another one than the coding's own."""
    if coding.system != MDC or not coding.code.isdecimal():
        return None
    name = coding.display.strip()
    named = _CODES.get(name.removesuffix(_SUFFIX))
    if named is None or named == int(coding.code) % FIRST_SETTING:
        return None
    return str(named + FIRST_SETTING * name.endswith(_SUFFIX))
