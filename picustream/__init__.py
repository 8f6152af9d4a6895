"""picustream: explained trial endpoints from the live event streams of a paediatric intensive care unit."""

__version__ = "0.1.0"
