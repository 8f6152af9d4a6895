"""How long it takes until the command line answers and until a worker consumes, beside a bare Python.

The worker needs servers: it is measured where PICUSTREAM_KAFKA and PICUSTREAM_REDIS name some.
"""

import json
import os
import subprocess
import sys
import time

from bench.measure import measure, report


def main() -> None:
    """Print the figures."""
    baseline = measure([sys.executable, "-c", "pass"], runs=5)
    report("python (baseline)", baseline, baseline)
    report("picustream --help", measure([sys.executable, "-m", "picustream", "--help"], runs=5), baseline)
    if "PICUSTREAM_KAFKA" not in os.environ:
        print("worker: not measured; set PICUSTREAM_KAFKA and PICUSTREAM_REDIS (picustream local up --env)")
        return
    print(f"{'worker until ready':24} {_until_ready():6.2f} s wall")


def _until_ready() -> float:
    """Seconds from the start of a worker to its log line that says it consumes."""
    started = time.perf_counter()
    environment = os.environ | {"PICUSTREAM_HTTP_PORT": "0", "PICUSTREAM_LOG_FORMAT": "json"}
    command = [sys.executable, "-m", "picustream", "worker"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(b"{") and json.loads(line).get("event") == "ready":
                took = time.perf_counter() - started
                process.terminate()
                return took
    raise RuntimeError("the worker ended before it was ready; run `picustream worker` to see why")
