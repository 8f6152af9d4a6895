"""Broken and half-broken messages through validation, by the million: `python -m tests.fuzz`."""
