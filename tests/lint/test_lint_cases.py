"""`picustream lint` on what real feeds sent, on real data, and its findings in the docs."""

import json
import re

import pytest

from tests.cases import case, there
from tests.lint.cards import linted
from tests.paths import DOCS, REAL_DATA, ROOT, needs_real_data

USUAL = {"never-scored", "outside-stay", "stay-silent"}
"""Findings about what a small case leaves out."""


FOUND: list[tuple[str, str, set[str], str]] = [
    ("loinc-by-another-name", "05", set(), ""),
    ("admission-in-1970", "08", {"in-the-past"}, "1970 or 1900"),
    ("units-that-look-alike", "09", {"unit-unknown"}, "umol/L or mg/dL in another spelling"),
    ("order-number-used-again", "10", {"id-reused"}, "an order number used again"),
    ("counter-that-restarts", "10d", {"id-reused"}, "a counter that restarts"),
    ("preliminary-and-final-without-filing-time", "11", set(), ""),
    (
        "below-the-limit",
        "12",
        {"value-not-numeric"},
        "send the number, and what is before it as comparator",
    ),
    ("readmission-under-the-same-stay", "13", {"admission-moved"}, "A readmission is a new stay"),
    ("discharge-cancelled-in-the-same-minute", "14c", set(), ""),
    ("another-child-after-a-merge", "15b", {"patient-mismatch"}, "2 other patients"),
    ("change-of-bed-as-admission", "16", {"admission-moved"}, "a change of bed is `moved`"),
    ("birth-dates", "19", {"birth-date-implausible", "schema"}, "leave"),
    ("extubation-without-a-reading", "25", {"word-unknown", "unit-unknown"}, "counts as unknown"),
    ("discharged-as-deceased", "27", {"schema"}, "send the type `died`"),
    ("envelopes", "28", {"schema", "feed-unread"}, "CloudEvents"),
    ("label-of-another-unit", "33", {"unit-suspect"}, "look like mg/dL"),
    (
        "other-codes-of-an-analyte",
        "42",
        {"code-unmapped", "feed-unread"},
        "list the code as creatinine in a code map",
    ),
    (
        "withdrawal-of-nothing",
        "44",
        {"correction-unmatched"},
        "2 name the code (or type) and time of a value under another id",
    ),
    (
        "consent-withdrawn-under-another-id",
        "44b",
        {"correction-unmatched"},
        "1 name the code (or type) and time of a value under another id",
    ),
]
"""A case of the repository, one of its kind that may be beside it, what is found, and words that lead to the fix."""


@pytest.mark.parametrize(
    ("name", "codes", "words"),
    there((name, codes, words) for own, other, codes, words in FOUND for name in (own, other)),
)
def test_what_real_feeds_did_is_found_with_the_words_that_lead_to_the_right_fix(
    name: str, codes: set[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each case has its findings and no other; all feeds are linted at once, as `--part` each would be."""
    _, out, _ = linted(capsys, case(name), "--json", "--part")
    findings = [one for one in json.loads(out)["findings"] if one["code"] not in USUAL]
    assert {one["code"] for one in findings} == codes
    assert words in " ".join(one["message"] for one in findings)


@needs_real_data
def test_the_artefacts_of_real_data_are_found_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """29,197 events as charted: all accepted but for single values out of range, every component scorable."""
    status, out, _ = linted(capsys, REAL_DATA, "--json")
    data = json.loads(out)
    assert status == 1
    assert (data["events"], data["stays"]["count"]) == ({"accepted": 29_197, "refused": 0}, 140)
    odd = {"implausible", "outside-stay", "treatment-outside-stay", "stay-silent"}
    assert {one["code"] for one in data["findings"]} == odd
    assert all(one["stays"] for one in data["components"])


def test_every_finding_is_in_the_table_of_the_docs() -> None:
    """Dead-letter reasons are in a table of their own."""
    sources = "".join(path.read_text() for path in (ROOT / "lint").glob("*.py"))
    codes = set(
        re.findall(r'(?:Finding\(|_versions\(report,|^            )\s*"([a-z]+(?:-[a-z]+)+)",', sources, re.MULTILINE)
    )
    assert {"no-events", "wrong-offset", "filed-far", "end-before-admission"} <= codes
    page = (DOCS / "topics.md").read_text()
    table = page[page.index("| finding | counts | means |") : page.index("A stay is judged by")]
    assert codes <= set(re.findall(r"`([a-z-]+)`", table))
