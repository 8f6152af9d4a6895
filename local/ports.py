"""Which port: the one named, the one used before, the usual one, or any that is free."""

import random
import socket

from picustream.local.places import LocalError
from picustream.local.reporting import Report

ANY = 0
"""As a named port: any free one."""

# Below the range that systems give to outgoing connections: a client that keeps knocking at a server that is down
# could otherwise be given the server's own port, and keep it.
_FREE_RANGE = range(20_000, 30_000)
_given: set[int] = set()


def is_free(port: int) -> bool:
    """True if a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # Connections of a server that ended a moment ago do not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_open(port: int, seconds: float = 1.0) -> bool:
    """True if something takes a connection on this port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=seconds).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, another one on each call."""
    for port in random.sample(_FREE_RANGE, 200):
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise LocalError(f"No free port between {_FREE_RANGE.start} and {_FREE_RANGE.stop}.", "Name one.")


def choose(server: str, named: int | None, used_before: int | None, usual: int, report: Report) -> int:
    """The port for `server`; raises `LocalError` if the named one is taken.

    Unnamed, the port used before comes first, so that settings in somebody's shell stay true, then the usual one.
    """
    if named == ANY:
        return free_port()
    if named is not None:
        if not is_free(named):
            raise LocalError(
                f"Port {named}, named for {server}, is taken by another program.",
                f"Name another with --{server.lower()}-port, or none.",
            )
        return named
    wanted = used_before or usual
    if is_free(wanted):
        return wanted
    other = free_port()
    report(f"{server}: port {wanted} is taken by another program, using {other}")
    return other
