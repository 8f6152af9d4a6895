"""Measurements, never assertions: each prints its figures beside a baseline of the same run (docs/performance.md)."""
