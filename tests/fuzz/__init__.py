"""Broken and half-broken messages against the door, by the million: `python -m tests.fuzz`."""
