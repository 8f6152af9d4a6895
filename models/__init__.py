"""The words: events, records, protocol and code map. Imports nothing of ours."""
