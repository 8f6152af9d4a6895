"""How long `picustream replay` takes, beside only parsing the same file.

The real data where they are there (`../shared/data`), else the simulated ward's.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import measure, report

REAL = Path(__file__).parents[2] / "shared" / "data" / "mimic_iv_demo.ndjson.gz"

PARSE = """
import gzip, json, sys
opener = gzip.open if sys.argv[1].endswith("gz") else open
for line in opener(sys.argv[1], "rt"):
    json.loads(line)
"""


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        events = REAL
        if not events.exists():
            events = Path(folder) / "ward.ndjson"
            subprocess.run([sys.executable, "-m", "picustream.demo.ward", "--out", str(events)], check=True)
        baseline = measure([sys.executable, "-c", PARSE, str(events)])
        replay = measure([sys.executable, "-m", "picustream", "replay", str(events), "--out", folder])
    report("parse only (baseline)", baseline, baseline)
    report("picustream replay", replay, baseline)
