"""Where the tests find things: the checkout, what is in it, and what may be beside it."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
"""The checkout."""
DOCS = ROOT / "docs"
TESTS = ROOT / "tests"
DATA = TESTS / "data"
"""What the tests read; it comes with them."""
VECTORS = DATA / "score_vectors.csv"
CASES = DATA / "cases"

SHARED = ROOT.parent / "shared"
"""Beside the checkout, and not always there."""
REAL_DATA = SHARED / "data" / "mimic_iv_demo.ndjson.gz"
"""Intensive care as it was charted; it may not be copied into the repository."""
SHARED_CASES = SHARED / "cases"
"""More cases like those of `CASES`; without them those are read alone."""

NOT_HERE = "needs the real data, which are not beside this checkout"
needs_real_data = pytest.mark.skipif(not REAL_DATA.exists(), reason=NOT_HERE)
INTEROP = SHARED / "interop"
"""Samples of HL7 v2 and FHIR from public repositories, with their licences."""
needs_interop = pytest.mark.skipif(not INTEROP.exists(), reason="needs the samples, which are not beside this checkout")
