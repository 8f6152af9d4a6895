"""A gateway whose messages are words, for the tests that kill: `python -m tests.integration.toy_gateway`."""

from picustream.gateways.server.run import Site, run
from picustream.gateways.state import State
from picustream.runtime.settings import Settings
from tests.gateways.server.fakes import FakeInterpreter

if __name__ == "__main__":
    run(Settings(), Site(FakeInterpreter, FakeInterpreter(State()).refusal))
