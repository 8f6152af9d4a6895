"""A gateway whose messages are words, for the tests that kill: `python -m tests.integration.toy_gateway`.

`PICUSTREAM_SILENT`, `PICUSTREAM_LOST`: seconds after which Kafka counts as away, and a producer is given up.
"""

import os
import sys

from picustream.gateways.server import pipeline
from picustream.gateways.server.run import Site, run
from picustream.gateways.state import State
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from tests.gateways.server.fakes import FakeInterpreter

if __name__ == "__main__":
    pipeline.SILENT = float(os.environ.get("PICUSTREAM_SILENT", pipeline.SILENT))
    pipeline.LOST = float(os.environ.get("PICUSTREAM_LOST", pipeline.LOST))
    try:
        run(Settings(), Site(FakeInterpreter, FakeInterpreter(State()).refusal))
    except UserError as error:  # as the command says it
        print(error.lines, file=sys.stderr)
        sys.exit(error.status)
