"""The core: pure functions from a stay's chart, a protocol and a moment to records. Imports models only.

`clinical/` holds the rules, `chart/` what they read, `records/` what they make, `alerts/` the conditions that alerts
report. The modules beside these folders are the engine: from the bytes of an event to the bytes of its effects.
"""
