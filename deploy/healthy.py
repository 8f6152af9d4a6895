#!/usr/bin/env python3
"""Asks the worker in this container whether it is getting on: exit status 0 if it says so, 1 otherwise.

For health checks in Docker and Kubernetes, in images that have no curl. Nothing of picustream is imported: the answer
must come at once, and Python's own client is all it takes. No proxy is asked, whatever the environment says.
"""

import http.client
import os
import sys

WAIT = 4.0
"""Seconds for an answer; less than the time limit of the checks that call this."""


def main() -> int:
    """Print what `/healthz` says, on one line; 0 if its status is 200."""
    port = int(os.environ.get("PICUSTREAM_HTTP_PORT", "6066"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        print(answer.status, answer.read().decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        print(f"no answer on port {port}: {error}")
        return 1
    finally:
        connection.close()
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
