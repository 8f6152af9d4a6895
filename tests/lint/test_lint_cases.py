"""`picustream lint` on what real feeds sent, on real data, and its findings in the docs."""

import json
import re
from pathlib import Path

import pytest

from tests.lint.cards import linted

SHARED = Path(__file__).parents[3] / "shared"
REAL_DATA = SHARED / "data" / "mimic_iv_demo.ndjson.gz"
CASES = SHARED / "cases"

USUAL = {"never-scored", "outside-stay", "stay-silent"}
"""Findings about what a small case leaves out."""


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside this checkout")
@pytest.mark.parametrize(
    ("case", "codes", "words"),
    [
        ("05-minimal", set(), ""),
        ("08-admission", {"in-the-past"}, "1970 or 1900"),
        ("09-two-micro", {"unit-unknown"}, "umol/L or mg/dL in another spelling"),
        ("10-standing", {"id-reused"}, "an order number used again"),
        ("10d-gateway", {"id-reused"}, "a counter that restarts"),
        ("11-preliminary", set(), ""),
        ("12-less-than", {"value-not-numeric"}, "send the number, and what stands before it as comparator"),
        ("13-readmission", {"admission-moved"}, "A readmission is a new stay"),
        ("14c-cancel", set(), ""),
        ("15b-merge", {"patient-mismatch"}, "2 other patients"),
        ("16-bed", {"admission-moved"}, "a change of bed is `moved`"),
        ("19-birth", {"birth-date-implausible", "schema"}, "leave"),
        ("25-extubation", {"word-unknown", "unit-unknown"}, "counts as unknown"),
        ("27-discharge", {"schema"}, "send the type `died`"),
        ("28-connector", {"schema", "feed-unread"}, "CloudEvents"),
        ("33-mg-dl", {"unit-suspect"}, "look like mg/dL"),
        ("42-second", {"code-unmapped", "feed-unread"}, "list the code as creatinine in a code map"),
        ("44-withdrawal", {"correction-unmatched"}, "2 name the code (or type) and time of a value under another id"),
        ("44b-consent", {"correction-unmatched"}, "1 name the code (or type) and time of a value under another id"),
    ],
)
def test_what_real_feeds_did_is_found_with_the_words_that_lead_to_the_right_fix(
    case: str, codes: set[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each case has its findings and no other; all feeds are linted at once, as `--part` each would be."""
    (path,) = CASES.glob(f"{case}*.ndjson")
    _, out, _ = linted(capsys, path, "--json", "--part")
    findings = [one for one in json.loads(out)["findings"] if one["code"] not in USUAL]
    assert {one["code"] for one in findings} == codes
    assert words in " ".join(one["message"] for one in findings)


@pytest.mark.skipif(not REAL_DATA.exists(), reason="the real data is not beside this checkout")
def test_the_artefacts_of_real_data_are_found_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """29,197 events as charted: all accepted but for single values out of range, every component scorable."""
    status, out, _ = linted(capsys, REAL_DATA, "--json")
    data = json.loads(out)
    assert status == 1
    assert (data["events"], data["stays"]["count"]) == ({"accepted": 29_197, "refused": 0}, 140)
    odd = {"implausible", "outside-stay", "treatment-outside-stay", "stay-silent"}
    assert {one["code"] for one in data["findings"]} == odd
    assert all(one["stays"] for one in data["components"])


def test_every_finding_stands_in_the_table_of_the_docs() -> None:
    """Dead-letter reasons stand in a table of their own."""
    folder = Path(__file__).parents[2]
    sources = "".join(path.read_text() for path in (folder / "lint").glob("*.py"))
    codes = set(
        re.findall(r'(?:Finding\(|_versions\(report,|^            )\s*"([a-z]+(?:-[a-z]+)+)",', sources, re.MULTILINE)
    )
    assert {"no-events", "wrong-offset", "filed-far", "end-before-admission"} <= codes
    page = (folder / "docs" / "topics.md").read_text()
    table = page[page.index("| finding | counts | means |") : page.index("A stay is judged by")]
    assert codes <= set(re.findall(r"`([a-z-]+)`", table))
