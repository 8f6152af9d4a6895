"""Scores: a folder each, and what the core asks of them (`contract.py`); `registry.py` names those that are shipped."""
