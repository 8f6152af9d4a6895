"""Every rule can be followed to the code that implements it and to the tests that prove it."""

import ast
import re

import pytest

from tests.paths import DOCS
from tests.traceability import (
    CODE,
    INVARIANTS,
    PAGE,
    RULES,
    TITLES,
    docstrings,
    implemented,
    named_in_code,
    page,
    proved_by_tests,
    rules_in,
)

CLINICAL = [rule for rules in RULES.values() for rule in rules]
WITHOUT_A_TEST: frozenset[str] = frozenset()
"""The invariants that the page may call not yet shown by a test; a rule never may."""

IN_CODE, IN_TESTS = named_in_code(*CODE), proved_by_tests()
IN_THE_CORE = named_in_code("models", "scoring")


def test_the_page_is_up_to_date() -> None:
    """docs/traceability.md is what the sources say now."""
    assert PAGE.read_text() == page(), "docs/traceability.md is out of date: run `make trace`"


@pytest.mark.parametrize("rule", CLINICAL)
def test_every_rule_is_named_by_the_code_that_implements_it(rule: str) -> None:
    """Some function or class of models or scoring, not only the head of a module, names the rule."""
    assert implemented(rule, IN_THE_CORE), f"no docstring in models/ or scoring/ names {rule}"


@pytest.mark.parametrize("rule", CLINICAL)
def test_every_rule_has_a_test(rule: str) -> None:
    """Some test proves the rule."""
    assert IN_TESTS[rule], f"no test proves {rule}: mark one with @pytest.mark.proves({rule!r})"


def test_every_invariant_has_a_test_or_is_known_to_have_none() -> None:
    """The list of what is not yet shown is exact: it cannot grow unseen, and a test that comes shortens it."""
    assert {rule for rule in INVARIANTS if not IN_TESTS.get(rule)} == WITHOUT_A_TEST


def test_no_docstring_and_no_mark_names_a_rule_that_does_not_exist() -> None:
    """A typing error in a rule's number is seen."""
    named = {rule: places for found in (IN_CODE, IN_TESTS) for rule, places in found.items() if rule not in TITLES}
    assert named == {}


@pytest.mark.parametrize("file", ["rules.md", "invariants.md"])
def test_each_is_stated_once_under_an_anchor_of_its_own(file: str) -> None:
    """With a title and a text, and numbered from 1 without a gap for each initial."""
    headings = re.findall(r"^#+ ([A-Z]\d+)$", (DOCS / file).read_text(), re.MULTILINE)
    assert headings == (CLINICAL if file == "rules.md" else list(INVARIANTS))
    for letter in {rule[0] for rule in headings}:
        numbers = sorted(int(rule[1:]) for rule in headings if rule[0] == letter)
        assert numbers == list(range(1, len(numbers) + 1)), letter


def test_a_range_names_every_rule_in_it() -> None:
    """`A4-A8` is five rules; the start of treatment and other words are none."""
    assert rules_in("APPS (rules A1, A4-A6), from T0, picu.lab.v1, SpO2, M12.") == {"A1", "A4", "A5", "A6", "M12"}


def test_docstrings_are_found_wherever_they_stand() -> None:
    """Module, class, method and attribute each have their own place."""
    source = '"""M1"""\nclass A:\n    """M2"""\n    b: int = 0\n    """M3"""\n    def c(self): "M4"\nD = 1\n"""M5"""\n'
    found = dict(docstrings(ast.parse(source).body))
    assert found == {"": "M1", "A": "M2", "A.b": "M3", "A.c": "M4", "D": "M5"}
