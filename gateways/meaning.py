"""What a value means: which variable, in which unit, and on which topic it goes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from picustream.gateways.hl7.codings import system_of
from picustream.gateways.refids import code_of_name
from picustream.gateways.site.config import Source, Words
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.statement import Coding, Value
from picustream.models.codemap import CodeMap
from picustream.models.event import ADT, LAB, VENTILATOR, VITAL
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
_MODE, _SEDATION = ("support", "control", "mode"), ("state", "intrinsic_alteration")
_UNKNOWN = "unknown"
_MISNAMED = "its code and the name of its code mean different things"


class Named(NamedTuple):
    """A variable, and the code under which it is sent."""

    variable: Variable
    code: str
    system: str


class Meant(NamedTuple):
    """What a coded value states by the words of a site: support and control, or sedation."""

    topic: str
    stated: tuple[tuple[str, Any], ...]
    """Fields of an event; none where the word means that nothing is known."""
    control: str | None = None
    """Of a mode of ventilation: "" where it is not known which; None: a value of its code says nothing of it."""


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
        if value.method and self._source.methods and (by_method := self._by_method(value)) is not None:
            return by_method
        found = [(one, variable) for one in value.codings if (variable := self._variable(one, value)) is not None]
        if not found:
            return self._elsewhere(value)
        if any(self._is_misnamed(one, variable) for one, variable in found):
            return Fault("code-conflict", value.path, _MISNAMED)
        coding, variable = found[0]
        variables = {variable for _, variable in found}
        if variables <= _PEEP:
            return self._peep(value, found)
        if len(variables) > 1:
            return Fault("code-conflict", value.path, f"its codes mean {' and '.join(sorted(variables))}")
        if value.setting and variable not in _CAN_BE_SET:
            return None
        return self._as_sent(coding, variable)

    def is_coded(self, value: Value) -> bool:
        """Whether the site says what words of its code mean."""
        return bool(self._rules(value))

    def of_word(self, value: Value) -> Meant | Fault:
        """What a coded value states. Nothing goes out of it that is not in the site's file."""
        rules = self._rules(value)
        if any(rule.sedation for rule in rules):
            return _sedation(value, rules)
        return _ventilation(value, rules)

    def unknown(self, value: Value, stated: Mapping[str, Any]) -> Meant:
        """Of a coded value without a word; `stated`: what it stated before."""
        rules = self._rules(value)
        if any(rule.sedation for rule in rules):
            return Meant(ADT, tuple((name, stated[name]) for name in _SEDATION if name in stated))
        kept = tuple((name, stated[name]) for name in _MODE if name in stated)
        return Meant(VENTILATOR, kept, stated.get("control", "") if _says_control(rules) else None)

    def _rules(self, value: Value) -> list[Words]:
        return [one for one in self._source.words if any(coding.code in one.codes for coding in value.codings)]

    def _by_method(self, value: Value) -> Named | Fault | None:
        """What the method or the body site says, where the site gives them a meaning."""
        words, codes = set(map(_folded, value.method)), {coding.code for coding in value.codings}
        rules = [rule for rule in self._source.methods if codes & set(rule.codes)]
        variables = {is_ for rule in rules for word, is_ in rule.means.items() if _folded(word) in words}
        if len(variables) > 1:
            return Fault("code-conflict", value.path, f"its method means {' and '.join(sorted(variables))}")
        return self._by_name(variables.pop()) if variables else None

    def _by_name(self, variable: Variable) -> Named:
        return Named(variable, variable.value, VARIABLE)

    def is_undecided(self, value: Value) -> bool:
        """Whether a specimen or device that did not come yet decides what a value means."""
        if not value.awaits:
            return False
        is_peep = any(self._site.is_set_or_measured(self._source, one.system, one.code) for one in value.codings)
        return (is_peep and value.setting is None) or self._is_of_arteries_alone(value)

    def _is_of_arteries_alone(self, value: Value) -> bool:
        codes = (self._codemap.arterial_only(one.system, one.code) for one in value.codings)
        return value.specimen != "arterial" and any(codes)

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
        if value.awaits and self._is_of_arteries_alone(value):
            return Fault(
                "specimen-not-known", value.path, "its code is one of arterial blood, and its specimen never came"
            )
        for coding in value.codings:
            name = code_of_name(coding)
            if name is not None and self._codemap.variable(coding.system, name) is not None:
                return Fault("code-conflict", value.path, _MISNAMED)
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
        return self._by_name(variable)

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


def _ventilation(value: Value, rules: Sequence[Words]) -> Meant | Fault:
    """Support and control; the word itself goes along as the site's file writes it."""
    support = _found(value, {word: is_ for rule in rules for word, is_ in rule.support.items()})
    control = _found(value, {word: is_ for rule in rules for word, is_ in rule.control.items()})
    for one in (support, control):
        if isinstance(one, Fault):
            return one
    found = {name: one[1] for name, one in (("support", support), ("control", control)) if isinstance(one, tuple)}
    if not found:
        return _word_unknown(value)
    known = found.get("control", _UNKNOWN).replace(_UNKNOWN, "") if _says_control(rules) else None
    if set(found.values()) == {_UNKNOWN}:
        return Meant(VENTILATOR, (), known)
    mode = next(one[0] for one in (control, support) if isinstance(one, tuple))
    return Meant(VENTILATOR, (*found.items(), ("mode", mode)), known)


def _sedation(value: Value, rules: Sequence[Words]) -> Meant | Fault:
    found = _found(value, {word: is_ for rule in rules for word, is_ in rule.sedation.items()})
    if isinstance(found, Fault):
        return found
    if found is None:
        return _word_unknown(value)
    affected = {_folded(word) for rule in rules for word in rule.intrinsic_alteration}
    altered = (("intrinsic_alteration", True),) if affected & set(map(_folded, value.words)) else ()
    return Meant(ADT, (("state", found[1]), *altered))


def _found(value: Value, meant: Mapping[str, str]) -> tuple[str, str] | Fault | None:
    """The first word of a value that is in a list, as it is written there, and what it means."""
    folded = {_folded(word): (word, is_) for word, is_ in meant.items()}
    said = [folded[_folded(word)] for word in value.words if _folded(word) in folded]
    if len({is_ for _, is_ in said}) > 1:
        return Fault("code-conflict", value.path, "its words mean different things")
    return said[0] if said else None


def _word_unknown(value: Value) -> Fault:
    return Fault("word-unknown", value.path, "no word of it is in the list of the source")


def _says_control(rules: Sequence[Words]) -> bool:
    return any(rule.control for rule in rules)


def _folded(word: str) -> str:
    return word.strip().casefold()


def topic_of(variable: Variable, source: Source) -> str:
    """The topic of a value: the FiO2 of a blood gas stays with its PaO2."""
    if variable in _LABORATORY or (variable is Variable.FIO2 and source.kind == "laboratory"):
        return LAB
    return VENTILATOR if variable in _VENTILATION else VITAL
