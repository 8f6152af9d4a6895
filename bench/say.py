"""Log lines as the worker writes them, for the programs that it is compared with."""

import json
from datetime import UTC, datetime


def say(event: str) -> None:
    """Log an event."""
    print(json.dumps({"event": event, "timestamp": datetime.now(UTC).isoformat()}), flush=True)
