"""Findings about labels that look wrong: codes of a quantity that scores need, values of another unit, sources of which
no rule reads anything.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches

from picustream.lint.finding import Finding, about
from picustream.lint.levels import part_in_another_unit, possible_in_both, units_of_values
from picustream.lint.report import Report
from picustream.lint.siblings import mistyped, otherwise_written
from picustream.lint.spelling import shown
from picustream.lint.tallies import CodeKey, CodeTally
from picustream.lint.unknown import sibling_of
from picustream.models.observation import LOINC, VARIABLE
from picustream.models.variable import Variable


def mislabelled(report: Report) -> Iterator[Finding]:
    """Codes, units and sources that look mislabelled."""
    yield from _codes(report)
    yield from _units(report)
    yield from _sources(report)


def _codes(report: Report) -> Iterator[Finding]:
    """Ignored codes that are known to measure what a variable is, and such as cannot be meant as they are."""
    for key, tally in report.feed.codes.items():
        if not tally.ignored.count or tally.variable is not None:
            continue
        ignored, sibling, typing_error = tally.ignored, sibling_of(key), _typing_error(key, report)
        if sibling is not None:
            where = "" if key.system == LOINC else "under LOINC "
            message = (
                f"ignored, and {where}it is {sibling.what} ({sibling.variable}). Not read by itself: {sibling.why}. "
                f"Where that does not matter, list the code as {sibling.variable} in a code map (below)"
            )
            yield Finding("code-unmapped", ignored.count, about(key), message, ignored.first, True)
        elif typing_error is not None:
            yield Finding("code-mistyped", ignored.count, about(key), f"ignored: {typing_error}", ignored.first)


def _typing_error(key: CodeKey, report: Report) -> str | None:
    """What is wrong with a code that cannot be meant as it is, and what to send; None where nothing is."""
    name = re.sub(r"[\s.-]+", "_", key.code.lower())
    if key.system == VARIABLE:
        return f"no variable has this name; send {_names_like(name)}"
    if key.system == LOINC and name in list(Variable):
        return f"the name of a variable, written otherwise and not under its system: send {name} with {VARIABLE}"
    intended = otherwise_written(key.code, report.codes)
    if intended is not None:
        variable = report.codes.variable(LOINC, intended)
        return f"it is {intended} ({variable}) written otherwise; send {intended}, and nothing else, as the code"
    intended = mistyped(key.code, report.codes) if key.system == LOINC else None
    if intended is None:
        return None
    variable = report.codes.variable(LOINC, intended)
    return f"its number is that of {intended} ({variable}), and its check digit is not; send {intended}"


def _names_like(name: str) -> str:
    """Variables that may be meant by a name that none has."""
    begin = [str(one) for one in Variable if one.startswith(f"{name}_") or one == name]
    return " or ".join(begin or get_close_matches(name, list(Variable), 1)) or "one of those in docs/topics.md"


def _units(report: Report) -> Iterator[Finding]:
    """Values that as a whole look like another unit, then those of which a part does, then others with the same label
    that are possible in both."""
    suspects: dict[CodeKey, list[str]] = {}
    by_label: dict[tuple[str, str, str], list[tuple[Variable, str]]] = defaultdict(list)
    for key, tally, variable, unit in _with_unit(report):
        units = units_of_values(variable, unit, tally.levels)
        if units:
            suspects[key] = units
            by_label[key.topic, key.source, unit].append((variable, units[0]))
            yield _suspect(key, tally, variable, units)
    for key, tally, variable, unit in _with_unit(report):
        if key in suspects or not tally.levels.count:
            continue
        count, units = part_in_another_unit(variable, unit, tally.levels)
        if units:
            yield _partly_suspect(key, tally, variable, count, units)
            continue
        for other, other_unit in by_label[key.topic, key.source, unit]:
            if possible_in_both(variable, unit, other, other_unit):
                yield _possible_in_both(key, tally, variable, other, other_unit)
                break


def _with_unit(report: Report) -> Iterator[tuple[CodeKey, CodeTally, Variable, str]]:
    """Kinds of observation with a variable and a label, which is given in UCUM."""
    for key, tally in report.feed.codes.items():
        if tally.variable is not None and key.unit is not None:
            yield key, tally, tally.variable, report.codes.ucum(key.unit)


def _suspect(key: CodeKey, tally: CodeTally, variable: Variable, units: list[str]) -> Finding:
    message = (
        f"{variable}: as a whole the values cannot be in {shown(key.unit or '')}, and look like {_either(units)}. "
        "Ask the source which unit it measures in; it has to send that unit with each value, or convert"
    )
    return Finding("unit-suspect", tally.levels.count, about(key), message, tally.first)


def _either(units: list[str]) -> str:
    return " or ".join("1 (a fraction)" if unit == "1" else unit for unit in units)


def _partly_suspect(key: CodeKey, tally: CodeTally, variable: Variable, count: int, units: list[str]) -> Finding:
    message = (
        f"{variable}: this many of {tally.levels.count:,} values cannot be in {shown(key.unit or '')}, and look like "
        f"{_either(units)}. Does one of its laboratories or devices measure in another unit? The source has to "
        "send that unit with each value, or convert"
    )
    return Finding("unit-suspect", count, about(key), message, tally.first)


def _possible_in_both(key: CodeKey, tally: CodeTally, variable: Variable, other: Variable, unit: str) -> Finding:
    message = (
        f"{variable}: the values are possible in {shown(key.unit or '')} and in {unit}, and the {other} of this source "
        f"has the same label and looks like {unit}. Ask the source which unit it measures in"
    )
    return Finding("unit-suspect", tally.levels.count, about(key), message, tally.first)


def _sources(report: Report) -> Iterator[Finding]:
    """Sources of which next to nothing is read: in 24 hours, as the alert counts, or at all."""
    for source, readings in report.feed.unread.sources.items():
        if readings.nothing_is_read:
            scope = "none of its observations is read: every code is one that no code map has, or was refused"
        elif readings.alarming:
            scope = (
                "hardly any of its observations of 24 hours is read: their codes are in no code map, or were refused"
            )
        else:
            continue
        message = f"{scope}. Look at its codes and their systems below, and map those that scores need"
        yield Finding("feed-unread", readings.unread, source, message, readings.first)
