"""The rules: pure functions from a stay's chart, a protocol and a moment to records. Imports models only."""
