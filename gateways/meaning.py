"""What a value means: which variable, in which unit, and on which topic it goes."""

from decimal import Decimal
from typing import NamedTuple

from picustream.gateways.hl7.codings import system_of
from picustream.gateways.refids import code_of_name
from picustream.gateways.site.config import Source, Words
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.statement import Coding, Value
from picustream.models.codemap import CodeMap
from picustream.models.event import LAB, VENTILATOR, VITAL
from picustream.models.observation import LOINC, VARIABLE
from picustream.models.variable import Variable
from picustream.scoring.chart.units import Unusable, factor_of
from picustream.scoring.faults import Fault

_LABORATORY = {Variable.CREATININE, Variable.BILIRUBIN_TOTAL, Variable.PLATELETS, Variable.PAO2}
_VENTILATION = {
    Variable.FIO2,
    Variable.PEEP,
    Variable.PEEP_MEASURED,
    Variable.PLATEAU_PRESSURE,
    Variable.PEAK_PRESSURE,
    Variable.MEAN_AIRWAY_PRESSURE,
}
_PEEP = {Variable.PEEP, Variable.PEEP_MEASURED}
_CAN_BE_SET = {Variable.PEEP, Variable.FIO2}
_SCORES = {Variable.GCS_TOTAL, Variable.GCS_EYE, Variable.GCS_VERBAL, Variable.GCS_MOTOR}
_SCORE, _DIMENSIONLESS = "{score}", "1"


class Named(NamedTuple):
    """A variable, and the code under which it is sent."""

    variable: Variable
    code: str
    system: str


class Ventilation(NamedTuple):
    """What a mode states."""

    words: tuple[tuple[str, str], ...]
    """Support, mode and control, of an event; none where the word means that neither is known."""
    control: str | None
    """"": it is not known which; None: a mode of its code says nothing of it."""


class Meaning:
    """What the values of one source mean."""

    def __init__(self, site: LoadedSite, source: Source, worker: CodeMap) -> None:
        """`worker`: the code map of whoever scores."""
        self._site = site
        self._source = source
        self._codemap = site.codemap_of(source, worker)
        self._worker = worker

    def named(self, value: Value) -> Named | Fault | None:
        """The variable of a value, by the first of its codes that is one; None: no rule uses it."""
        found = [(one, variable) for one in value.codings if (variable := self._variable(one, value)) is not None]
        if not found:
            return self._elsewhere(value)
        if any(self._is_misnamed(one, variable) for one, variable in found):
            return Fault("code-conflict", value.path, "its code and the name of its code mean different things")
        coding, variable = found[0]
        variables = {variable for _, variable in found}
        if variables <= _PEEP:
            return self._peep(value, found)
        if len(variables) > 1:
            return Fault("code-conflict", value.path, f"its codes mean {' and '.join(sorted(variables))}")
        if value.setting and variable not in _CAN_BE_SET:
            return None
        return self._as_sent(coding, variable)

    def is_mode(self, value: Value) -> bool:
        """Whether its code is one of those that state support and control, by the site's words."""
        return bool(self._rules(value))

    def says_control(self, value: Value) -> bool:
        """Whether a mode of its code says which control there is."""
        return any(rule.control for rule in self._rules(value))

    def ventilation(self, value: Value) -> Ventilation | Fault:
        """Support and control that a mode states. Its own word is sent along as the site's file has it: so nothing goes
        out that is not in the file."""
        found: dict[str, str] = {}
        mode = ""
        for name in ("support", "control"):
            meant = {
                _folded(word): (word, is_) for rule in self._rules(value) for word, is_ in getattr(rule, name).items()
            }
            said = [meant[_folded(word)] for word in value.words if _folded(word) in meant]
            if len({is_ for _, is_ in said}) > 1:
                return Fault("code-conflict", value.path, "its words mean different things")
            if said:
                mode, found[name] = said[0]
        if not found:
            return Fault("word-unknown", value.path, "no word of it is in the list of the source")
        control = found.get("control", "unknown").replace("unknown", "") if self.says_control(value) else None
        if set(found.values()) == {"unknown"}:
            return Ventilation((), control)
        return Ventilation((*found.items(), ("mode", mode)), control)

    def _rules(self, value: Value) -> list[Words]:
        return [one for one in self._source.words if any(coding.code in one.codes for coding in value.codings)]

    def _variable(self, coding: Coding, value: Value) -> Variable | None:
        if self._codemap.arterial_only(coding.system, coding.code) and value.specimen != "arterial":
            return None
        return self._codemap.variable(coding.system, coding.code)

    def _is_misnamed(self, coding: Coding, variable: Variable) -> bool:
        """Whether the name of a code of ISO/IEEE 11073 means something else; not where the source's table has it."""
        other = code_of_name(coding)
        own = (codes for system, codes in self._source.codes.items() if system_of(system) == coding.system)
        if other is None or any(coding.code in codes.get(variable, ()) for codes in own):
            return False
        meant = self._codemap.variable(coding.system, other)
        return meant is not variable and not {meant, variable} <= _PEEP

    def _elsewhere(self, value: Value) -> Fault | None:
        for coding in value.codings:
            if coding.system != LOINC and self._codemap.known_elsewhere(coding.system, coding.code):
                return Fault("system-unknown", value.path, "its code is a variable's, under another system")
        return None

    def _peep(self, value: Value, found: list[tuple[Coding, Variable]]) -> Named | Fault:
        """What was set and what was measured often have one code: the message decides, where it says so."""
        if value.setting is not None:
            return self._as_sent(found[0][0], Variable.PEEP if value.setting else Variable.PEEP_MEASURED)
        if any(self._site.is_set_or_measured(self._source, one.system, one.code) for one, _ in found):
            return Fault("setting-not-said", value.path, "its code is of what was set and of what was measured")
        if len({variable for _, variable in found}) > 1:
            return Fault("code-conflict", value.path, "its codes mean what was set and what was measured")
        return self._as_sent(*found[0])

    def _as_sent(self, coding: Coding, variable: Variable) -> Named:
        """Codes that the worker knows are sent as they are; for all others the variable's own name."""
        if self._worker.variable(coding.system, coding.code) is variable:
            return Named(variable, coding.code, coding.system)
        return Named(variable, variable.value, VARIABLE)

    def unit(self, variable: Variable, value: Decimal, unit: str | None, path: str) -> str | Fault | None:
        """The unit in UCUM; None for an FiO2 without one."""
        ucum = self._codemap.ucum(unit) if unit else None
        if variable in _SCORES and ucum in (None, _DIMENSIONLESS):
            ucum = _SCORE  # of a score no other unit can be meant
        try:
            factor_of(variable, value, ucum, self._codemap)
        except Unusable as unusable:
            return Fault(unusable.reason, path, str(unusable))
        return ucum


def _folded(word: str) -> str:
    return word.strip().casefold()


def topic_of(variable: Variable, source: Source) -> str:
    """The topic of a value: the FiO2 of a blood gas stays with its PaO2."""
    if variable in _LABORATORY or (variable is Variable.FIO2 and source.kind == "laboratory"):
        return LAB
    return VENTILATOR if variable in _VENTILATION else VITAL
