"""Data models: events, records, protocol and code map. Imports nothing else of the product."""
