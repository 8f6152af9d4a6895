"""The core: pure functions from a stay's chart, a protocol and a moment to records. Imports models only.

`clinical/` holds the rules, `chart/` what they read, `records/` what they make, `alerts/` the conditions that somebody
is told of. What stands beside these folders puts them to work, from the bytes of an event to the bytes of its effects.
"""
