"""Where real data are, if they are: `../shared/data`, which does not come with the repository."""

from pathlib import Path

REAL = Path(__file__).parents[2] / "shared" / "data" / "mimic_iv_demo.ndjson.gz"
